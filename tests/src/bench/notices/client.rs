//! A client that costs little: its requests are made and signed beforehand, and it sends them over one connection.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chrono::Utc;
use nsrw::api::sign;

use crate::serve::{FORM, Serving, make_nonce};

/// How long an answer may take.
const ANSWER: Duration = Duration::from_mins(1);
/// No answer to a notice is longer than this, in bytes.
const LONGEST: usize = 4096;

/// A connection, and what is sent over it.
pub(super) struct Client {
    stream: TcpStream,
    requests: Vec<(u32, Vec<u8>)>,
}

impl Client {
    /// Connects, and signs a notice about each of these tickets.
    pub(super) fn prepare(serving: &Serving, tickets: impl Iterator<Item = u32>) -> Result<Self> {
        let stream = TcpStream::connect(serving.address()).context("failed to connect")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER))?;
        Ok(Self { stream, requests: tickets.map(|ticket| (ticket, render(serving, ticket))).collect() })
    }

    /// Sends one after the other. One that is not accepted, or taken for a repeat, is an error.
    pub(super) fn post_all(mut self) -> Result<()> {
        let requests = std::mem::take(&mut self.requests);
        for (ticket, request) in &requests {
            self.post(request).with_context(|| format!("failed to post a notice about ticket {ticket}"))?;
        }
        Ok(())
    }

    fn post(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).context("failed to send")?;
        let mut answer = [0; LONGEST];
        let mut read = 0;
        let (status, body) = loop {
            let room = answer.get_mut(read..).context("the answer is too long")?;
            let more = self.stream.read(room).context("no answer")?;
            ensure!(more > 0, "the connection was closed");
            read += more;
            if let Some(whole) = parse(answer.get(..read).unwrap_or_default())? {
                break whole;
            }
        };
        let accepted = status == 202 && body.contains("\"repeat\":false");
        ensure!(accepted, "the answer was {status}: {body}");
        Ok(())
    }
}

fn render(serving: &Serving, ticket: u32) -> Vec<u8> {
    let body = format!(
        "Ticket_Id={ticket}&Current_Rollout_Progress=Unverified&Previous_Rollout_Progress=Submitted\
         &Emergency_Release=No&Transaction_Id={ticket}"
    );
    let address = serving.address();
    let signed = sign(serving.secret(), body.as_bytes(), &make_nonce(), Utc::now());
    let signed = signed.map(|(name, value)| format!("{name}: {value}\r\n")).concat();
    let length = body.len();
    format!(
        "POST /api/rollout HTTP/1.1\r\nHost: {address}\r\nContent-Type: {FORM}\r\nContent-Length: {length}\r\n{signed}\r\n{body}"
    )
    .into_bytes()
}

/// The status and the body, once both are there.
fn parse(answer: &[u8]) -> Result<Option<(u16, &str)>> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = response.parse(answer).context("the answer is no HTTP")? else {
        return Ok(None);
    };
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length: usize = std::str::from_utf8(length.context("the answer has no length")?.value)?.parse()?;
    let Some(body) = answer.get(start..start + length) else { return Ok(None) };
    Ok(Some((response.code.context("the answer has no status")?, std::str::from_utf8(body)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_once_it_is_whole() {
        let answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n{\"repeat\":false}";
        assert_eq!(parse(answer).unwrap(), Some((202, "{\"repeat\":false}")));
        for end in 0..answer.len() {
            assert_eq!(parse(&answer[..end]).unwrap(), None, "{end}");
        }
        assert!(parse(b"nothing of the kind\r\n\r\n").is_err());
    }
}
