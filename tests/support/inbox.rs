//! Where messages arrive: an HTTP server that keeps what is sent to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A receiver on a free port; it ends with the test's process.
pub struct Inbox {
    pub address: SocketAddr,
    messages: Arc<Mutex<Vec<(String, String)>>>,
}

impl Inbox {
    pub fn open() -> Inbox {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let messages = Arc::new(Mutex::new(Vec::new()));
        let kept = messages.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = kept.clone();
                std::thread::spawn(move || {
                    while let Some(message) = receive(&stream) {
                        kept.lock().unwrap().push(message);
                        let answer = "{\"status\":\"success\",\"ok\":true}";
                        let head = format!("HTTP/1.1 202 Accepted\r\nContent-Length: {}\r\n\r\n", answer.len());
                        if (&stream).write_all(format!("{head}{answer}").as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Inbox { address, messages }
    }

    /// The bodies sent to this path so far.
    pub fn of(&self, path: &str) -> Vec<String> {
        let messages = self.messages.lock().unwrap();
        messages.iter().filter(|(sent_to, _)| sent_to == path).map(|(_, body)| body.clone()).collect()
    }
}

/// The path and the body of the next request.
fn receive(stream: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request).ok()?;
    let path = request.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().ok()?,
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, String::from_utf8_lossy(&body).into_owned()))
}
