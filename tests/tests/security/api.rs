//! The HTTP API, asked by clients that mean no good.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use nsrw_tests::serve::Serving;

use crate::world::{World, post};

/// Longer than the server waits for anybody.
const PATIENCE: Duration = Duration::from_mins(1);

fn connect(server: &Serving) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// What comes until the server closes the connection.
fn read_to_end(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    stream.read_to_end(&mut text).unwrap_or_else(|error| panic!("the connection stays open: {error}"));
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn clients_that_stall_are_left_while_others_are_served() {
    let world = World::new();
    let server = Serving::start(&world.site).unwrap();
    let silent: Vec<TcpStream> = (0..200).map(|_| connect(&server)).collect();
    let mut halfway = connect(&server);
    halfway.write_all(b"POST /api/rollout HTTP/1.1\r\nHost: nsrw\r\nX-Slow: ").unwrap();
    let mut between = connect(&server);
    between.write_all(b"GET /health HTTP/1.1\r\nHost: nsrw\r\n\r\n").unwrap();
    let mut body = connect(&server);
    body.write_all(b"POST /api/rollout HTTP/1.1\r\nHost: nsrw\r\nContent-Length: 100\r\n\r\nTicket").unwrap();

    assert_eq!(server.get("/health").unwrap().status, 200);
    assert_eq!(post(&server).status, 202);

    assert!(read_to_end(between).starts_with("HTTP/1.1 200 OK"));
    assert!(read_to_end(body).starts_with("HTTP/1.1 408"));
    let told = read_to_end(halfway);
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 408"), "{told}");
    for stream in silent {
        assert_eq!(read_to_end(stream), "");
    }
    assert_eq!(server.stop().unwrap(), 0);
}

#[test]
fn a_head_without_end_is_refused() {
    let world = World::new();
    let server = Serving::start(&world.site).unwrap();
    let mut stream = connect(&server);
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: nsrw\r\n").unwrap();
    // Until the server has heard enough and closes: then writing fails.
    let line = format!("X-Long: {}\r\n", "x".repeat(1000));
    let mut sent = 0_usize;
    while sent < 16 << 20 && stream.write_all(line.as_bytes()).is_ok() {
        sent += line.len();
    }
    assert!(sent < 16 << 20, "a head of {sent} bytes was taken");
    assert_eq!(server.get("/health").unwrap().status, 200);
}

#[test]
fn an_address_that_asks_too_often_is_told_to_wait() {
    let world = World::new();
    world.site.configure("requests_per_minute = 0", "requests_per_minute = 3").unwrap();
    let server = Serving::start(&world.site).unwrap();
    let statuses: Vec<u16> = (0..3).map(|_| post(&server).status).collect();
    assert_eq!(statuses, [202; 3]);
    let mut stream = connect(&server);
    stream
        .write_all(b"POST /api/rollout HTTP/1.1\r\nHost: nsrw\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    let answer = read_to_end(stream);
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("\r\nretry-after: "), "{answer}");
    assert!(answer.contains("too many requests came from 127.0.0.1; send it again in"), "{answer}");
    // Monitors are not counted.
    for _ in 0..10 {
        assert_eq!(server.get("/health").unwrap().status, 200);
    }
    assert_eq!(server.stop().unwrap(), 0);
}
