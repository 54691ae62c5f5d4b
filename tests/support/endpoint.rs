//! A running endpoint on a free port, and a client that shows every byte.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use driftgauge::http::{self, Access, Config, Publication, Publisher};
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

/// Fails a test that would wait for ever; no test waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(20);

/// An endpoint on a thread of its own, stopped when dropped.
pub struct Endpoint {
    pub address: SocketAddr,
    pub publisher: Publisher,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Endpoint {
    pub fn start(first: Publication, config: Config) -> Endpoint {
        let (publisher, published) = http::channel(first);
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
                tell.send(listener.local_addr()?).unwrap();
                let stopped = async { stopped.await.unwrap_or_default() };
                let (_rules, access) = watch::channel(Arc::new(Access::default()));
                http::serve(listener, published, access, stopped, config).await
            })
        });
        Endpoint { address: told.recv().unwrap(), publisher, stop: Some(stop), thread: Some(thread) }
    }

    /// Asks for a shutdown, without waiting for it.
    pub fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits for the end of the server.
    pub fn join(&mut self) {
        self.thread.take().unwrap().join().unwrap().unwrap();
    }

    pub fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client { stream, unread: Vec::new() }
    }

    /// One request on a connection of its own.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut client = self.connect();
        client.request(method, path, headers);
        client.reply(method)
    }

    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[])
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A connection.
pub struct Client {
    pub stream: TcpStream,
    unread: Vec<u8>,
}

impl Client {
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends to a server that may have closed already; false when it has.
    pub fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    pub fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        self.send(format!("{request}\r\n").as_bytes());
    }

    /// Reads the next response, to the length it declares.
    pub fn reply(&mut self, method: &str) -> Reply {
        let end = loop {
            if let Some(at) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.receive(), "the connection ended in a header: {:?}", String::from_utf8_lossy(&self.unread));
        };
        let head = String::from_utf8(self.unread.drain(..end).collect()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: BTreeMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = if method == "HEAD" { 0 } else { headers["content-length"].parse().unwrap() };
        while self.unread.len() < length {
            assert!(self.receive(), "the connection ended in a body");
        }
        Reply { status, headers, body: self.unread.drain(..length).collect() }
    }

    /// Everything until the other side closes, be it in order or not.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.receive() {}
        std::mem::take(&mut self.unread)
    }

    /// Reads what there is; false when the connection is closed.
    pub fn receive(&mut self) -> bool {
        let mut buffer = [0; 65536];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(length) => {
                self.unread.extend_from_slice(&buffer[..length]);
                true
            }
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => false,
            Err(error) => panic!("nothing was received: {error}"),
        }
    }

    /// Waits for the connection to be closed, at most for `pause`; false when it is still open.
    pub fn closed_within(&mut self, pause: Duration) -> bool {
        self.stream.set_read_timeout(Some(pause)).unwrap();
        let closed = match self.stream.read(&mut [0]) {
            Ok(length) => length == 0,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        };
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        closed
    }

    pub fn half_close(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }
}

/// A response.
#[derive(Debug, PartialEq)]
pub struct Reply {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// Repeats the question until the answer is yes.
pub fn eventually(mut question: impl FnMut() -> bool) {
    let attempts = PATIENCE.as_millis();
    for _ in 0..attempts {
        if question() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    panic!("it did not happen");
}
