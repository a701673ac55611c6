//! Request Tracker's side of the workflow, rendered from our tables.
//!
//! [`render_site_config`] is the file the extension in `deploy/rt/` reads: transitions, fields, matrix, limits.
//! [`desired`] is what the RT shall have, as data: queues, groups, fields, rights, scrips. The extension itself holds no
//! fact of ours, so nothing is typed twice. Talking to a running RT is [`setup`]'s; reading and writing tickets is not
//! here but in `egi-tickets`.

mod desired;
mod mail;
mod page;
mod perl;
mod rights;
pub mod setup;
mod site_config;

#[cfg(test)]
mod tests;

use egi_model::role::Role;

pub use self::desired::{Desired, desired};
pub use self::page::render_page;
pub use self::site_config::render as render_site_config;

/// The version of the extension that goes with this program; both are released together.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// RT's name for the life of a release's ticket: which statuses it has.
const LIFECYCLE: &str = "nsrw-release";

/// The groups whose members may do what any of `roles` may: an administrator may do whatever people may.
fn groups_of(roles: &[Role]) -> Vec<&'static str> {
    let people = roles.iter().any(|role| *role != Role::Repository);
    Role::ALL
        .into_iter()
        .filter(|role| roles.contains(role) || (people && *role == Role::Admin))
        .filter_map(Role::rt_group)
        .collect()
}
