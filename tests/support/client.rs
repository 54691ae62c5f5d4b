//! Clients in large numbers.
#![allow(dead_code, reason = "each test uses its part")]

use rustix::net::{AddressFamily, SocketType, connect, socket, sockopt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::{Error, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Fails a test that would wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lets this process hold some thousands of connections.
pub fn crowd() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < 5_000) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(maximum.map_or(5_000, |most| most.min(5_000))), maximum })
            .unwrap();
    }
}

/// Status and body of one request on a connection of its own; an error when the answer does not come, or not whole.
pub fn get(address: &str, path: &str) -> std::io::Result<(u16, String)> {
    request(address, path, "Accept: */*")
}

/// The same with this line in its header.
pub fn request(address: &str, path: &str, line: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let text = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{line}\r\nConnection: close\r\n\r\n");
    // In one piece: whoever answers the first piece and closes would leave the rest unread.
    stream.write_all(text.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let broken = || Error::other("not a whole answer");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
    let lengths = head.to_lowercase();
    let length = lengths.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
    if length == Some(body.len()) { Ok((status, body.to_owned())) } else { Err(broken()) }
}

/// A connection with the smallest receive buffer there is.
pub fn small_buffer_connect(address: &str) -> TcpStream {
    let address: SocketAddr = address.parse().unwrap();
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    sockopt::set_socket_recv_buffer_size(&socket, 1).unwrap();
    connect(&socket, &address).unwrap();
    TcpStream::from(socket)
}
