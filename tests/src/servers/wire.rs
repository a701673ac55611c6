//! The wire between a provider's server and its clients: it can be cut, fall silent, or break in the middle of a file.
//!
//! The server stays the real one. The address stays the same whatever happens to the wire, so a ticket that names it
//! needs no change when the trouble is over.

use std::io::{Read as _, copy, sink};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result};

/// How well the wire works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Everything comes through.
    Whole,
    /// Nobody answers: connections are refused.
    Down,
    /// Connections are taken, and then nothing comes.
    Silent,
    /// Of each answer this many bytes come through, then the connection is closed.
    Cut(u64),
}

/// A wire to one server.
#[derive(Debug)]
pub struct Wire {
    server: SocketAddr,
    address: SocketAddr,
    condition: Arc<Mutex<Condition>>,
    taking: Option<Taking>,
}

/// The thread that takes connections.
#[derive(Debug)]
struct Taking {
    over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Wire {
    /// A whole wire to the server on this port of the loopback interface.
    pub fn to(port: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("failed to find a free port for the wire")?;
        let address = listener.local_addr().context("failed to learn the wire's port")?;
        let server = SocketAddr::from(([127, 0, 0, 1], port));
        let mut wire = Self { server, address, condition: Arc::new(Mutex::new(Condition::Whole)), taking: None };
        wire.take(listener);
        Ok(wire)
    }

    /// The port clients come to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on, for connections to come.
    pub fn set(&mut self, condition: Condition) -> Result<()> {
        *self.condition.lock().unwrap_or_else(PoisonError::into_inner) = condition;
        if condition == Condition::Down {
            self.stop();
        } else if self.taking.is_none() {
            let listener = TcpListener::bind(self.address).context("failed to take the wire up again")?;
            self.take(listener);
        }
        Ok(())
    }

    fn take(&mut self, listener: TcpListener) {
        let over = Arc::new(AtomicBool::new(false));
        let (server, condition, ends) = (self.server, Arc::clone(&self.condition), Arc::clone(&over));
        let thread = thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                let condition = *condition.lock().unwrap_or_else(PoisonError::into_inner);
                // Whatever ends a connection, the client sees it end; there is nobody else to tell.
                thread::spawn(move || carry(&client, server, condition));
            }
        });
        self.taking = Some(Taking { over, thread });
    }

    /// Takes no more connections; the port is free when this returns.
    fn stop(&mut self) {
        if let Some(Taking { over, thread }) = self.taking.take() {
            over.store(true, Ordering::SeqCst);
            // The thread looks when somebody comes.
            let _ = TcpStream::connect(self.address);
            let _ = thread.join();
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.stop();
    }
}

fn carry(mut client: &TcpStream, server: SocketAddr, condition: Condition) -> std::io::Result<()> {
    let most = match condition {
        Condition::Whole | Condition::Down => u64::MAX,
        Condition::Silent => return copy(&mut client, &mut sink()).map(drop),
        Condition::Cut(most) => most,
    };
    let upstream = TcpStream::connect(server)?;
    let (mut asking, mut asked) = (client.try_clone()?, upstream.try_clone()?);
    thread::spawn(move || {
        let carried = copy(&mut asking, &mut asked);
        let _ = asked.shutdown(Shutdown::Write);
        carried
    });
    let carried = copy(&mut (&upstream).take(most), &mut client);
    let _ = client.shutdown(Shutdown::Both);
    let _ = upstream.shutdown(Shutdown::Both);
    carried.map(drop)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// A server that says ten bytes to everybody.
    fn talker() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for client in listener.incoming() {
                client.unwrap().write_all(b"0123456789").unwrap();
            }
        });
        port
    }

    fn hear(wire: &Wire) -> std::io::Result<String> {
        let mut said = String::new();
        TcpStream::connect(("127.0.0.1", wire.port()))?.read_to_string(&mut said).map(|_| said)
    }

    #[test]
    fn what_comes_through_depends_on_the_condition() {
        let mut wire = Wire::to(talker()).unwrap();
        assert_eq!(hear(&wire).unwrap(), "0123456789");
        wire.set(Condition::Cut(4)).unwrap();
        assert_eq!(hear(&wire).unwrap(), "0123");
        wire.set(Condition::Down).unwrap();
        assert_eq!(hear(&wire).unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
        wire.set(Condition::Whole).unwrap();
        assert_eq!(hear(&wire).unwrap(), "0123456789");
    }
}
