//! What the running `nsrw serve` says of itself. The circuit before a ticket system that is down is state of its process, so
//! nobody else knows it.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use ureq::Agent;

use crate::api::TICKETS;
use crate::config::Api;

/// How long it may be silent: who types the command waits for it.
const PATIENCE: Duration = Duration::from_secs(3);
/// An answer is a few lines.
const MAX_ANSWER: u64 = 64 << 10;

/// What `/ready` answered.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Readiness {
    /// It works.
    Ready,
    /// It runs and can not work, for these reasons.
    Hindered(Vec<String>),
    /// Nothing listens at the address of the settings.
    Silent { address: String },
    /// It can not be asked from here.
    Unknown { because: String },
}

impl Readiness {
    /// What it says of the ticket system, if that is in trouble.
    pub(super) fn ticket_system(&self) -> Option<&str> {
        let Self::Hindered(reasons) = self else { return None };
        reasons.iter().find_map(|reason| reason.strip_prefix(TICKETS))
    }
}

/// Asks for `/ready` at the site's own address.
pub(super) async fn ask(api: &Api) -> Readiness {
    if !api.tls_certificate.as_os_str().is_empty() {
        return Readiness::Unknown { because: "it speaks TLS; ask its /ready".to_owned() };
    }
    let Ok(listen) = api.listen.parse::<SocketAddr>() else {
        return Readiness::Unknown { because: format!("api.listen is {}", api.listen) };
    };
    if listen.port() == 0 {
        return Readiness::Unknown { because: "api.listen takes any free port".to_owned() };
    }
    let address = SocketAddr::new(reachable(listen.ip()), listen.port());
    match tokio::task::spawn_blocking(move || fetch(address)).await {
        Ok(Ok((status, text))) => understand(status, &text),
        Ok(Err(ureq::Error::Io(error))) if error.kind() == ErrorKind::ConnectionRefused => {
            Readiness::Silent { address: address.to_string() }
        }
        Ok(Err(error)) => Readiness::Unknown { because: format!("{address} does not answer: {error}") },
        Err(error) => Readiness::Unknown { because: error.to_string() },
    }
}

/// Who listens on every address is asked on the machine's own.
fn reachable(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(any) if any.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(any) if any.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        IpAddr::V4(_) | IpAddr::V6(_) => ip,
    }
}

/// The status and the text of the answer.
fn fetch(address: SocketAddr) -> Result<(u16, String), ureq::Error> {
    let config = Agent::config_builder().proxy(None).http_status_as_error(false).timeout_global(Some(PATIENCE));
    let mut response = Agent::new_with_config(config.build()).get(format!("http://{address}/ready")).call()?;
    let text = response.body_mut().with_config().limit(MAX_ANSWER).read_to_string()?;
    Ok((response.status().as_u16(), text))
}

fn understand(status: u16, text: &str) -> Readiness {
    match status {
        200 => Readiness::Ready,
        503 => Readiness::Hindered(text.lines().map(str::to_owned).collect()),
        _ => Readiness::Unknown { because: "what listens at api.listen does not answer as nsrw serve does".to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_answered_is_told_from_what_something_else_says() {
        assert_eq!(understand(200, "ready\n"), Readiness::Ready);
        let hindered = understand(503, "database: gone\nticket system: left in peace\n");
        assert_eq!(hindered.ticket_system(), Some("left in peace"));
        assert!(matches!(understand(404, ""), Readiness::Unknown { .. }));
    }

    #[test]
    fn who_listens_everywhere_is_asked_here() {
        assert_eq!(reachable("0.0.0.0".parse().unwrap()).to_string(), "127.0.0.1");
        assert_eq!(reachable("::".parse().unwrap()).to_string(), "::1");
        assert_eq!(reachable("192.0.2.1".parse().unwrap()).to_string(), "192.0.2.1");
    }
}
