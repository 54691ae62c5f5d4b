//! The web config file on the real program: TLS, certificates of clients, users, headers, and what happens when the
//! files change. The files are those of Prometheus, so Prometheus and promtool are the judges.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]
#![allow(clippy::disallowed_methods, reason = "what a client waits for is measured")]

mod support {
    pub mod authority;
    pub mod fetch;
    pub mod program;
    pub mod programs;
    pub mod prom_text;
    pub mod sidecar;
    pub mod small;
}

use base64::Engine as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};
use support::authority::{Answer, Authority, Client, Pair, get};
use support::fetch;
use support::program::{output, printed};
use support::programs::{Prometheus, eventually};
use support::prom_text::Exposition;
use support::sidecar::Sidecar;
use support::small::{CONFIG, Small, predictions};

/// A published pair of OpenBSD's test vectors for bcrypt: `abc`, at cost 6.
const HASH: &str = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i";
const TLS: &str = "tls_server_config:\n  cert_file: server.pem\n  key_file: server-key.pem\n";
const PATIENCE: Duration = Duration::from_secs(60);

fn ready(web: &str) -> Small {
    let small = Small::new(&format!("{CONFIG}web_config_file = \"web.yml\"\n"));
    let arguments = ["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
    printed(small.path(), arguments);
    small.write("log.jsonl", &predictions(0..100));
    small.write("web.yml", web);
    small
}

/// Puts a pair in place as a whole, file by file.
fn put(small: &Small, pair: &Pair) {
    for (name, text) in [("server.pem", &pair.certificate), ("server-key.pem", &pair.key)] {
        small.write("new", text);
        std::fs::rename(small.file("new"), small.file(name)).unwrap();
    }
}

fn hang_up(sidecar: &Sidecar) {
    assert!(Command::new("kill").args(["-HUP", &sidecar.pid().to_string()]).status().unwrap().success());
}

fn basic(name: &str, password: &str) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
    format!("Authorization: Basic {encoded}\r\n")
}

fn gauge(answer: &Answer, name: &str) -> Option<f64> {
    // While it starts there is nothing to read.
    let exposition = Some(&answer.body).filter(|_| answer.status == 200);
    Exposition::parse(exposition?).get(name, &[])
}

/// Asks until the answer is as wanted.
fn wait(client: &Client, address: &str, what: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
    let began = Instant::now();
    loop {
        let answer = client.get(address, "/metrics", "").unwrap();
        if wanted(&answer) {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{what} did not come: {}", answer.body);
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

#[test]
fn certificates_are_replaced_while_serving_and_a_broken_or_expired_one_is_not_taken() {
    const GOOD: &str = "driftgauge_web_config_reload_success";
    let (authority, small) = (Authority::new(), ready(TLS));
    let pairs = [authority.issue("127.0.0.1", 2098), authority.issue("127.0.0.1", 2099)];
    put(&small, &pairs[0]);
    let sidecar = Sidecar::start(small.path());
    let (client, address) = (authority.client(None), sidecar.address());
    let first = wait(&client, &address, "the start", |answer| gauge(answer, GOOD) == Some(1.0));
    assert_eq!(pairs[0].der(), first.shown);
    let expiry = |answer: &Answer| gauge(answer, "driftgauge_certificate_expiry_timestamp_seconds");
    let first_expiry = expiry(&first).unwrap();
    // A new pair is found without being told of it.
    put(&small, &pairs[1]);
    let second = wait(&client, &address, "the second", |answer| {
        answer.shown == pairs[1].der() && expiry(answer).is_some_and(|expiry| expiry > first_expiry)
    });
    assert_eq!(Some(1.0), gauge(&second, GOOD));
    // What cannot be served leaves the old pair in use: no certificate, the key of another, an expired one.
    let broken = Pair { certificate: "no certificate".to_owned(), key: pairs[0].key.clone() };
    let mixed = Pair { certificate: pairs[0].certificate.clone(), key: pairs[1].key.clone() };
    for (bad, told) in
        [(broken, "holds no certificate"), (mixed, "cert_file"), (authority.issue("127.0.0.1", 2021), "expired")]
    {
        put(&small, &bad);
        hang_up(&sidecar);
        let answer = wait(&client, &address, told, |answer| gauge(answer, GOOD) == Some(0.0));
        assert_eq!(pairs[1].der(), answer.shown, "{told}");
        assert!(sidecar.log().contains(told), "{told}: {}", sidecar.log());
        put(&small, &pairs[1]);
        hang_up(&sidecar);
        wait(&client, &address, "the good pair", |answer| gauge(answer, GOOD) == Some(1.0));
    }
    assert!(!sidecar.log().contains("PRIVATE KEY"));
}

#[test]
fn a_certificate_of_the_authority_with_an_allowed_name_is_asked_of_clients() {
    let (authority, other) = (Authority::new(), Authority::new());
    let clients = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n  client_allowed_sans: [scraper.example]\n";
    let small = ready(&format!("{TLS}{clients}"));
    put(&small, &authority.issue("127.0.0.1", 2099));
    small.write("ca.pem", &authority.pem);
    let sidecar = Sidecar::start(small.path());
    let status = |own: Option<Pair>| {
        let answer = authority.client(own.as_ref()).get(&sidecar.address(), "/metrics", "");
        answer.map_or(0, |answer| answer.status)
    };
    assert_eq!(200, status(Some(authority.issue("scraper.example", 2099))));
    assert_eq!(0, status(None));
    assert_eq!(0, status(Some(authority.issue("scraper.example", 2021))));
    assert_eq!(0, status(Some(authority.issue("other.example", 2099))));
    assert_eq!(0, status(Some(other.issue("scraper.example", 2099))));
    assert!(!get(&sidecar.address(), "/metrics", "").is_ok_and(|answer| answer.status == 200), "no TLS is no way in");
}

#[test]
fn older_versions_of_tls_are_refused() {
    let (authority, small) = (Authority::new(), ready(TLS));
    put(&small, &authority.issue("127.0.0.1", 2099));
    let sidecar = Sidecar::start(small.path());
    // The first message of a client of this version, with one cipher suite, signature algorithm and group of TLS 1.2.
    let reply = |version: u8| {
        let extensions = [0, 16, 0, 13, 0, 4, 0, 2, 4, 3, 0, 10, 0, 4, 0, 2, 0, 0x17];
        let body = [&[3, version][..], &[7; 32], &[0, 0, 2, 0xc0, 0x2b, 1, 0], &extensions].concat();
        let handshake = [&[1, 0, 0, body.len() as u8][..], &body].concat();
        let record = [&[22, 3, 1, 0, handshake.len() as u8][..], &handshake].concat();
        let mut stream = TcpStream::connect(sidecar.address()).unwrap();
        stream.write_all(&record).unwrap();
        let mut reply = [0; 7];
        stream.read_exact(&mut reply).unwrap();
        reply
    };
    // A handshake goes on; a fatal alert: protocol_version.
    assert_eq!(22, reply(3)[0]);
    for version in [1, 2] {
        assert_eq!(([21], [2, 70]), ([reply(version)[0]], [reply(version)[5], reply(version)[6]]));
    }
}

#[test]
fn users_get_in_and_guesses_are_slowed_without_keeping_them_out() {
    let small = ready(&format!("basic_auth_users:\n  ada: {HASH}\n"));
    let sidecar = Sidecar::start(small.path());
    let status = |path: &str, lines: &str| get(&sidecar.address(), path, lines).unwrap();
    let asked = status("/metrics", "");
    assert_eq!((401, "unauthorized\n"), (asked.status, asked.body.as_str()));
    assert!(asked.headers["www-authenticate"].starts_with("Basic"));
    assert_eq!(Some("nosniff"), asked.headers.get("x-content-type-options").map(String::as_str));
    for path in ["/", "/metrics", "/-/healthy", "/-/ready", "/nowhere"] {
        assert_eq!(401, status(path, "").status, "{path}");
        assert_eq!(401, status(path, &basic("bob", "abc")).status, "{path}");
    }
    assert_eq!(200, status("/metrics", &basic("ada", "abc")).status);
    // More guesses than may be tried, from many connections at once; who is known gets in all the same.
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let guess = |guess: usize| scope.spawn(move || status("/metrics", &basic("ada", &guess.to_string())).status);
        let guesses: Vec<_> = (0..30).map(guess).collect();
        for _ in 0..5 {
            assert_eq!(200, status("/metrics", &basic("ada", "abc")).status);
        }
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    assert!(statuses.contains(&429) && statuses.iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
    let seen = |answer: Answer| -> (f64, f64) {
        let gauge = |name: &str| gauge(&answer, name).unwrap();
        (gauge("driftgauge_requests_unauthorized"), gauge("driftgauge_requests_limited"))
    };
    let began = Instant::now();
    while !matches!(seen(status("/metrics", &basic("ada", "abc"))), (unauthorized, limited) if unauthorized > 11.0 && limited > 0.0)
    {
        assert!(began.elapsed() < PATIENCE);
    }
}

#[test]
fn another_password_holds_from_the_next_look_on() {
    let small = ready(&format!("basic_auth_users:\n  ada: {HASH}\n"));
    let sidecar = Sidecar::start(small.path());
    // A connection that began under other rules may be closed before it is answered.
    let status =
        |name: &str| get(&sidecar.address(), "/metrics", &basic(name, "abc")).map_or(0, |answer| answer.status);
    assert_eq!(200, status("ada"));
    small.write("web.yml", &format!("basic_auth_users:\n  bob: {HASH}\n"));
    hang_up(&sidecar);
    let began = Instant::now();
    while status("ada") != 401 {
        assert!(began.elapsed() < PATIENCE, "{}", sidecar.log());
    }
    assert_eq!(200, status("bob"));
}

#[test]
fn headers_and_the_rate_of_requests_are_those_of_the_file() {
    let small = ready(
        "http_server_config:\n  http2: false\n  headers:\n    X-Frame-Options: sameorigin\n    X-Content-Type-Options: \"\"\n    \
         Strict-Transport-Security: max-age=31536000\nrate_limit:\n  interval: 1h\n  burst: 3\n",
    );
    let sidecar = Sidecar::start(small.path());
    let answers: Vec<Answer> = (0..5).map(|_| get(&sidecar.address(), "/-/healthy", "").unwrap()).collect();
    assert_eq!(vec![200, 200, 200, 429, 429], answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    let header = |name: &str| answers[0].headers.get(name).map(String::as_str);
    assert_eq!(Some("sameorigin"), header("x-frame-options"));
    assert_eq!(Some("max-age=31536000"), header("strict-transport-security"));
    assert_eq!(None, header("x-content-type-options"));
    assert!(header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")));
}

#[test]
fn prometheus_scrapes_over_tls_with_a_certificate_and_a_password() {
    let authority = Authority::new();
    let clients = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n";
    let small = ready(&format!("{TLS}{clients}basic_auth_users:\n  ada: {HASH}\n"));
    put(&small, &authority.issue("127.0.0.1", 2099));
    let own = authority.issue("scraper.example", 2099);
    for (name, text) in [("ca.pem", &authority.pem), ("own.pem", &own.certificate), ("own-key.pem", &own.key)] {
        small.write(name, text);
    }
    let sidecar = Sidecar::start(small.path());
    let file = |name: &str| small.file(name).display().to_string();
    let prometheus = Prometheus::start(&format!(
        "scrape_configs:\n- job_name: driftgauge\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\n  scheme: https\n  \
         tls_config: {{ca_file: {}, cert_file: {}, key_file: {}}}\n  basic_auth: {{username: ada, password: abc}}\n  \
         static_configs:\n  - targets: [\"{}\"]\n",
        file("ca.pem"),
        file("own.pem"),
        file("own-key.pem"),
        sidecar.address()
    ));
    let query = fetch::quoted("sum(driftgauge_predictions_total)");
    eventually(|| {
        let answer = fetch::get(prometheus.address, &format!("/api/v1/query?query={query}"), "application/json");
        let body = String::from_utf8(answer.map_err(|error| error.to_string())?.body).unwrap();
        if body.contains("\"100\"") { Ok(()) } else { Err(body) }
    });
}

#[test]
fn promtool_and_check_agree_about_files() {
    let authority = Authority::new();
    let small = ready("");
    put(&small, &authority.issue("127.0.0.1", 2099));
    small.write("ca.pem", &authority.pem);
    let clients = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n";
    let more = "  min_version: TLS13\n  max_version: TLS13\n  curve_preferences: [X25519, CurveP256]\n  \
                cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n  prefer_server_cipher_suites: true\n";
    let headers =
        "http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: deny\n    X-XSS-Protection: \"0\"\n";
    for (web, good) in [
        (String::new(), true),
        (TLS.to_owned(), true),
        (format!("{TLS}{clients}{more}{headers}basic_auth_users:\n  ada: {HASH}\n"), true),
        (format!("{TLS}  cert: x\n  keys: y\n"), false),
        (format!("{TLS}  client_auth_type: Sometimes\n"), false),
        (format!("{TLS}  client_ca_file: ca.pem\n"), false),
        (TLS.replace("server-key.pem", "nowhere.pem"), false),
        (TLS.replace("server-key.pem", "server.pem"), false),
        ("http_server_config:\n  headers:\n    Server: x\n".to_owned(), false),
        ("http_server_config:\n  headers:\n    X-Frame-Options: allow\n".to_owned(), false),
        ("basic_auth_users:\n  ada: secret\n".to_owned(), false),
        ("basic_auth_users: {ada\n".to_owned(), false),
    ] {
        small.write("web.yml", &web);
        let check = output(small.path(), ["check", "--config", "driftgauge.toml"]);
        let told = String::from_utf8_lossy(&check.stderr);
        assert_eq!(Some(if good { 0 } else { 2 }), check.status.code(), "{web}: {told}");
        assert!(good || told.contains("web.yml"), "{web}: {told}");
        assert!(!told.contains("secret"), "{told}");
        let promtool = Command::new("promtool").args(["check", "web-config"]).arg(small.file("web.yml")).output();
        let promtool = promtool.unwrap_or_else(|error| panic!("promtool is needed by this test: {error}"));
        assert_eq!(good, promtool.status.success(), "{web}: {}", String::from_utf8_lossy(&promtool.stderr));
    }
    small.write("web.yml", "tls: 1\n");
    let run = output(small.path(), ["run", "--config", "driftgauge.toml"]);
    assert_eq!(Some(2), run.status.code());
    assert!(String::from_utf8_lossy(&run.stderr).contains("web.yml:1: unknown field `tls`"));
}
