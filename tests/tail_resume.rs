//! What `tail` promises to a process that keeps its checkpoints.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are tests too

mod support {
    pub mod tail_bench;
}

use std::fs;
use std::time::Duration;

use driftgauge::tail::{Checkpoint, LostReason, StartAt};
use support::tail_bench::Bench;

#[test]
fn a_checkpoint_is_asked_for_by_key_and_its_key_stays_after_a_restart() {
    let mut bench = Bench::new();
    bench.append("app.log", "one\ntwo\npart");
    bench.append("app.log.1", "three\n");
    bench.look();
    let checkpoints = bench.tail.checkpoints();
    for (key, checkpoint) in &checkpoints {
        assert_eq!(Some(checkpoint), bench.tail.checkpoint(*key).as_ref());
    }
    assert_eq!((8, 6), (checkpoints[0].1.offset, checkpoints[1].1.offset));
    let keys = bench.resume(checkpoints.into_iter().map(|(_, c)| c).collect(), |_| {});
    bench.append("app.log", "ial\n");
    assert_eq!(["partial"], *bench.look());
    assert_eq!(vec![16, 6], keys.iter().map(|k| bench.tail.checkpoint(*k).unwrap().offset).collect::<Vec<_>>());
    assert!(bench.seen.ends.keys().all(|key| keys.contains(key)));
}

#[test]
fn the_first_line_is_told_where_reading_begins_behind_it() {
    let mut bench = Bench::new();
    let header = "\u{feff}time,score\r\n";
    bench.append("app.log", format!("{header}1,2\n"));
    assert_eq!(["time,score", "1,2"], *bench.look());
    assert!(bench.seen.first_lines.is_empty());
    let checkpoints = bench.checkpoints();
    bench.append("app.log", "3,4\n");
    bench.resume(checkpoints, |_| {});
    assert_eq!(
        (vec!["3,4".to_owned()], ["time,score".to_owned()].as_slice()),
        (bench.look(), &*bench.seen.first_lines)
    );
    bench.restart(|c| c.start_at = StartAt::End);
    bench.look();
    bench.append("app.log", "5,6\n");
    assert_eq!(
        (vec!["5,6".to_owned()], ["time,score".to_owned()].as_slice()),
        (bench.look(), &*bench.seen.first_lines)
    );
    let long = bench.checkpoints();
    bench.resume(long, |c| c.max_line_bytes = 5);
    bench.look();
    assert!(bench.seen.first_lines.is_empty(), "a first line that is too long is told");
}

#[test]
fn a_finished_file_that_comes_back_after_a_restart_is_not_read_twice() {
    let mut bench = Bench::new();
    bench.append("app.log", "one\n");
    bench.look();
    bench.rename("app.log", "elsewhere");
    while bench.tail.files() > 0 {
        bench.look();
    }
    let checkpoints = bench.checkpoints();
    assert_eq!(vec![true], checkpoints.iter().map(|c| c.finished).collect::<Vec<_>>());
    let keys = bench.resume(checkpoints, |_| {});
    assert_eq!((Vec::<String>::new(), 0), (bench.look(), bench.tail.unclaimed()));
    bench.append("elsewhere", "two\n");
    bench.rename("elsewhere", "app.log.1");
    assert_eq!(["two"], *bench.look());
    assert_eq!(8, bench.tail.checkpoint(keys[0]).unwrap().offset);
}

#[test]
fn what_was_not_found_again_is_known_and_what_was_unread_is_lost() {
    let mut bench = Bench::new();
    for name in ["app.log.kept", "app.log.removed", "app.log.rewritten"] {
        bench.append(name, format!("{name}\n"));
    }
    bench.look();
    let checkpoints: Vec<Checkpoint> = bench.checkpoints();
    assert_eq!(0, bench.tail.unclaimed());
    fs::remove_file(bench.path("app.log.removed")).unwrap();
    fs::write(bench.path("app.log.rewritten"), "all is new and longer than before\n").unwrap();
    let unread = |c: &Checkpoint| Checkpoint { size: c.offset + 7, ..c.clone() };
    let keys = bench.resume(checkpoints.iter().map(unread).collect(), |_| {});
    assert_eq!(["all is new and longer than before"], *bench.look());
    assert_eq!(2, bench.tail.unclaimed());
    bench.seen.lost.sort();
    assert_eq!([(LostReason::Truncated, 0, 7), (LostReason::Vanished, 0, 7)], *bench.seen.lost);
    let forgotten = bench.tail.take_forgotten();
    assert!(keys.iter().all(|key| forgotten.contains(key) != bench.tail.checkpoint(*key).is_some()));
    assert_eq!(2, forgotten.len());
}

#[test]
fn caught_up_means_read_to_the_length_of_the_first_discovery() {
    let mut bench = Bench::new();
    bench.append("app.log", "0123456789\n".repeat(1000));
    assert!(!bench.tail.caught_up());
    bench.tail.discover(Duration::ZERO);
    bench.append("app.log", "more\n".repeat(100_000));
    while !bench.tail.caught_up() {
        assert!(bench.tail.poll(1000, &mut bench.seen).more);
    }
    assert_eq!(1000, bench.seen.lines.len());
}

#[test]
fn checkpoints_of_another_seed_do_not_hold() {
    let mut bench = Bench::with(|c| c.seed = 1);
    bench.append("app.log", "one\n");
    bench.look();
    let checkpoints = bench.checkpoints();
    bench.resume(checkpoints.clone(), |c| c.seed = 1);
    assert!(bench.look().is_empty());
    bench.resume(checkpoints, |c| c.seed = 2);
    assert_eq!(["one"], *bench.look());
}

#[test]
fn a_new_file_with_the_number_of_a_deleted_one_is_another_file() {
    for max_open_files in [1, 64] {
        let mut bench = Bench::with(|c| c.max_open_files = max_open_files);
        bench.append("app.log.0", "keeps the descriptor\n");
        bench.look();
        for turn in 0..20 {
            // Of equal length and beginning, and made at once, so only the generation of the inode tells.
            bench.append("app.log", "same line\n");
            assert_eq!(["same line"], *bench.look(), "turn {turn}");
            let checkpoints = bench.checkpoints();
            fs::remove_file(bench.path("app.log")).unwrap();
            bench.append("app.log", "same line\n");
            if turn % 2 == 0 {
                bench.resume(checkpoints, |c| c.max_open_files = max_open_files);
            }
            assert_eq!(["same line"], *bench.look(), "turn {turn}");
            fs::remove_file(bench.path("app.log")).unwrap();
            bench.look();
            bench.look();
        }
    }
}
