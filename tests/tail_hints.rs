//! What holds when notifications overflow, cannot be had or never come, and when reading fails.
//!
//! Some tests run themselves again as another process, under a limit or a fault, and judge how that ends.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are tests too
#![allow(clippy::disallowed_methods, reason = "a test waits and measures")]

mod support {
    pub mod tail_bench;
}

use std::process::Command;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use driftgauge::tail::discovery::WatchRoot;
use driftgauge::tail::{Change, Hint};
use support::tail_bench::Bench;

/// Says that a test is the inner process, and what was done to it.
const INNER: &str = "DRIFTGAUGE_TEST_INNER";
const DEADLINE: Duration = Duration::from_secs(60);

fn inner() -> Option<String> {
    std::env::var(INNER).ok()
}

/// This test again, alone, behind a command.
fn again(test: &str, what: &str, before: &[&str]) {
    let exe = std::env::current_exe().unwrap();
    let mut command = Command::new(before[0]);
    command.args(&before[1..]).arg(exe).args(["--exact", test, "--nocapture"]).env(INNER, what);
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success() && text.contains("1 passed"), "{what}: {text}");
}

/// Runs this test in a user namespace of its own, where a limit of inotify is this.
fn limited(test: &str, limit: &str, value: u32) {
    let script = format!("echo {value} > /proc/sys/user/{limit} && exec \"$@\"");
    again(test, limit, &["unshare", "-Ur", "sh", "-c", &script, "sh"]);
}

fn roots(bench: &Bench) -> Vec<WatchRoot> {
    vec![WatchRoot { directory: bench.dir.path().to_owned(), recursive: false }]
}

#[test]
fn without_any_notification_files_are_followed_all_the_same() {
    let Some(limit) = inner() else {
        let test = "without_any_notification_files_are_followed_all_the_same";
        limited(test, "max_inotify_instances", 0);
        limited(test, "max_inotify_watches", 0);
        return;
    };
    let mut bench = Bench::new();
    let hint = Hint::watch(&roots(&bench), Box::new(|_| panic!("nothing can be watched")));
    let directories: Vec<_> = hint.failures().iter().map(|failure| failure.directory.is_some()).collect();
    assert_eq!(vec![limit == "max_inotify_watches"], directories);
    for turn in 0..10 {
        bench.append("app.log", format!("{turn}\n"));
        assert_eq!([turn.to_string()], *bench.look());
        bench.append("app.log", "then\n");
        assert_eq!(["then"], *bench.poll());
        bench.rename("app.log", &format!("app.log.{turn}"));
    }
}

#[test]
fn an_overflow_of_the_queue_asks_for_a_search_and_nothing_is_missed() {
    let limit = std::fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let events: usize = limit.trim().parse::<usize>().unwrap() + 1000;
    let mut bench = Bench::new();
    bench.append("app.log.a", "");
    bench.append("app.log.b", "");
    let (sender, changes) = mpsc::channel();
    let gate = Arc::new(Mutex::new(()));
    let closed = gate.lock().unwrap();
    let wait = gate.clone();
    let changed = move |change| {
        drop(wait.lock());
        sender.send(change).unwrap_or_default();
    };
    let _hint = Hint::watch(&roots(&bench), Box::new(changed));
    // Two files in turn, so that no event is merged with the one before; nobody takes them off the queue.
    let mut files = ["app.log.a", "app.log.b"].map(|name| bench.append(name, ""));
    for event in 0..events {
        std::io::Write::write_all(&mut files[event % 2], format!("{event}\n").as_bytes()).unwrap();
    }
    bench.append("app.log.c", "created when the queue was full\n");
    drop(closed);
    let start = Instant::now();
    while changes.recv_timeout(DEADLINE.saturating_sub(start.elapsed())).unwrap() != Change::Names {}
    assert_eq!(events + 1, bench.look_for(2).len());
}

#[test]
fn reads_that_fail_are_tried_again_and_lose_nothing() {
    if inner().is_none() {
        let test = "reads_that_fail_are_tried_again_and_lose_nothing";
        let faults = [
            "error=EIO:when=3+7",
            "error=ESTALE:when=3+7",
            "error=EINTR:when=3+7",
            "error=EIO:when=10..60",
            "error=ESTALE:when=10..60",
            "delay_exit=20000",
        ];
        for fault in faults {
            let inject = format!("inject=pread64:{fault}");
            again(test, fault, &["strace", "-f", "-o", "/dev/null", "-e", "trace=pread64", "-e", &inject]);
        }
        return;
    }
    let mut bench = Bench::new();
    let mut lines = Vec::new();
    for turn in 0..20 {
        bench.append("app.log", format!("{turn}\nand\n"));
        lines.extend(bench.look());
        if turn % 5 == 4 {
            bench.rename("app.log", &format!("app.log.{turn}"));
        }
    }
    let start = Instant::now();
    while lines.len() < 40 {
        lines.extend(bench.look());
        assert!(start.elapsed() < DEADLINE, "{} of 40 lines", lines.len());
    }
    let expected: Vec<String> = (0..20).flat_map(|turn| [turn.to_string(), "and".to_owned()]).collect();
    lines.sort();
    let mut expected = expected;
    expected.sort();
    assert_eq!(expected, lines);
    let fails = inner().is_some_and(|fault| fault.contains("error"));
    assert_eq!(fails, bench.tail.problem_count() > 0);
    assert!(bench.look_for(5).is_empty());
    assert!(bench.seen.lost.is_empty());
}
