//! The sidecar killed at any time, again and again, while its log grows and rotates and somebody scrapes it.
//!
//! `DRIFTGAUGE_KILLS` says how often; 200 times when nothing is said.

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

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;
use support::dice::Dice;
use support::durable::{CONFIG, check, damage, outcome, settle, slots, small};
use support::eye::Eye;
use support::program::driftgauge;
use support::rotating::Rotating;
use support::sidecar::Sidecar;
use support::small::Small;

#[test]
fn every_line_counts_once_over_any_number_of_kills() {
    let kills = std::env::var("DRIFTGAUGE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    let small = small();
    let mut log = Rotating::new(small.path(), 7);
    let (mut dice, mut eye) = (Dice(11), Eye::default());
    log.write(30);
    for _ in 0..kills {
        let sidecar = Sidecar::start(small.path());
        if dice.percent(60) {
            eye.see(&sidecar.wait("metrics", |metrics| metrics.iter().count() > 0)).unwrap();
        }
        for _ in 0..dice.below(12) {
            log.write(25);
            eye.see(&sidecar.metrics()).unwrap();
            check(&eye, &log);
            thread::park_timeout(Duration::from_millis(dice.below(25) as u64));
        }
        drop(sidecar);
        // What comes while nobody reads.
        log.write(25);
    }
    log.finish();
    let sidecar = Sidecar::start(small.path());
    settle(&sidecar, &mut eye, &log, small.path());
    assert!(eye.scrapes() > kills / 2, "{}", eye.scrapes());
    assert!(log.files().len() > 3, "{:?}", log.files());
}

/// Looks at a traced process before it should have been killed.
const LOOKS: usize = 10_000;
/// The system calls that change what is on disk.
const WRITES: &str = "write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir";

#[test]
fn a_kill_at_any_write_of_a_commit_loses_nothing() {
    let small = small();
    let mut log = Rotating::new(small.path(), 3);
    let mut eye = Eye::default();
    let mut killed = 0;
    for call in 1..=36 {
        log.write(40);
        let mut command = Command::new("strace");
        let inject = format!("inject={WRITES}:signal=KILL:when={call}");
        command.args(["-f", "-qq", "-o", "trace", "-e", &format!("trace={WRITES}"), "-e", &inject]);
        command.arg(driftgauge(small.path()).get_program()).args(["run", "--config", "driftgauge.toml"]);
        command.current_dir(small.path());
        let traced = Sidecar::try_spawn(command);
        // It may be killed before it serves.
        if let Some(mut traced) = traced {
            let mut looks = 0;
            while !traced.has_ended() && looks < LOOKS {
                looks += 1;
                if let Some(metrics) = traced.try_metrics() {
                    eye.see(&metrics).unwrap();
                    check(&eye, &log);
                }
                log.write(3);
                thread::park_timeout(Duration::from_millis(2));
            }
            assert!(traced.has_ended(), "it made fewer than {call} such calls");
        }
        killed += 1;
        if call % 4 == 0 {
            let sidecar = Sidecar::start(small.path());
            let lines = log.written().lines as f64;
            let metrics = sidecar.wait("every line", |metrics| metrics.sum("driftgauge_source_lines_total") >= lines);
            eye.see(&metrics).unwrap();
            check(&eye, &log);
        }
    }
    log.finish();
    let sidecar = Sidecar::start(small.path());
    settle(&sidecar, &mut eye, &log, small.path());
    assert_eq!(36, killed);
}

/// A sidecar that has read some of a log, as it was before it was killed, and has made two commits at least.
fn killed(seed: u64) -> (Small, Rotating, Eye) {
    let small = small();
    let (mut log, mut eye) = (Rotating::new(small.path(), seed), Eye::default());
    let sidecar = Sidecar::start(small.path());
    for _ in 0..5 {
        (0..20).for_each(|_| log.write(20));
        let lines = log.written().lines as f64;
        let metrics = sidecar.wait("every line", |metrics| metrics.sum("driftgauge_source_lines_total") >= lines);
        eye.see(&metrics).unwrap();
    }
    drop(sidecar);
    (small, log, eye)
}

#[test]
fn a_damaged_commit_is_made_good_by_reading_again() {
    let (small, mut log, mut eye) = killed(21);
    damage(&slots(small.path())[0]);
    log.write(50);
    log.finish();
    let sidecar = Sidecar::start(small.path());
    let metrics = sidecar.wait("metrics", |metrics| metrics.iter().count() > 0);
    assert_eq!("previous", outcome(&metrics));
    eye.see(&metrics).unwrap();
    settle(&sidecar, &mut eye, &log, small.path());
}

#[test]
fn counters_begin_anew_when_what_is_missing_cannot_be_read_again() {
    let (small, log, mut eye) = killed(22);
    damage(&slots(small.path())[0]);
    let before = log.written().lines as f64;
    log.files().iter().for_each(|path| fs::remove_file(path).unwrap());
    let sidecar = Sidecar::start(small.path());
    let metrics = sidecar.wait("metrics", |metrics| metrics.iter().count() > 0);
    assert_eq!("previous", outcome(&metrics));
    eye.see(&metrics).unwrap();
    assert_eq!((0.0, 2), (metrics.sum("driftgauge_source_lines_total"), eye.epochs()));
    // Windows are those of the commit before.
    assert!(metrics.sum("driftgauge_window_observations") > 0.0);
    assert!(eye.increase("driftgauge_source_lines_total") <= before);
}

#[test]
fn a_lost_state_begins_anew() {
    let (small, mut log, mut eye) = killed(23);
    slots(small.path()).iter().for_each(|path| damage(path));
    log.finish();
    let sidecar = Sidecar::start(small.path());
    let lines = log.written().lines as f64;
    let metrics = sidecar.wait("every line", |metrics| metrics.sum("driftgauge_source_lines_total") >= lines);
    eye.see(&metrics).unwrap();
    assert_eq!(("lost".to_owned(), 2), (outcome(&metrics), eye.epochs()));
    assert_eq!(lines, metrics.sum("driftgauge_source_lines_total"));
}

#[test]
fn a_state_of_another_instance_goes_on_from_its_positions_with_counters_at_zero() {
    let (small, mut log, mut eye) = killed(24);
    let before = log.written().lines;
    small.write("driftgauge.toml", &CONFIG.replace("[state]", "[state]\ninstance = \"another\""));
    (0..9).for_each(|_| log.write(20));
    log.finish();
    let more = (log.written().lines - before) as f64;
    let sidecar = Sidecar::start(small.path());
    let metrics = sidecar.wait("new lines", |metrics| metrics.sum("driftgauge_source_lines_total") >= more);
    eye.see(&metrics).unwrap();
    assert_eq!(("latest".to_owned(), 2), (outcome(&metrics), eye.epochs()));
    assert_eq!(more, metrics.sum("driftgauge_source_lines_total"));
}

#[test]
fn two_processes_do_not_share_a_state() {
    let small = small();
    small.write("log.jsonl", "");
    let _first = Sidecar::start(small.path());
    let second = driftgauge(small.path()).args(["run", "--config", "driftgauge.toml"]).output().unwrap();
    assert!(!second.status.success());
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(told.contains("is used by another process"), "{told}");
}

#[test]
fn a_request_to_end_commits_what_was_written_until_then() {
    let small = small();
    let config = CONFIG.replace("commit_interval = \"20ms\"", "commit_interval = \"1h\"");
    small.write("driftgauge.toml", &config);
    let mut log = Rotating::new(small.path(), 25);
    let sidecar = Sidecar::start(small.path());
    (0..50).for_each(|_| log.write(40));
    log.finish();
    assert!(sidecar.terminate().success());
    let sidecar = Sidecar::start(small.path());
    let metrics = sidecar.wait("metrics", |metrics| metrics.iter().count() > 0);
    assert_eq!(log.written().lines as f64, metrics.sum("driftgauge_source_lines_total"));
}
