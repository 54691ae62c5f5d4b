//! An https server on a free port of 127.0.0.1, with an authority of its own, that gives prepared answers.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Fails a test that would wait for ever; no test waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(20);

/// The server; stopped when dropped.
pub struct TlsServer {
    address: SocketAddr,
    /// The authority that signed its certificate.
    pub ca_pem: String,
    answers: Arc<Mutex<VecDeque<Vec<u8>>>>,
    requests: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl TlsServer {
    pub fn start() -> TlsServer {
        let (ca_pem, config) = certificates();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Arc<Mutex<VecDeque<Vec<u8>>>> = Arc::default();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let (queue, seen) = (answers.clone(), requests.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that does not trust the certificate is no request; one that sends nothing is the end.
                match serve(stream.unwrap(), &config, &queue, &seen) {
                    Ok(()) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
                    Err(_) => {}
                }
            }
        });
        TlsServer { address, ca_pem, answers, requests, thread: Some(thread) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// The next answer: status line, headers, body.
    pub fn answer(&self, status: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
        let chunked = headers.iter().any(|(name, _)| *name == "transfer-encoding");
        if !chunked && !status.starts_with("304") {
            answer.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        headers.iter().for_each(|(name, value)| answer.push_str(&format!("{name}: {value}\r\n")));
        answer.push_str("\r\n");
        self.answers.lock().unwrap().push_back([answer.as_bytes(), body].concat());
    }

    /// The heads of the requests since the last call.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        drop(TcpStream::connect(self.address));
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking());
    }
}

fn serve(
    stream: TcpStream,
    config: &Arc<ServerConfig>,
    answers: &Mutex<VecDeque<Vec<u8>>>,
    requests: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    if stream.peek(&mut [0])? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let mut tls = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        // The end of a handshake that failed is not the end of the server.
        tls.read_exact(&mut byte).map_err(std::io::Error::other)?;
        head.push(byte[0]);
    }
    requests.lock().unwrap().push(String::from_utf8(head).unwrap());
    let answer = answers.lock().unwrap().pop_front().unwrap_or_else(|| b"HTTP/1.1 404 Not Found\r\n\r\n".to_vec());
    tls.write_all(&answer).map_err(std::io::Error::other)?;
    tls.conn.send_close_notify();
    tls.flush().map_err(std::io::Error::other)
}

fn certificates() -> (String, Arc<ServerConfig>) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let ca_pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap().der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    (ca_pem, Arc::new(config))
}
