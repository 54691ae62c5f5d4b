//! The endpoint over real sockets: what it answers, and what it does to slow, many and hostile clients.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

#[path = "support/endpoint.rs"]
mod endpoint;

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use driftgauge::exposition::Pieces;
use driftgauge::http::{Config, Publication};
use endpoint::{Endpoint, eventually};

type Headers = &'static [(&'static str, &'static str)];

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// What Prometheus 2.42 accepts.
const PROMETHEUS: &str = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                          text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const PLAIN: &str = "text/plain; charset=utf-8";
/// More than the buffers of both sockets take, so that a response to a client that does not read stays under way.
const LARGE: usize = 32 << 20;

fn small() -> Publication {
    Publication::new(b"a 1\n".to_vec(), b"a 1\n# EOF\n".to_vec(), b"<p>page".to_vec(), Ok(()))
}

fn of_text(text: Vec<u8>) -> Publication {
    Publication::new(text, Vec::new(), Vec::new(), Ok(()))
}

fn endpoint() -> Endpoint {
    Endpoint::start(small(), Config::default())
}

#[test]
fn each_route_answers() {
    let endpoint = endpoint();
    let table: [(&str, &str, &[u8]); 5] = [
        ("/", "text/html; charset=utf-8", b"<p>page"),
        ("/metrics", TEXT, b"a 1\n"),
        ("/metrics?query=is&not=read", TEXT, b"a 1\n"),
        ("/-/healthy", PLAIN, b"healthy\n"),
        ("/-/ready", PLAIN, b"ready\n"),
    ];
    for (path, content_type, body) in table {
        let reply = endpoint.get(path);
        assert_eq!(
            (200, Some(content_type), body),
            (reply.status, reply.header("content-type"), &*reply.body),
            "{path}"
        );
    }
}

#[test]
fn gate_makes_unready_but_not_unhealthy() {
    let first = Publication::new(Vec::new(), b"# EOF\n".to_vec(), Vec::new(), Err("nothing published yet".to_owned()));
    let endpoint = Endpoint::start(first, Config::default());
    let reply = endpoint.get("/-/ready");
    assert_eq!((503, &b"not ready: nothing published yet\n"[..]), (reply.status, &*reply.body));
    assert_eq!(200, endpoint.get("/-/healthy").status);
    assert_eq!(200, endpoint.get("/metrics").status);
    endpoint.publisher.publish(small());
    assert_eq!(200, endpoint.get("/-/ready").status);
}

#[test]
fn head_is_get_without_the_body() {
    let long = vec![b'x'; 5000];
    let endpoint = Endpoint::start(of_text(long), Config::default());
    for path in ["/", "/metrics", "/-/healthy", "/-/ready", "/nothing"] {
        for headers in [&[][..], &[("Accept-Encoding", "gzip")]] {
            let mut get = endpoint.request("GET", path, headers);
            let mut client = endpoint.connect();
            client.request("HEAD", path, headers);
            let mut head = client.reply("HEAD");
            client.half_close();
            assert!(client.rest().is_empty(), "{path}");
            assert_eq!(Some(&*get.body.len().to_string()), head.header("content-length"), "{path}");
            for reply in [&mut get, &mut head] {
                reply.headers.remove("date");
                reply.body.clear();
            }
            assert_eq!(get, head, "{path}");
        }
    }
}

#[test]
fn format_is_negotiated() {
    let endpoint = endpoint();
    let table: [(Headers, &str, &[u8]); 3] = [
        (&[], TEXT, b"a 1\n"),
        (&[("Accept", PROMETHEUS)], OPENMETRICS, b"a 1\n# EOF\n"),
        (&[("Accept", "text/plain")], TEXT, b"a 1\n"),
    ];
    for (headers, content_type, body) in table {
        let reply = endpoint.request("GET", "/metrics", headers);
        assert_eq!((Some(content_type), body), (reply.header("content-type"), &*reply.body));
        assert_eq!(Some("Accept, Accept-Encoding"), reply.header("vary"));
    }
}

#[test]
fn gzip_inflates_to_the_plain_body() {
    let plain = "driftgauge_feature_psi{feature=\"a\"} 0.1\n".repeat(1000).into_bytes();
    let first = Publication::new(plain.clone(), plain.clone(), plain.clone(), Ok(()));
    let endpoint = Endpoint::start(first, Config::default());
    for path in ["/", "/metrics"] {
        let reply = endpoint.request("GET", path, &[("Accept-Encoding", "gzip")]);
        assert_eq!(Some("gzip"), reply.header("content-encoding"));
        assert!(reply.body.len() < plain.len() / 10);
        let mut inflated = Vec::new();
        flate2::read::GzDecoder::new(&*reply.body).read_to_end(&mut inflated).unwrap();
        assert!(plain == inflated);
        let refused = endpoint.request("GET", path, &[("Accept-Encoding", "gzip;q=0")]);
        assert_eq!(None, refused.header("content-encoding"));
        assert!(plain == refused.body);
    }
}

#[test]
fn the_page_is_made_once_and_only_for_whom_asks() {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    let page = move || format!("page {}", count.fetch_add(1, Ordering::Relaxed)).into_bytes();
    let exposition = [b"a 1\n".to_vec(), b"a 1\n# EOF\n".to_vec()].map(Pieces::from);
    let endpoint = Endpoint::start(Publication::of(exposition, page), Config::default());
    assert_eq!(b"a 1\n"[..], *endpoint.request("GET", "/metrics", &[]).body);
    assert_eq!(0, made.load(Ordering::Relaxed));
    let open = endpoint.request("GET", "/metrics", &[("Accept", "application/openmetrics-text")]);
    assert_eq!(b"a 1\n# EOF\n"[..], *open.body);
    for _ in 0..2 {
        assert_eq!(b"page 0"[..], *endpoint.request("GET", "/", &[]).body);
    }
    assert_eq!(1, made.load(Ordering::Relaxed));
}

#[test]
fn short_body_is_not_compressed() {
    let reply = endpoint().request("GET", "/metrics", &[("Accept-Encoding", "gzip")]);
    assert_eq!((None, &b"a 1\n"[..]), (reply.header("content-encoding"), &*reply.body));
}

#[test]
fn what_is_not_offered_is_refused() {
    let endpoint = endpoint();
    let table: [(&str, &str, Headers, u16); 10] = [
        ("GET", "/nothing", &[], 404),
        ("GET", "/metrics/", &[], 404),
        ("GET", "//metrics", &[], 404),
        ("GET", "/%6detrics", &[], 404),
        ("POST", "/nothing", &[], 404),
        ("POST", "/metrics", &[], 405),
        ("DELETE", "/", &[], 405),
        ("OPTIONS", "/-/ready", &[], 405),
        ("GET", "/metrics", &[("Content-Length", "0")], 200),
        ("GET", "/metrics", &[("Content-Length", "5")], 413),
    ];
    for (method, path, headers, status) in table {
        let reply = endpoint.request(method, path, headers);
        assert_eq!(status, reply.status, "{method} {path}");
        assert_eq!((status == 405).then_some("GET, HEAD"), reply.header("allow"), "{method} {path}");
        assert_eq!((status == 413).then_some("close"), reply.header("connection"), "{method} {path}");
    }
    assert_eq!(413, endpoint.request("GET", "/", &[("Transfer-Encoding", "chunked")]).status);
}

#[test]
fn body_is_never_taken_for_the_next_request() {
    let endpoint = endpoint();
    let mut client = endpoint.connect();
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 46\r\n\r\nGET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n\r\n");
    assert_eq!(405, client.reply("POST").status);
    assert!(client.rest().is_empty());
}

#[test]
fn every_response_has_the_security_headers_and_nothing_of_the_request() {
    let endpoint = endpoint();
    for (method, path) in [("GET", "/"), ("GET", "/metrics"), ("GET", "/-/ready"), ("PUT", "/"), ("GET", "/canary")] {
        let headers = [("X-Canary", "canary"), ("Accept", "canary/*"), ("Cookie", "canary")];
        let reply = endpoint.request(method, &format!("{path}?canary"), &headers);
        let expected = [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            (
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                 frame-ancestors 'none'",
            ),
        ];
        for (name, value) in expected {
            assert_eq!(Some(value), reply.header(name), "{method} {path}");
        }
        assert!(!format!("{:?} {}", reply.headers, String::from_utf8_lossy(&reply.body)).contains("canary"));
    }
}

#[test]
fn connection_is_kept_and_requests_may_be_pipelined() {
    let endpoint = endpoint();
    let mut client = endpoint.connect();
    for _ in 0..3 {
        client.request("GET", "/metrics", &[]);
    }
    for _ in 0..3 {
        assert_eq!(b"a 1\n", &*client.reply("GET").body);
    }
    client.request("GET", "/-/healthy", &[]);
    assert_eq!(b"healthy\n", &*client.reply("GET").body);
    assert_eq!(1, endpoint.publisher.traffic().accepted());
}

#[test]
fn slow_header_is_cut_off_however_steadily_it_drips() {
    let config = Config { header_timeout: Duration::from_millis(100), ..Config::default() };
    let endpoint = Endpoint::start(small(), config);
    let mut silent = endpoint.connect();
    let mut dripping = endpoint.connect();
    while !dripping.closed_within(Duration::from_millis(5)) {
        dripping.try_send(b"G");
    }
    assert!(silent.rest().is_empty());
    eventually(|| endpoint.publisher.traffic().cut_off() == 2);
}

#[test]
fn pause_between_requests_may_be_longer_than_a_header() {
    let config = Config { header_timeout: Duration::from_millis(400), ..Config::default() };
    let endpoint = Endpoint::start(small(), config);
    let mut client = endpoint.connect();
    client.request("GET", "/metrics", &[]);
    assert_eq!(200, client.reply("GET").status);
    assert!(!client.closed_within(Duration::from_millis(600)));
    client.send(b"GET /metrics HTT");
    assert!(client.rest().is_empty());
    assert_eq!(1, endpoint.publisher.traffic().cut_off());
}

#[test]
fn idle_connection_is_closed() {
    let config = Config { idle_timeout: Duration::from_millis(30), ..Config::default() };
    let endpoint = Endpoint::start(small(), config);
    let mut client = endpoint.connect();
    client.request("GET", "/metrics", &[]);
    assert_eq!(200, client.reply("GET").status);
    assert!(client.rest().is_empty());
    assert_eq!(0, endpoint.publisher.traffic().cut_off());
}

#[test]
fn old_connection_is_closed_even_if_it_is_used() {
    let config = Config { max_lifetime: Duration::from_millis(50), ..Config::default() };
    let endpoint = Endpoint::start(small(), config);
    let mut client = endpoint.connect();
    // The request that meets the close is lost, as with any server that closes.
    while client.try_send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n") && client.receive() {}
    assert!(client.rest().starts_with(b"HTTP/1.1 200 "));
}

#[test]
fn client_that_does_not_read_is_cut_off() {
    let config = Config { write_timeout: Duration::from_millis(100), ..Config::default() };
    let endpoint = Endpoint::start(of_text(vec![b'x'; LARGE]), config);
    let mut client = endpoint.connect();
    client.request("GET", "/metrics", &[]);
    eventually(|| endpoint.publisher.traffic().cut_off() == 1);
    assert!(client.rest().len() < LARGE);
}

#[test]
fn a_connection_above_the_cap_is_refused_while_all_others_are_being_served() {
    let config = Config { max_connections: 2, ..Config::default() };
    let endpoint = Endpoint::start(of_text(vec![b'x'; LARGE]), config);
    // Clients that read for a while: should they stall, because of other work here, they give way, and it is tried again.
    eventually(|| {
        let mut held: Vec<_> = (0..2).map(|_| endpoint.connect()).collect();
        for client in &mut held {
            client.request("GET", "/metrics", &[]);
            client.stream.peek(&mut [0]).unwrap();
        }
        endpoint.connect().rest().starts_with(b"HTTP/1.1 503 ")
    });
    assert!(endpoint.publisher.traffic().refused() > 0);
    eventually(|| endpoint.get("/-/healthy").status == 200);
}

#[test]
fn clients_that_keep_us_waiting_give_way_to_those_that_come() {
    let config = Config { max_connections: 2, ..Config::default() };
    let endpoint = Endpoint::start(small(), config);
    let mut silent = endpoint.connect();
    let mut idle = endpoint.connect();
    idle.request("GET", "/metrics", &[]);
    assert_eq!(200, idle.reply("GET").status);
    for _ in 0..10 {
        assert_eq!(200, endpoint.get("/metrics").status);
    }
    assert!(silent.rest().is_empty());
    assert!(endpoint.publisher.traffic().cut_off() >= 1);
    assert_eq!(0, endpoint.publisher.traffic().refused());
}

#[test]
fn oversized_headers_are_refused() {
    let endpoint = endpoint();
    let long = "x".repeat(20_000);
    let many: Vec<_> = (0..65).map(|_| ("X-Many", "x")).collect();
    assert_eq!(431, endpoint.request("GET", "/metrics", &many).status);
    let mut client = endpoint.connect();
    client.try_send(format!("GET / HTTP/1.1\r\nX-Long: {long}\r\n\r\n").as_bytes());
    assert!(!client.rest().starts_with(b"HTTP/1.1 200"));
    let mut client = endpoint.connect();
    client.try_send(format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(100_000)).as_bytes());
    assert!(!client.rest().starts_with(b"HTTP/1.1 200"));
    let fitting: Vec<_> = (0..60).map(|_| ("X-Many", "x")).collect();
    assert_eq!(200, endpoint.request("GET", "/metrics", &fitting).status);
}

#[test]
fn garbage_ends_its_connection_only() {
    let endpoint = endpoint();
    let table: [&[u8]; 9] = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08",
        b"GET /metrics HTTP/9.9\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nffffffffffffffffff\r\n",
        b"",
    ];
    for garbage in table {
        let mut client = endpoint.connect();
        client.send(garbage);
        client.half_close();
        assert!(!client.rest().starts_with(b"HTTP/1.1 200"), "{garbage:?}");
    }
    assert_eq!(200, endpoint.get("/metrics").status);
}

#[test]
fn noise_of_any_kind_ends_its_connection_only() {
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{Rng, SeedableRng};
    let endpoint = endpoint();
    let mut dice = Xoshiro256PlusPlus::seed_from_u64(6);
    for _ in 0..300 {
        let mut noise = vec![0; dice.next_u64() as usize % 2_000];
        dice.fill_bytes(&mut noise);
        // Half of it begins like a request.
        let head: &[u8] = if dice.next_u64().is_multiple_of(2) { b"GET /metrics HTTP/1.1\r\n" } else { b"" };
        let mut client = endpoint.connect();
        client.try_send(&[head, &noise].concat());
        client.stream.shutdown(std::net::Shutdown::Write).ok();
        assert!(!client.rest().starts_with(b"HTTP/1.1 200"));
    }
    assert_eq!(200, endpoint.get("/metrics").status);
}

#[test]
fn concurrent_scrapers_get_whole_bodies_while_publications_change() {
    let versions = [vec![b'a'; 200_000], vec![b'b'; 300_000]];
    let config = Config { max_connections: 256, ..Config::default() };
    let endpoint = Endpoint::start(of_text(versions[0].clone()), config);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for version in versions.iter().cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                endpoint.publisher.publish(of_text(version.clone()));
                std::thread::yield_now();
            }
        });
        let scrapers: Vec<_> = (0..200)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = endpoint.connect();
                    (0..5).all(|_| {
                        client.request("GET", "/metrics", &[]);
                        versions.contains(&client.reply("GET").body)
                    })
                })
            })
            .collect();
        let outcomes: Vec<_> = scrapers.into_iter().map(|scraper| scraper.join()).collect();
        done.store(true, Ordering::Relaxed);
        assert!(outcomes.into_iter().all(|outcome| outcome.unwrap()));
    });
    assert_eq!(0, endpoint.publisher.traffic().refused());
}

#[test]
fn shutdown_finishes_a_running_response_and_closes_idle_connections() {
    let mut endpoint = Endpoint::start(of_text(vec![b'x'; LARGE]), Config::default());
    let mut idle = endpoint.connect();
    idle.request("GET", "/-/healthy", &[]);
    assert_eq!(200, idle.reply("GET").status);
    let mut running = endpoint.connect();
    running.request("GET", "/metrics", &[]);
    running.stream.peek(&mut [0]).unwrap();
    endpoint.stop();
    assert!(idle.rest().is_empty());
    assert_eq!(LARGE, running.reply("GET").body.len());
    assert!(running.rest().is_empty());
    endpoint.join();
    assert!(std::net::TcpStream::connect(endpoint.address).is_err());
}

#[test]
fn shutdown_does_not_wait_for_ever() {
    let config = Config { shutdown_timeout: Duration::from_millis(50), ..Config::default() };
    let mut endpoint = Endpoint::start(of_text(vec![b'x'; LARGE]), config);
    let mut client = endpoint.connect();
    client.request("GET", "/metrics", &[]);
    client.stream.peek(&mut [0]).unwrap();
    endpoint.stop();
    endpoint.join();
}
