//! The HTTP API: takes notices, stores them, answers. It decides nothing.
//!
//! `POST /api/rollout` is the specification's post API; `POST /api/participation` is how early adopters answer without an
//! account in the ticket system; `GET /health` says that the process lives, `GET /ready` that it
//! can do its work.

mod auth;
mod body;
mod health;
mod limit;
mod participation;
mod rollout;
mod server;
mod tls;

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio::sync::Notify;

pub use self::auth::{Secret, sign};
pub(crate) use self::health::TICKETS;
pub use self::limit::Limit;
pub use self::server::serve;
pub use self::tls::Tls;
use crate::site::Site;

/// What the routes share.
#[derive(Clone)]
pub struct Api {
    /// The site.
    pub site: Site,
    /// What notices are signed with; `None` when they are not.
    pub secret: Option<Secret>,
    /// Rung when a notice was stored.
    pub bell: Arc<Notify>,
    /// What keeps the worker from beginning.
    pub waiting: Waiting,
    /// How much one address may ask for.
    pub limit: Limit,
}

/// What keeps the worker from beginning, shared by those who wait for it and those who are asked about it.
#[derive(Debug, Clone, Default)]
pub struct Waiting(Arc<Mutex<Vec<String>>>);

impl Waiting {
    /// What is in the way; nothing once the worker has begun.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what is in the way now. `true` when it was something else before.
    pub fn say(&self, faults: Vec<String>) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let news = *known != faults;
        *known = faults;
        news
    }
}

/// The routes.
pub fn router(api: Api) -> Router {
    let limited = from_fn_with_state(api.limit.clone(), limit::admit);
    Router::new()
        .route("/api/rollout", post(rollout::post).layer(limited.clone()))
        .route("/api/participation", post(participation::post).layer(limited))
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .layer(DefaultBodyLimit::max(body::MAX_BODY))
        .with_state(api)
}
