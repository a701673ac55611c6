//! Fetching by FTP: anonymous, binary, passive, with resume by `REST`.
//!
//! The data connection goes to the host of the control connection, whatever address the server names: it may not use
//! us to reach a third machine, and servers behind address translation name one that is of no use anyway.

use std::io;
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use suppaftp::types::{FileType, Response};
use suppaftp::{FtpError, FtpStream, Mode, Status, TlsStream, TransferStream};

use super::listed::{self, Remote};
use super::net::{Endpoint, decode_path};
use super::part::{FileError, Part};
use super::{FaultKind, FetchError, Fetched, Job};

const PORT: u16 = 21;

/// Fetches the listed files.
pub(super) fn fetch(job: &Job) -> Result<Fetched, FetchError> {
    let path = decode_path(job, job.source.path())?;
    let stream = Endpoint::of(job, PORT)?.connect(job)?;
    let control = stream.try_clone().map_err(|source| FetchError::Unreachable { url: job.url(), source })?;
    within_time(job, &control, || {
        let mut server = Server { job, ftp: log_in(job, stream)?, folder: path.trim_matches('/').to_owned() };
        let fetched = listed::fetch(job, &mut server)?;
        if server.ftp.quit().is_err() {
            tracing::debug!(source.url = %job.source, "the FTP server did not say goodbye");
        }
        Ok(fetched)
    })
}

/// Runs `work`, and closes `control` under it when the job's time is up: a server could draw out its replies, letter by
/// letter, without ever being silent for long.
fn within_time<T>(
    job: &Job,
    control: &TcpStream,
    work: impl FnOnce() -> Result<T, FetchError>,
) -> Result<T, FetchError> {
    let remaining = job.remaining()?;
    let (working, done) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if done.recv_timeout(remaining) == Err(RecvTimeoutError::Timeout)
                && let Err(error) = control.shutdown(Shutdown::Both)
            {
                tracing::debug!(%error, "the FTP connection was closed already");
            }
        });
        let outcome = work();
        drop(working);
        outcome
    })
}

fn log_in(job: &Job, stream: TcpStream) -> Result<FtpStream, FetchError> {
    let (idle, deadline) = (job.limits().idle, job.deadline);
    let unreachable = |source| FetchError::Unreachable { url: job.url(), source };
    let peer = set_timeouts(&stream, idle).and_then(|()| stream.peer_addr()).map_err(unreachable)?.ip();
    let connect = || -> Result<FtpStream, FtpError> {
        let mut ftp = FtpStream::connect_with_stream(stream)?.passive_stream_builder(move |named| {
            let quiet = idle.min(deadline.saturating_duration_since(Instant::now()));
            connect_data(peer, named.port(), quiet).map_err(FtpError::ConnectionError)
        });
        // PASV can only tell IPv4 addresses.
        ftp.set_mode(if peer.is_ipv6() { Mode::ExtendedPassive } else { Mode::Passive });
        ftp.login("anonymous", "nsrw@")?;
        ftp.transfer_type(FileType::Binary)?;
        Ok(ftp)
    };
    connect().map_err(|error| failure(job, error))
}

fn connect_data(host: IpAddr, port: u16, quiet: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&SocketAddr::new(host, port), quiet)?;
    set_timeouts(&stream, quiet)?;
    Ok(stream)
}

fn set_timeouts(stream: &TcpStream, quiet: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(quiet))?;
    stream.set_write_timeout(Some(quiet))
}

struct Server<'a> {
    job: &'a Job<'a>,
    ftp: FtpStream,
    /// Relative to the folder one is in after login, as RFC 1738 has it.
    folder: String,
}

impl Remote for Server<'_> {
    fn bring(&mut self, part: &mut Part) -> Result<(), FileError> {
        let path = format!("{}/{}", self.folder, part.listed.path);
        let path = path.trim_start_matches('/');
        let version = self.version(path)?;
        let resume = part.resume().filter(|resume| version.as_ref() == Some(&resume.validator)).cloned();
        if let Some(resume) = resume
            && let Some(stream) = self.retrieve_from(path, resume.offset)?
        {
            part.continue_from_resume();
            return self.copy(stream, part);
        }
        part.start_over(version.as_deref())?;
        let stream = self.ftp.retr_as_stream(path).map_err(|error| self.file_error(error))?;
        self.copy(stream, part)
    }
}

impl Server<'_> {
    /// What tells one version of the file from another; none where the server can not say.
    fn version(&mut self, path: &str) -> Result<Option<String>, FileError> {
        let size = self.ftp.size(path);
        let Some(size) = self.unless_refused(size)? else { return Ok(None) };
        let time = self.ftp.mdtm(path);
        Ok(self.unless_refused(time)?.map(|time| format!("{size} {time}")))
    }

    /// The rest of the file, unless the server does not resume.
    fn retrieve_from(
        &mut self,
        path: &str,
        offset: u64,
    ) -> Result<Option<TransferStream<impl TlsStream + use<>>>, FileError> {
        let Ok(offset) = usize::try_from(offset) else { return Ok(None) };
        let resumed = self.ftp.resume_transfer(offset).and_then(|()| self.ftp.retr_as_stream(path));
        self.unless_refused(resumed)
    }

    /// None where the server answers that it does not do that: for good, whatever the reason.
    fn unless_refused<T>(&self, answer: Result<T, FtpError>) -> Result<Option<T>, FileError> {
        match answer {
            Ok(value) => Ok(Some(value)),
            Err(FtpError::UnexpectedResponse(response)) if is_permanent(&response) => Ok(None),
            Err(error) => Err(failure(self.job, error).into()),
        }
    }

    fn copy(&self, mut stream: TransferStream<impl TlsStream>, part: &mut Part) -> Result<(), FileError> {
        part.fill(&mut stream, |error| failure(self.job, FtpError::ConnectionError(error)))?;
        // Only this tells the end of the file from a connection that was cut.
        stream.finish().map_err(|error| self.file_error(error))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "another crate's errors; the rest are alike to us")]
    fn file_error(&self, error: FtpError) -> FileError {
        match error {
            FtpError::UnexpectedResponse(response) if response.status == Status::FileUnavailable => {
                FileError::Fault(FaultKind::NotFound)
            }
            FtpError::UnexpectedResponse(response) if is_permanent(&response) => {
                FileError::Fault(FaultKind::Withheld { answer: render_answer(&response) })
            }
            other => failure(self.job, other).into(),
        }
    }
}

/// Replies of the 500s mean "do not ask again" (RFC 959, 4.2.1).
fn is_permanent(response: &Response) -> bool {
    (500..600).contains(&response.status.code())
}

fn render_answer(response: &Response) -> String {
    let text = String::from_utf8_lossy(&response.body);
    text.trim().chars().filter(|c| !c.is_control()).take(200).collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "another crate's errors; the rest are alike to us")]
fn failure(job: &Job, error: FtpError) -> FetchError {
    match error {
        FtpError::ConnectionError(_) if job.remaining().is_err() => job.out_of_time(),
        FtpError::ConnectionError(source)
            if matches!(source.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) =>
        {
            job.stalled()
        }
        FtpError::ConnectionError(source) => FetchError::Unreachable { url: job.url(), source },
        FtpError::UnexpectedResponse(response) if !is_permanent(&response) => {
            FetchError::Busy { url: job.url(), answer: render_answer(&response) }
        }
        other => FetchError::Protocol { url: job.url(), source: Box::new(other) },
    }
}
