//! An authority, the certificates it issues, and a client that trusts it.
#![allow(dead_code, reason = "each test uses its part")]

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

/// Fails a test that would wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A certificate and its key, in PEM.
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

impl Pair {
    /// The certificate in DER.
    pub fn der(&self) -> Vec<u8> {
        CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap().to_vec()
    }
}

/// An authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub pem: String,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for this name, valid until the end of that year.
    pub fn issue(&self, name: &str, until: i32) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 12, 31);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Pair { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// A client that trusts it, with a certificate of its own or not.
    pub fn client(&self, own: Option<&Pair>) -> Client {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let builder = builder.with_root_certificates(roots);
        let config = match own {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
                builder
                    .with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap())
                    .unwrap()
            }
        };
        Client(Arc::new(config))
    }
}

/// A client.
pub struct Client(Arc<ClientConfig>);

/// What it got.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    /// The certificate it was shown, in DER.
    pub shown: Vec<u8>,
}

impl Client {
    /// One request on a connection of its own, with these lines in its header; asked again while the program starts.
    pub fn get(&self, address: &str, path: &str, lines: &str) -> std::io::Result<Answer> {
        started(|| self.ask(address, path, lines))
    }

    fn ask(&self, address: &str, path: &str, lines: &str) -> std::io::Result<Answer> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut tls = StreamOwned::new(ClientConnection::new(self.0.clone(), name).unwrap(), stream);
        tls.write_all(request(path, lines).as_bytes())?;
        let mut text = String::new();
        tls.read_to_string(&mut text)?;
        let shown = tls.conn.peer_certificates().unwrap()[0].to_vec();
        Ok(Answer { shown, ..answer(&text) })
    }
}

/// The same without TLS.
pub fn get(address: &str, path: &str, lines: &str) -> std::io::Result<Answer> {
    started(|| ask(address, path, lines))
}

/// Asks again as long as there is nothing to show yet.
fn started(ask: impl Fn() -> std::io::Result<Answer>) -> std::io::Result<Answer> {
    loop {
        match ask() {
            Ok(answer) if answer.status == 503 && answer.body.contains("starting") => {
                std::thread::park_timeout(Duration::from_millis(20));
            }
            other => return other,
        }
    }
}

fn ask(address: &str, path: &str, lines: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request(path, lines).as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(answer(&text))
}

/// Sent in one piece: whoever answers the first piece and closes would leave the rest unread.
fn request(path: &str, lines: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{lines}Connection: close\r\n\r\n")
}

fn answer(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Answer { status, headers, body: body.to_owned(), shown: Vec::new() }
}
