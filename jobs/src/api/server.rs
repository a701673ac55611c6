//! Serving the API to whoever connects, and for how long a connection may be held that says nothing.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum_server::tls_rustls::RustlsAcceptor;
use axum_server::{Handle, Server};
use tracing::warn;

use super::Tls;

/// How long a client may take for the head of a request, counted from its first byte; how long it may be silent before the
/// first request and between two; and how long it may take to agree on keys.
const HEAD: Duration = Duration::from_secs(10);
/// How long requests under way may take once the server was asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until `stopping` ends, and lets requests under way end too, for a while.
pub async fn serve(
    listener: TcpListener,
    api: Router,
    tls: Option<Tls>,
    stopping: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let handle = Handle::new();
    let mut server = axum_server::from_tcp(listener)
        .context("failed to use the listening socket")?
        .handle(handle.clone())
        .first_request_timeout(HEAD)
        .http1_only();
    server.http_builder().http1().header_read_timeout(HEAD);
    let stopper = tokio::spawn(stop(handle, stopping));
    let clients = api.into_make_service_with_connect_info::<SocketAddr>();
    let ended = match tls {
        None => server.serve(clients).await,
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(tls.in_use()).handshake_timeout(HEAD);
            Server::acceptor(server, acceptor).serve(clients).await
        }
    };
    stopper.abort();
    ended.context("failed to serve the API")
}

async fn stop(handle: Handle<SocketAddr>, stopping: impl Future<Output = ()>) {
    stopping.await;
    handle.graceful_shutdown(Some(GRACE));
    tokio::time::sleep(GRACE).await;
    if handle.connection_count() > 0 {
        warn!("clients that did not finish their requests are left");
    }
}
