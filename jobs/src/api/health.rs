//! Whether the process lives, and whether it can do its work.

use axum::extract::State;
use axum::http::StatusCode;

use super::Api;

/// How `/ready` begins what it says of the ticket system.
pub(crate) const TICKETS: &str = "ticket system: ";

/// The process lives.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// The database answers, the repository tree is there and the ticket system can be used.
pub(super) async fn ready(State(api): State<Api>) -> (StatusCode, String) {
    let mut faults = Vec::new();
    if let Err(error) = api.site.store.ping().await {
        faults.push(format!("database: {}", crate::error_chain(&error)));
    }
    if let Err(error) = api.site.tree.ensure_there() {
        faults.push(format!("repository tree: {}", crate::error_chain(&error)));
    }
    faults.extend(api.waiting.faults().iter().map(|fault| format!("{TICKETS}{fault}")));
    faults.extend(api.site.tickets.trouble().map(|trouble| format!("{TICKETS}{trouble}")));
    if faults.is_empty() {
        (StatusCode::OK, "ready\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", faults.join("\n")))
    }
}
