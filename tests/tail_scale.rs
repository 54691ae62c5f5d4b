//! Ten thousand files: what is given, how many are open, and what a look costs.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are tests too
#![allow(clippy::disallowed_methods, reason = "a test waits and measures")]

mod support {
    pub mod tail_bench;
}

use std::time::{Duration, Instant};

use support::tail_bench::Bench;

const FILES: usize = 10_000;
const OPEN: usize = 256;
/// A look may cost so many times what it costs to ask for the length of every file.
const MOST: u32 = 40;

fn name(file: usize) -> String {
    format!("app.log.{file:05}")
}

/// Lines that begin alike, as those of a real log do.
fn line(file: usize) -> String {
    format!("{{\"timestamp\": \"2026-11-03T09:15:02Z\", \"model\": \"credit-risk\", \"file\": {file}}}\n")
}

fn shortest(mut work: impl FnMut()) -> Duration {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..5).map(|_| time(&mut work)).min().unwrap()
}

#[test]
fn ten_thousand_files_are_followed_at_the_cost_of_looking_at_each() {
    let mut bench = Bench::with(|c| c.max_open_files = OPEN);
    for file in 0..FILES {
        bench.append(&name(file), line(file));
    }
    assert_eq!(FILES, bench.look().len());
    let asked = shortest(|| (0..FILES).for_each(|file| assert!(bench.path(&name(file)).is_file())));
    let idle = shortest(|| assert!(bench.look().is_empty()));
    assert!(idle < asked * MOST, "a look at idle files costs {idle:?}, asking for each {asked:?}");

    for file in (0..FILES).step_by(100) {
        bench.append(&name(file), "more\n");
    }
    assert_eq!(FILES / 100, bench.poll().len());

    // A thousand come, a thousand are renamed out of sight with a line that was not read.
    for file in 0..1000 {
        bench.append(&name(FILES + file), line(FILES + file));
        bench.append(&name(file), "last\n");
        bench.rename(&name(file), &format!("gone.{file}"));
    }
    let start = Instant::now();
    assert_eq!(2000, bench.look().len());
    let changed = start.elapsed();
    assert!(changed < asked * MOST * 10, "a look at 2000 changes costs {changed:?}, asking for each {asked:?}");
    bench.look_for(3);
    assert!(bench.tail.open_files() <= OPEN, "{} are open", bench.tail.open_files());
    assert_eq!(FILES, bench.tail.files());
    assert!(bench.seen.lost.is_empty());

    // All of it again after a restart.
    let checkpoints = bench.checkpoints();
    bench.resume(checkpoints, |c| c.max_open_files = OPEN);
    let start = Instant::now();
    assert!(bench.look().is_empty());
    let resumed = start.elapsed();
    assert!(resumed < asked * MOST * 10, "resuming costs {resumed:?}, asking for each {asked:?}");
    assert_eq!(0, bench.tail.unclaimed());
}
