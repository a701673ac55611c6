//! Whether RT has what the workflow needs, as far as the repository's account can see. `nsrw rt diff` sees the rest.

use chrono::{DateTime, Utc};
use egi_model::participation::ROLLOUT_QUEUE;
use egi_model::role::Role;
use ureq::http::StatusCode;

use super::client::Client;
use super::people;
use super::wire::UserBody;
use crate::error::TicketError;

impl Client {
    /// What time it is there.
    pub(super) fn time(&self) -> Result<Option<DateTime<Utc>>, TicketError> {
        self.connection.time()
    }

    /// What is wrong, each with what would do.
    pub(super) fn check(&self) -> Result<Vec<String>, TicketError> {
        let missing = match self.queue_body() {
            Ok(queue) => super::reading::Names::of(&queue).missing(),
            Err(TicketError::Setup { reasons }) => return Ok(reasons),
            Err(refused @ TicketError::Unauthorized { .. }) => return Ok(vec![refused.to_string()]),
            Err(error) => return Err(error),
        };
        let mut faults = Vec::new();
        if !missing.is_empty() {
            faults.push(format!(
                "queue {} has no field {}, or hides it from the account {}; `nsrw rt apply` makes fields and grants rights",
                self.queue,
                missing.join(", "),
                self.people.account()
            ));
        }
        faults.extend(self.check_account()?);
        faults.extend(self.check_roles()?);
        if !self.has_rollout_queue()? {
            faults.push(format!(
                "RT shows no queue \"{ROLLOUT_QUEUE}\" to the account {}, for the tickets of early adopters; `nsrw rt apply` makes it",
                self.people.account()
            ));
        }
        Ok(faults)
    }

    /// The token has to be that of the account the settings name: by it the repository knows its own changes.
    fn check_account(&self) -> Result<Option<String>, TicketError> {
        let Some(number) = self.connection.token().account() else { return Ok(None) };
        let answer = self.connection.get(&format!("REST/2.0/user/{number}"), &[])?;
        if answer.status != StatusCode::OK {
            return Ok(None);
        }
        let name = answer.json::<UserBody>()?.name;
        let wrong = !name.is_empty() && !self.people.is_own(&name);
        Ok(wrong.then(|| {
            let account = self.people.account();
            format!("the token is that of {name}, and tickets.account is {account}; put {account}'s token into rt.token_file, or set tickets.account")
        }))
    }

    /// Somebody has to be known to ask for anything.
    fn check_roles(&self) -> Result<Option<String>, TicketError> {
        if self.people.names_anybody() {
            return Ok(None);
        }
        for group in Role::ALL.into_iter().filter_map(Role::rt_group) {
            if people::find_group(&self.connection, group)?.is_some() {
                return Ok(None);
            }
        }
        Ok(Some(
            "nobody's roles are known: RT shows no role group, and the settings have no [[people]]; grant the right SeeGroup \
             with `nsrw rt apply`, or name the people"
                .to_owned(),
        ))
    }
}
