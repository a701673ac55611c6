//! How many requests one address may make in a minute.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock as _, MonotonicClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::rollout::refuse;

/// After so many requests, addresses that were quiet for long are forgotten.
const TIDY_AFTER: u32 = 4096;

/// Counts requests by address. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Limit(Option<Arc<Counter>>);

#[derive(Debug)]
struct Counter {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    seen: AtomicU32,
}

impl Limit {
    /// So many in a minute, all at once or one after the other; 0 sets no limit.
    #[must_use]
    pub fn per_minute(requests: u32) -> Self {
        let counter =
            |requests| Counter { limiter: RateLimiter::keyed(Quota::per_minute(requests)), seen: AtomicU32::default() };
        Self(NonZeroU32::new(requests).map(|requests| Arc::new(counter(requests))))
    }

    /// Whether one more is within the limit; else when it would be.
    fn admit(&self, address: IpAddr) -> Result<(), Duration> {
        let Some(counter) = &self.0 else { return Ok(()) };
        if counter.seen.fetch_add(1, Ordering::Relaxed) % TIDY_AFTER == TIDY_AFTER - 1 {
            counter.limiter.retain_recent();
            counter.limiter.shrink_to_fit();
        }
        let admitted = counter.limiter.check_key(&source(address));
        admitted.map_err(|early| early.wait_time_from(MonotonicClock.now()))
    }
}

/// Who has one IPv6 address has the network it is in: 2^64 of them.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

/// Turns requests away that are too many, before anything of them is read.
pub(super) async fn admit(
    State(limit): State<Limit>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let Err(wait) = limit.admit(client.ip()) else { return next.run(request).await };
    let seconds = wait.as_secs().saturating_add(1);
    // Not at a higher level: whoever sends too much shall not fill the log as well.
    tracing::debug!("a request of {} was turned away: there were too many", client.ip());
    let told = format!("too many requests came from {}; send it again in {seconds} seconds", client.ip());
    let mut response = refuse(StatusCode::TOO_MANY_REQUESTS, "server", &told).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_counted_for_itself_and_a_network_as_one() {
        let limit = Limit::per_minute(2);
        let admitted = |address: &str| limit.admit(address.parse().unwrap()).is_ok();
        assert!(admitted("192.0.2.1") && admitted("192.0.2.1") && !admitted("192.0.2.1"));
        assert!(admitted("192.0.2.2") && admitted("::ffff:192.0.2.2") && !admitted("192.0.2.2"));
        assert!(admitted("2001:db8::1") && admitted("2001:db8::2") && !admitted("2001:db8::3"));
        assert!(admitted("2001:db8:0:1::1"));
    }

    #[test]
    fn who_waits_is_told_for_how_long_and_0_is_no_limit() {
        let limit = Limit::per_minute(1);
        let address = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(limit.admit(address), Ok(()));
        let wait = limit.admit(address).unwrap_err();
        assert!(wait > Duration::from_secs(30) && wait <= Duration::from_mins(1), "{wait:?}");
        let none = Limit::per_minute(0);
        assert!((0..1000).all(|_| none.admit(address).is_ok()));
    }

    #[test]
    fn addresses_that_were_quiet_are_forgotten() {
        // A thousand in a second: all are forgotten soon.
        let limit = Limit::per_minute(60_000);
        let count = TIDY_AFTER * 3;
        for n in 0..count {
            assert_eq!(limit.admit(IpAddr::from(n.to_be_bytes())), Ok(()));
        }
        let counter = limit.0.unwrap();
        assert!(counter.limiter.len() < count as usize, "{} are known", counter.limiter.len());
    }
}
