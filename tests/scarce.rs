//! The sidecar when something is scarce: a slow disk, little memory, little of the processor, many events.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod dice;
    pub mod durable;
    pub mod eye;
    pub mod program;
    pub mod prom_text;
    pub mod rotating;
    pub mod sidecar;
    pub mod small;
}

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;
use std::time::Duration;
use support::durable::{LINES, after, caught_up, settle, small, traced, write};
use support::eye::Eye;
use support::rotating::Rotating;
use support::sidecar::Sidecar;
use support::small::predictions;

fn signal(sidecar: &Sidecar, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &sidecar.pid().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_slow_disk_holds_up_neither_scrapes_nor_lines_nor_a_request_to_end() {
    let small = small();
    let (mut log, mut eye) = (Rotating::new(small.path(), 41), Eye::default());
    write(&mut log);
    // Each slot takes ten times the interval of commits.
    let sidecar = traced(&small, "fsync", "delay_enter=200ms");
    caught_up(&sidecar, &mut eye, &log);
    let (mut commits, mut scrapes) = (BTreeSet::new(), 0);
    while commits.len() < 4 {
        log.write(20);
        let metrics = sidecar.metrics();
        eye.see(&metrics).unwrap();
        commits.insert(metrics.get("driftgauge_commit_timestamp_seconds", &[]).unwrap().to_bits());
        scrapes += 1;
    }
    assert!(scrapes > 20, "{scrapes} scrapes in {} commits", commits.len());
    // What was read meanwhile is in the next commit, and nothing piles up.
    caught_up(&sidecar, &mut eye, &log);
    let names = fs::read_dir(small.file("state/driftgauge")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.count() <= 6);
    write(&mut log);
    // It is in the middle of a commit, and asked more than once.
    signal(&sidecar, "TERM");
    signal(&sidecar, "TERM");
    assert!(sidecar.terminate().success());
    log.finish();
    let sidecar = Sidecar::start(small.path());
    settle(&sidecar, &mut eye, &log, small.path());
}

#[test]
fn a_process_that_is_stopped_half_of_the_time_loses_nothing() {
    let small = small();
    let (mut log, mut eye) = (Rotating::new(small.path(), 43), Eye::default());
    let sidecar = Sidecar::start(small.path());
    for _ in 0..40 {
        signal(&sidecar, "STOP");
        log.write(30);
        log.write(30);
        signal(&sidecar, "CONT");
        thread::park_timeout(Duration::from_millis(10));
    }
    log.finish();
    settle(&sidecar, &mut eye, &log, small.path());
}

#[test]
fn half_a_gigabyte_of_addresses_is_enough_for_a_backlog() {
    let small = small();
    // Ids that all wait, in a file of 30 MB.
    for start in (0..100_000).step_by(10_000) {
        small.append("log.jsonl", &predictions(start..start + 10_000));
    }
    let sidecar = Sidecar::spawn(after(small.path(), "ulimit -v 524288"));
    let metrics = sidecar.wait("every line", |metrics| metrics.sum(LINES) >= 100_000.0);
    assert_eq!(100_000.0, metrics.sum("driftgauge_predictions_total"));
    assert!(sidecar.terminate().success());
}

/// Ticks of the processor that a process has used.
fn ticks(process: &str) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn a_storm_of_events_without_a_change_costs_less_than_making_it() {
    let small = small();
    let mut log = Rotating::new(small.path(), 44);
    write(&mut log);
    let (mut eye, sidecar) = (Eye::default(), Sidecar::start(small.path()));
    caught_up(&sidecar, &mut eye, &log);
    let pid = sidecar.pid().to_string();
    let before = (ticks(&pid), ticks("thread-self"));
    let modes = [0o600, 0o644].map(fs::Permissions::from_mode);
    // Long enough to be measured in ticks of ten milliseconds.
    while ticks("thread-self") - before.1 < 100 {
        for _ in 0..1_000 {
            modes.iter().for_each(|mode| fs::set_permissions(small.file("log.jsonl"), mode.clone()).unwrap());
        }
    }
    let used = ticks(&pid) - before.0;
    assert!(used < 100, "{used} ticks for a storm of 100");
    write(&mut log);
    log.finish();
    settle(&sidecar, &mut eye, &log, small.path());
}
