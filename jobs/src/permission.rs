//! Who may do by hand what changes something: one table, and one place that asks it.
//!
//! It holds honest people to what was agreed, and has every act in the log with who and why. It can not hold anybody who may
//! write the site's files: see `docs/security.md`.

mod page;
mod table;
mod user;

use egi_model::role::Role;
use egi_repo::tree::By;

pub use self::page::render_page;
pub(crate) use self::table::Act;
pub(crate) use self::user::os_user;
use crate::cli::{Hand, Who};
use crate::config::Config;

/// Proof that somebody was asked for and may do an act. What is done by hand is written into the log with it.
#[derive(Debug, Clone)]
pub(crate) struct Permit {
    by: By,
}

impl Permit {
    /// Who it is, for the log.
    pub(crate) fn by(&self) -> By {
        self.by.clone()
    }
}

/// A person has no role that may do it. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error(
    "{who} may not do this: `nsrw {command}` takes the role {}. Give it to {who} in [[people]] of nsrw.toml, or name somebody who \
     has it with --as",
    names(may)
)]
pub(crate) struct NotPermitted {
    who: String,
    command: &'static str,
    may: &'static [Role],
}

/// Lets somebody do an act, or says who may.
pub(crate) fn permit(config: &Config, act: Act, hand: &Hand) -> Result<Permit, NotPermitted> {
    let who = account(&hand.who);
    let rule = act.rule();
    if config.actor(&who).holds_any(rule.may) {
        return Ok(Permit { by: by(hand) });
    }
    Err(NotPermitted { who, command: rule.command, may: rule.may })
}

/// Who does something, and why, as the log is told; for what needs no role as well.
pub(crate) fn by(hand: &Hand) -> By {
    By::because(&account(&hand.who), hand.because.as_deref()).run_by(&os_user())
}

/// The account that `--as` names, else that of the operating system.
pub(crate) fn account(who: &Who) -> String {
    who.account.clone().unwrap_or_else(os_user)
}

fn names(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Person;

    fn hand(account: &str) -> Hand {
        Hand { who: Who { account: Some(account.to_owned()) }, because: None }
    }

    #[test]
    fn a_role_that_the_table_names_or_an_administrators_is_needed_for_every_act() {
        let person = |name: &str, role| Person { name: name.to_owned(), roles: vec![role] };
        let people = Role::ALL.map(|role| person(role.as_str(), role)).to_vec();
        let config = Config { people, ..Config::default() };
        for act in Act::ALL {
            let may = act.rule().may;
            for role in Role::ALL {
                let permitted = permit(&config, *act, &hand(role.as_str())).is_ok();
                assert_eq!(permitted, may.contains(&role) || role == Role::Admin, "{act:?} {role}");
            }
            let refused = permit(&config, *act, &hand("nobody")).unwrap_err().to_string();
            assert!(refused.contains(act.rule().command) && refused.contains(may[0].as_str()), "{refused}");
        }
    }
}
