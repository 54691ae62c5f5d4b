//! Whatever bytes a client sends, it gets answers of ours or is closed, and the next client is answered.
//!
//! The bytes are what one client sends to a real endpoint before it half-closes. An answer has one of the few bodies
//! there are; a request that is plainly well-formed has the answer of its path.

use driftgauge::http::{self, Access, Config, Publication};
use flate2::read::GzDecoder;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

/// No answer takes so long.
const PATIENCE: Duration = Duration::from_secs(20);
/// Headers of every answer that is not hyper's own.
const SECURITY: &[&str] =
    &["x-content-type-options", "x-frame-options", "content-security-policy", "referrer-policy", "cache-control"];

/// Whether there is an answer.
pub fn check(bytes: &[u8]) -> bool {
    let address = endpoint();
    let (received, is_whole) = exchange(address, bytes);
    let answers = answers(&received, is_whole);
    if let Some(status) = plain_request(bytes) {
        assert_eq!(vec![status], answers, "{}", bytes.escape_ascii());
    }
    let (received, _) = exchange(address, b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(received.ends_with(b"healthy\n"), "{} after {}", received.escape_ascii(), bytes.escape_ascii());
    !answers.is_empty()
}

fn text() -> Vec<u8> {
    "driftgauge_feature_psi{feature=\"a\"} 0.1\n".repeat(40).into_bytes()
}

fn open() -> Vec<u8> {
    [text(), b"# EOF\n".to_vec()].concat()
}

fn page() -> Vec<u8> {
    "<p>a page".repeat(200).into_bytes()
}

/// Every body there is.
fn bodies() -> &'static [Vec<u8>] {
    static BODIES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    BODIES.get_or_init(|| {
        let short: [&[u8]; 6] = [
            b"",
            b"healthy\n",
            b"ready\n",
            b"not found\n",
            b"only GET and HEAD are allowed\n",
            b"no request body is accepted\n",
        ];
        let short = short.iter().map(|body| body.to_vec());
        short.chain([text(), open(), page()]).collect()
    })
}

/// One endpoint for all inputs.
fn endpoint() -> SocketAddr {
    static ENDPOINT: OnceLock<SocketAddr> = OnceLock::new();
    *ENDPOINT.get_or_init(|| {
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
                tell.send(listener.local_addr()?).expect("nobody waits for the address");
                let (_publisher, published) = http::channel(Publication::new(text(), open(), page(), Ok(())));
                let (_rules, access) = tokio::sync::watch::channel(Arc::new(Access::default()));
                http::serve(listener, published, access, std::future::pending(), Config::default()).await
            })
        });
        told.recv().expect("an endpoint")
    })
}

/// What comes back, and whether the connection was closed in order.
fn exchange(address: SocketAddr, bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    // The endpoint may have closed already.
    let sent = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write)).is_ok();
    let mut received = Vec::new();
    match stream.read_to_end(&mut received) {
        Ok(_) => (received, sent),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => (received, false),
        Err(error) => panic!("neither an answer nor a close: {error}: {}", bytes.escape_ascii()),
    }
}

/// The status of each answer.
fn answers(mut received: &[u8], is_whole: bool) -> Vec<u16> {
    let mut answers = Vec::new();
    while !received.is_empty() {
        let Some(end) = received.windows(4).position(|part| part == b"\r\n\r\n") else {
            assert!(!is_whole, "half a header: {}", received.escape_ascii());
            break;
        };
        let head = std::str::from_utf8(&received[..end]).expect("a header that is no text");
        received = &received[end + 4..];
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ").or(line.strip_prefix("HTTP/1.0 ")));
        let status: u16 = status.and_then(|line| line.get(..3)?.parse().ok()).unwrap_or_else(|| panic!("{head}"));
        let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
        let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let is_ours = [200, 404, 405, 413].contains(&status);
        assert!(is_ours || [400, 414, 431].contains(&status), "{head}");
        assert!(!is_ours || SECURITY.iter().all(|name| header(name).is_some()), "{head}");
        let length: usize = header("content-length").map_or(0, |length| length.parse().expect("a length"));
        answers.push(status);
        match received.get(..length) {
            Some(body) if is_known(body, header("content-encoding")) => received = &received[length..],
            // Of a HEAD there is no body.
            _ if received.is_empty() || received.starts_with(b"HTTP/1.") => {}
            body => assert!(body.is_none() && !is_whole, "{head}: {}", received.escape_ascii()),
        }
    }
    answers
}

fn is_known(body: &[u8], encoding: Option<&str>) -> bool {
    let mut plain = Vec::new();
    match encoding {
        None => plain.extend_from_slice(body),
        Some("gzip") if GzDecoder::new(body).read_to_end(&mut plain).is_ok() => {}
        Some(_) => return false,
    }
    bodies().contains(&plain)
}

/// The status that one request, and nothing else, is answered with when nobody could find fault with it.
fn plain_request(bytes: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?;
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    let mut lines = text.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target, version, None) = (words.next()?, words.next()?, words.next()?, words.next()) else {
        return None;
    };
    let path = target.split('?').next()?;
    let is_path =
        path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte));
    let is_query = target.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.?=&".contains(&byte));
    let is_method = (1..=16).contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_uppercase());
    let headers: Vec<(&str, &str)> = lines.map(|line| line.split_once(": ")).collect::<Option<_>>()?;
    let is_header = |(name, value): &(&str, &str)| {
        let meaning = ["content-length", "transfer-encoding", "expect", "connection", "upgrade"];
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && is_plain(value)
            && !meaning.contains(&name.to_ascii_lowercase().as_str())
    };
    let fits = bytes.len() < 8 * 1024 && headers.len() <= 60 && method != "CONNECT";
    let is_sound = version == "HTTP/1.1" && is_path && is_query && is_method && headers.iter().all(is_header);
    (fits && is_sound).then_some(match (path, method) {
        ("/" | "/metrics" | "/-/healthy" | "/-/ready", "GET" | "HEAD") => 200,
        ("/" | "/metrics" | "/-/healthy" | "/-/ready", _) => 405,
        _ => 404,
    })
}
