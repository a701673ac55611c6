//! The HTTP API: takes notices, stores them, answers. It decides nothing.
//!
//! `POST /api/rollout` is the specification's post API; `GET /health` says that the process lives, `GET /ready` that it
//! can do its work.

mod auth;
mod body;
mod health;
mod rollout;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tokio::sync::Notify;

pub use self::auth::{Secret, sign};
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
}

/// The routes.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/api/rollout", post(rollout::post))
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .layer(DefaultBodyLimit::max(body::MAX_BODY))
        .with_state(api)
}
