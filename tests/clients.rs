//! Hostile and unlucky clients, many at once, against the real program: the log is followed all the same, honest
//! scrapers are served, and nothing of the clients stays.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]
#![allow(clippy::disallowed_methods, reason = "what a client waits for is measured")]

mod support {
    pub mod client;
    pub mod program;
    pub mod prom_text;
    pub mod sidecar;
    pub mod small;
}

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::client::{crowd, get, small_buffer_connect};
use support::program::{driftgauge, printed};
use support::prom_text::Exposition;
use support::sidecar::Sidecar;
use support::small::{CONFIG, Small, predictions};

/// What a scraper may wait for an answer: half of its usual timeout, on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(5);

fn ready() -> Small {
    let small = Small::new(CONFIG);
    let arguments = ["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
    printed(small.path(), arguments);
    small.write("log.jsonl", &predictions(0..100));
    small
}

fn gauge(metrics: &Exposition, name: &str) -> f64 {
    metrics.get(name, &[]).unwrap()
}

/// The one counter of predictions in an exposition, read as quickly as can be.
fn predictions_in(body: &str) -> f64 {
    let line = body.lines().find(|line| line.starts_with("driftgauge_predictions_total{"));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_default()
}

/// Open descriptors of a process.
fn descriptors(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

/// Waits until this is so.
fn eventually(what: &str, mut question: impl FnMut() -> bool) {
    let began = Instant::now();
    while !question() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} did not come");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn a_thousand_clients_that_drip_their_header_keep_no_scraper_out() {
    crowd();
    let small = ready();
    let sidecar = Sidecar::start(small.path());
    sidecar.wait_for_predictions(100.0);
    let address = sidecar.address();
    let done = AtomicBool::new(false);
    let dripped = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut slow: Vec<TcpStream> = (0..1_000).map(|_| TcpStream::connect(&address).unwrap()).collect();
            while !done.load(Ordering::Relaxed) {
                for stream in &mut slow {
                    stream.set_nonblocking(true).unwrap();
                    // Who is cut off comes again.
                    if stream.write(b"G").is_err() || matches!(stream.read(&mut [0]), Ok(0)) {
                        *stream = TcpStream::connect(&address).unwrap();
                    }
                    dripped.fetch_add(1, Ordering::Relaxed);
                }
                std::thread::park_timeout(Duration::from_millis(500));
            }
        });
        eventually("the crowd", || dripped.load(Ordering::Relaxed) >= 1_000);
        for round in 0..20 {
            small.append("log.jsonl", &predictions(100 + 10 * round..110 + 10 * round));
            let began = Instant::now();
            let (status, body) = get(&address, "/metrics").unwrap();
            assert_eq!((200, true), (status, !body.is_empty()), "round {round}");
            assert!(began.elapsed() < PATIENCE, "round {round}: {:?}", began.elapsed());
        }
        done.store(true, Ordering::Relaxed);
    });
    let metrics = sidecar.wait_for_predictions(300.0);
    assert!(gauge(&metrics, "driftgauge_connections_cut_off") > 800.0);
    assert!(gauge(&metrics, "process_open_fds") < 200.0);
}

#[test]
fn a_thousand_clients_that_never_read_cost_no_memory_and_no_line() {
    crowd();
    let small = ready();
    let sidecar = Sidecar::start(small.path());
    let before = gauge(&sidecar.wait_for_predictions(100.0), "process_resident_memory_bytes");
    let address = sidecar.address();
    // More responses than the buffers of both sockets hold.
    let requests = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".repeat(400);
    let held: Vec<TcpStream> = (0..1_000)
        .map(|_| {
            let mut stream = small_buffer_connect(&address);
            stream.set_nonblocking(true).unwrap();
            stream.write_all(&requests).ok();
            stream
        })
        .collect();
    small.append("log.jsonl", &predictions(100..2_000));
    // Not one of them reads, so places become free only because they are cut off.
    let metrics = sidecar.wait("2000 predictions", |metrics| metrics.sum("driftgauge_predictions_total") == 2_000.0);
    let after = gauge(&metrics, "process_resident_memory_bytes");
    assert!(after < before + 24e6, "{before} {after}");
    sidecar.wait("the cut", |metrics| {
        metrics.get("driftgauge_connections_cut_off", &[]).is_some_and(|count| count >= 100.0)
    });
    drop(held);
}

#[test]
fn thousands_of_parallel_scrapes_get_whole_bodies_or_503_and_never_less_than_before() {
    crowd();
    let small = ready();
    let sidecar = Sidecar::start(small.path());
    sidecar.wait_for_predictions(100.0);
    let address = sidecar.address();
    let (whole, refused, gave_way) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..1_000 {
            let scrape = || {
                let mut last = 0.0;
                for _ in 0..10 {
                    match get(&address, "/metrics") {
                        Ok((200, body)) => {
                            let count = predictions_in(&body);
                            assert!(count >= last, "{count} after {last}");
                            last = count;
                            whole.fetch_add(1, Ordering::Relaxed);
                        }
                        Ok((503, _)) => drop(refused.fetch_add(1, Ordering::Relaxed)),
                        Ok((status, _)) => panic!("{status}"),
                        // The client was slower than its place in the queue allows: as if it had not connected.
                        Err(_) => drop(gave_way.fetch_add(1, Ordering::Relaxed)),
                    }
                }
            };
            std::thread::Builder::new().stack_size(256 << 10).spawn_scoped(scope, scrape).unwrap();
        }
        for round in 0..10 {
            small.append("log.jsonl", &predictions(100 + 10 * round..110 + 10 * round));
            std::thread::park_timeout(Duration::from_millis(50));
        }
    });
    let metrics = sidecar.wait_for_predictions(200.0);
    let [whole, refused, gave_way] = [whole, refused, gave_way].map(AtomicU64::into_inner);
    assert_eq!(10_000, whole + refused + gave_way);
    assert!(whole > 5_000, "{whole} whole, {refused} refused, {gave_way} gave way");
    assert!(gauge(&metrics, "process_resident_memory_bytes") < 100e6);
    eventually("the end of all connections", || descriptors(sidecar.pid()) < 60);
}

#[test]
fn clients_that_go_away_at_any_moment_leave_nothing_open() {
    crowd();
    let small = ready();
    let sidecar = Sidecar::start(small.path());
    sidecar.wait_for_predictions(100.0);
    let base = descriptors(sidecar.pid());
    let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n";
    for index in 0..300 {
        let mut stream = TcpStream::connect(sidecar.address()).unwrap();
        // Cut at every byte of the request, then at some of the response, then after a half-close.
        let sent = (index % (request.len() + 30)).min(request.len());
        stream.write_all(&request[..sent]).unwrap();
        if sent == request.len() {
            match index % 3 {
                0 => drop(stream.read(&mut [0; 100])),
                1 => stream.shutdown(Shutdown::Write).unwrap(),
                _ => {}
            }
        }
    }
    eventually("the base", || descriptors(sidecar.pid()) <= base);
    assert_eq!(200, get(&sidecar.address(), "/metrics").unwrap().0);
}

#[test]
fn a_client_that_half_closes_after_its_request_gets_its_answer() {
    let small = ready();
    let sidecar = Sidecar::start(small.path());
    let mut stream = TcpStream::connect(sidecar.address()).unwrap();
    stream.write_all(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("healthy\n"), "{answer}");
}

#[test]
fn with_64_descriptors_files_are_read_and_scrapes_answered_whatever_clients_hold() {
    crowd();
    let small = ready();
    for file in 0..100 {
        small.write(&format!("log-{file:03}.jsonl"), &predictions(100 + 10 * file..110 + 10 * file));
    }
    let binary = driftgauge(small.path()).get_program().to_owned();
    let mut command = std::process::Command::new("sh");
    command.current_dir(small.path()).env_remove("RUST_LOG").arg("-c");
    command.arg("ulimit -n 64 && exec \"$0\" run --config driftgauge.toml").arg(binary);
    let sidecar = Sidecar::spawn(command);
    let held: Vec<TcpStream> = (0..200).map(|_| TcpStream::connect(sidecar.address()).unwrap()).collect();
    let metrics = sidecar.wait("1100 predictions", |metrics| metrics.sum("driftgauge_predictions_total") == 1_100.0);
    assert_eq!(64.0, gauge(&metrics, "process_max_fds"));
    for file in 0..100 {
        small.append(&format!("log-{file:03}.jsonl"), &predictions(2_000 + file..2_001 + file));
        assert!(descriptors(sidecar.pid()) <= 64);
    }
    let metrics = sidecar.wait_for_predictions(1_200.0);
    assert_eq!(0.0, metrics.sum("driftgauge_lines_lost_total"));
    assert_eq!(0.0, metrics.sum("driftgauge_source_unreadable_files"));
    assert!(sidecar.log().contains("few file descriptors"), "{}", sidecar.log());
    drop(held);
}
