//! Fetching by HTTP and HTTPS, with resume by `Range` and `If-Range`.
//!
//! No proxy is taken from the environment, no compression is asked for (digests are of the bytes as they are), and
//! redirects are followed here, one by one, so that each target is checked.

use std::fmt;
use std::io;
use std::net::IpAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::header::{CONTENT_RANGE, ETAG, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE};
use ureq::http::{HeaderName, StatusCode, Uri};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, Timeout};
use url::Url;

use super::listed::{self, Remote};
use super::part::{FileError, Part, Resume};
use super::{FaultKind, FetchError, FetchPolicy, Fetched, Job};

const MAX_REDIRECTS: usize = 5;
/// Of the characters a path may have, `%`, `^` and `+` would be read as something else by some server.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'/');

type Response = ureq::http::Response<Body>;

/// Fetches the listed files.
pub(super) fn fetch(job: &Job) -> Result<Fetched, FetchError> {
    let base = Url::parse(&job.source.url).map_err(|error| job.unsuitable(error.to_string()))?;
    if base.query().is_some() || base.fragment().is_some() {
        return Err(job.unsuitable("it has a query or fragment, but must name a folder"));
    }
    if !job.policy.allows_host(host_of(&base)) {
        return Err(refused(job, &base));
    }
    listed::fetch(job, &mut Server { job, agent: agent(job.policy), base })
}

struct Server<'a> {
    job: &'a Job<'a>,
    agent: Agent,
    base: Url,
}

impl Remote for Server<'_> {
    fn bring(&mut self, part: &mut Part) -> Result<(), FileError> {
        let url = self.url_of(part.listed.path.as_str())?;
        let resume = part.resume().cloned();
        let mut response = self.get(&url, resume.as_ref())?;
        let continues = resume.as_ref().is_some_and(|resume| continues_at(&response, resume.offset));
        if resume.is_some() && !continues && is_unusable_range(response.status()) {
            response = self.get(&url, None)?;
        }
        if continues {
            part.continue_from_resume();
        } else if response.status() == StatusCode::OK {
            part.start_over(validator(&response))?;
        } else {
            return Err(status_error(&url, response.status()));
        }
        let failed = |error: io::Error| self.failure(&url, ureq::Error::from(error));
        part.fill(&mut response.body_mut().as_reader(), failed)
    }
}

impl Server<'_> {
    fn url_of(&self, path: &str) -> Result<Url, FetchError> {
        let base = self.base.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/{}", utf8_percent_encode(path, ESCAPED)))
            .map_err(|error| self.job.unsuitable(error.to_string()))
    }

    /// Asks for `url`, following redirects to hosts that are allowed.
    fn get(&self, url: &Url, resume: Option<&Resume>) -> Result<Response, FetchError> {
        let mut at = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.get_once(&at, resume)?;
            match redirect_target(&at, &response) {
                None => return Ok(response),
                Some(target) => at = self.check_redirect(target)?,
            }
        }
        Err(protocol(url, format!("it redirects more than {MAX_REDIRECTS} times")))
    }

    fn get_once(&self, url: &Url, resume: Option<&Resume>) -> Result<Response, FetchError> {
        let mut request = self.agent.get(url.as_str());
        if let Some(resume) = resume {
            request = request.header(RANGE, format!("bytes={}-", resume.offset)).header(IF_RANGE, &resume.validator);
        }
        let request = request.config().timeout_global(Some(self.job.remaining()?)).build();
        request.call().map_err(|error| self.failure(url, error))
    }

    /// A redirect may lead to the host it started from or to one that is allowed by name, and never out of TLS.
    fn check_redirect(&self, target: Url) -> Result<Url, FetchError> {
        let secure_enough = target.scheme() == "https" || (target.scheme() == "http" && self.base.scheme() == "http");
        self.job.check_scheme(target.as_str())?;
        let host = host_of(&target);
        if secure_enough && (host == host_of(&self.base) || self.job.policy.lists_host(host)) {
            Ok(target)
        } else {
            Err(refused(self.job, &target))
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "another crate's errors; the rest are alike to us")]
    fn failure(&self, url: &Url, error: ureq::Error) -> FetchError {
        let unreachable = |source| FetchError::Unreachable { url: url.to_string(), source };
        match error {
            ureq::Error::Timeout(Timeout::Global) => self.job.out_of_time(),
            ureq::Error::Timeout(_) => self.job.stalled(),
            ureq::Error::Io(source) => unreachable(source),
            ureq::Error::HostNotFound => unreachable(io::Error::new(io::ErrorKind::NotFound, "the host is not known")),
            ureq::Error::ConnectionFailed => unreachable(io::ErrorKind::NotConnected.into()),
            ureq::Error::Other(other) => match other.downcast::<NotPublic>() {
                Ok(not_public) => FetchError::AddressRefused { url: url.to_string(), address: not_public.0 },
                Err(other) => protocol(url, other),
            },
            other => protocol(url, other),
        }
    }
}

fn agent(policy: &FetchPolicy) -> Agent {
    let idle = Some(policy.limits.idle);
    let config = Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .accept_encoding("identity")
        .user_agent(concat!("nsrw/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(idle)
        .timeout_connect(idle)
        .timeout_per_read(idle)
        .timeout_per_write(idle)
        .build();
    let resolver = CheckedResolver { policy: policy.clone(), inner: DefaultResolver::default() };
    Agent::with_parts(config, DefaultConnector::default(), resolver)
}

/// Resolves names and refuses addresses the policy does not allow. The connection is made to what this returns.
#[derive(Debug)]
struct CheckedResolver {
    policy: FetchPolicy,
    inner: DefaultResolver,
}

impl Resolver for CheckedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let addresses = self.inner.resolve(uri, config, timeout)?;
        match self.policy.first_refused(&addresses) {
            Some(address) => Err(ureq::Error::Other(Box::new(NotPublic(address)))),
            None => Ok(addresses),
        }
    }
}

/// How a refused address travels through the client.
#[derive(Debug)]
struct NotPublic(IpAddr);

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a public address", self.0)
    }
}

impl std::error::Error for NotPublic {}

fn redirect_target(at: &Url, response: &Response) -> Option<Url> {
    let redirects = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    redirects.then(|| header(response, &LOCATION).and_then(|location| at.join(location).ok())).flatten()
}

/// Whether the answer takes up at `offset`: the status alone is not to be trusted.
fn continues_at(response: &Response, offset: u64) -> bool {
    let range = header(response, &CONTENT_RANGE).and_then(|range| range.trim().strip_prefix("bytes "));
    let start = range.and_then(|range| range.split('-').next()).and_then(|start| start.trim().parse().ok());
    response.status() == StatusCode::PARTIAL_CONTENT && start == Some(offset)
}

fn is_unusable_range(status: StatusCode) -> bool {
    matches!(status, StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE)
}

/// What `If-Range` can be asked with: a strong `ETag`, or else the time of the last change.
fn validator(response: &Response) -> Option<&str> {
    header(response, &ETAG).filter(|tag| tag.starts_with('"')).or_else(|| header(response, &LAST_MODIFIED))
}

fn header<'a>(response: &'a Response, name: &HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

fn status_error(url: &Url, status: StatusCode) -> FileError {
    let answer = status.to_string();
    match status.as_u16() {
        404 | 410 => FileError::Fault(FaultKind::NotFound),
        408 | 425 | 429 | 500..=599 => FetchError::Busy { url: url.to_string(), answer }.into(),
        _ => FileError::Fault(FaultKind::Withheld { answer }),
    }
}

fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

fn refused(job: &Job, target: &Url) -> FetchError {
    FetchError::HostRefused { url: job.url(), host: host_of(target).to_owned() }
}

fn protocol(url: &Url, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> FetchError {
    FetchError::Protocol { url: url.to_string(), source: source.into() }
}
