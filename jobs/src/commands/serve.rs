//! `nsrw serve`: the HTTP API and the worker, until SIGTERM or SIGINT.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tracing::{error, info};

use crate::api::{Api, Limit, Secret, Tls, Waiting, router, serve};
use crate::exit::Exit;
use crate::site::Site;
use crate::{output, worker};

pub(super) async fn run(site: &Site) -> anyhow::Result<Exit> {
    let settings = &site.config.api;
    let secret =
        if settings.authenticate { Some(Secret::read(&site.config.path(&settings.secret_file))?) } else { None };
    let stop_asked = listen_for_signals()?;
    let tls = Tls::load(&site.config)?;
    if let Some(tls) = &tls {
        tokio::spawn(tls.follow_hangups()?);
    }
    let listener = TcpListener::bind(&settings.listen)
        .with_context(|| format!("failed to listen on {}; set api.listen", settings.listen))?;
    let address = listener.local_addr().context("failed to learn the address listened on")?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    output::line(format!("listening on {scheme}://{address}/api/rollout"));
    super::tell_limits(site);
    let (bell, stop, waiting) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)), Waiting::default());
    let worker = tokio::spawn(work(site.clone(), Arc::clone(&bell), Arc::clone(&stop), waiting.clone()));
    let limit = Limit::per_minute(settings.requests_per_minute);
    let api = router(Api { site: site.clone(), secret, bell: Arc::clone(&bell), waiting, limit });
    let stopping = async move {
        stop_asked.await;
        info!("stopping: the step under way is finished, the rest goes on at the next start");
        stop.store(true, Ordering::Relaxed);
        bell.notify_one();
    };
    // Without its worker the server would only pile up notices: should it fail, all ends.
    let working = async { worker.await.context("the worker stopped unexpectedly") };
    tokio::try_join!(serve(listener, api, tls, stopping), working)?;
    Ok(Exit::Done)
}

/// SIGTERM and SIGINT, listened to from now on: whoever knows that the server is there may ask it to stop.
fn listen_for_signals() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let listen = |kind| signal(kind).context("failed to listen for signals");
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Drains whenever the bell rings and every few seconds; asks the ticket system now and then for what never came.
///
/// It does not begin before the ticket system can be used. Until then notices are taken and kept.
async fn work(site: Site, bell: Arc<Notify>, stop: Arc<AtomicBool>, waiting: Waiting) {
    let poll = Duration::from_secs(site.config.worker.poll_seconds.max(1));
    while !stop.load(Ordering::Relaxed) && !is_usable(&site, &waiting).await {
        tokio::select! {
            () = bell.notified() => {}
            () = tokio::time::sleep(poll) => {}
        }
    }
    let mut asked: Option<tokio::time::Instant> = None;
    while !stop.load(Ordering::Relaxed) {
        if asked.is_none_or(|at| at.elapsed() >= Duration::from_secs(site.config.worker.sync_seconds)) {
            asked = Some(tokio::time::Instant::now());
            super::sync::catch_up::catch_up(&site).await;
            worker::refresh(&site).await;
            worker::prune(&site).await;
            write_letters(&site).await;
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

/// Letters are no reason to stop working.
async fn write_letters(site: &Site) {
    if let Err(trouble) = crate::outbox::deliver(site).await {
        error!("letters could not be sent: {trouble:#}; trying again");
    }
}

/// Whether the ticket system has all that is needed. What is in the way is logged once, until it is something else.
async fn is_usable(site: &Site, waiting: &Waiting) -> bool {
    let faults = match site.tickets.check().await {
        Ok(faults) => faults,
        Err(trouble) => vec![crate::error_chain(&trouble)],
    };
    let usable = faults.is_empty();
    if waiting.say(faults.clone()) {
        for fault in &faults {
            error!("the ticket system can not be used yet: {fault}");
        }
        if usable {
            info!("the ticket system can be used");
        }
    }
    usable
}
