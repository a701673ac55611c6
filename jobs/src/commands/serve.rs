//! `nsrw serve`: the HTTP API and the worker, until SIGTERM or SIGINT.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tracing::{error, info};

use crate::api::{Api, Secret, router};
use crate::exit::Exit;
use crate::site::Site;
use crate::{output, worker};

pub(super) async fn run(site: &Site) -> anyhow::Result<Exit> {
    let settings = &site.config.api;
    let secret =
        if settings.authenticate { Some(Secret::read(&site.config.path(&settings.secret_file))?) } else { None };
    let listener = TcpListener::bind(&settings.listen)
        .await
        .with_context(|| format!("failed to listen on {}; set api.listen", settings.listen))?;
    let address = listener.local_addr().context("failed to learn the address listened on")?;
    output::line(format!("listening on http://{address}/api/rollout"));
    let (bell, stop) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let worker = tokio::spawn(work(site.clone(), Arc::clone(&bell), Arc::clone(&stop)));
    let api = router(Api { site: site.clone(), secret, bell: Arc::clone(&bell) });
    axum::serve(listener, api).with_graceful_shutdown(stop_asked()).await.context("failed to serve the API")?;
    info!("stopping: the step under way is finished, the rest goes on at the next start");
    stop.store(true, Ordering::Relaxed);
    bell.notify_one();
    worker.await.context("the worker stopped unexpectedly")?;
    Ok(Exit::Done)
}

async fn stop_asked() {
    let wait = async |kind| match signal(kind) {
        Ok(mut stream) => drop(stream.recv().await),
        Err(error) => {
            error!("signals can not be received: {error}");
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::interrupt()) => {}
    }
}

/// Drains whenever the bell rings and every few seconds; asks the ticket system now and then for what never came.
async fn work(site: Site, bell: Arc<Notify>, stop: Arc<AtomicBool>) {
    let poll = Duration::from_secs(site.config.worker.poll_seconds.max(1));
    let mut asked: Option<tokio::time::Instant> = None;
    while !stop.load(Ordering::Relaxed) {
        if asked.is_none_or(|at| at.elapsed() >= Duration::from_secs(site.config.worker.sync_seconds)) {
            asked = Some(tokio::time::Instant::now());
            super::sync::catch_up_quietly(&site).await;
        }
        if let Err(trouble) = worker::drain(&site, &stop).await {
            error!("the queue could not be worked on: {}; trying again", crate::error_chain(&trouble));
        }
        tokio::select! {
            () = bell.notified() => {}
            () = tokio::time::sleep(poll) => {}
        }
    }
}
