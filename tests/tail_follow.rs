//! What `tail` promises, one claim each, on real files.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are tests too

mod support {
    pub mod tail_bench;
}

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;

use driftgauge::tail::{Checkpoint, Config, LostReason, StartAt, Tail};
use support::tail_bench::{AMPLE, Bench, Seen};

#[test]
fn a_partial_line_waits_for_its_end() {
    let mut bench = Bench::new();
    bench.append("app.log", "one\ntw");
    assert_eq!(["one"], *bench.look());
    assert!(bench.poll().is_empty());
    bench.append("app.log", "o\r\n");
    assert_eq!(["two"], *bench.poll());
}

#[test]
fn a_long_line_is_lost_once_and_the_next_is_read() {
    let mut bench = Bench::with(|c| c.max_line_bytes = 1000);
    for _ in 0..100 {
        bench.append("app.log", [b'x'; 100]);
        assert!(bench.look().is_empty());
    }
    bench.append("app.log", "\nnext\n");
    assert_eq!(["next"], *bench.look());
    assert_eq!(vec![(LostReason::LineTooLong, 1, 10_001)], bench.seen.lost);
}

#[test]
fn a_file_that_appears_late_is_read_from_its_start() {
    let mut bench = Bench::with(|c| c.start_at = StartAt::End);
    bench.append("app.log", "old\nunfin");
    assert!(bench.look().is_empty());
    bench.append("app.log", "ished\n");
    bench.append("app.log.late", "late\n");
    assert_eq!(["unfinished", "late"], *bench.look());
}

#[test]
fn a_renamed_file_is_read_to_its_end_and_then_closed() {
    let mut bench = Bench::new();
    let mut writer = bench.append("app.log", "one\n");
    bench.look();
    bench.rename("app.log", "rotated");
    writer.write_all(b"two\n").unwrap();
    bench.append("app.log", "three\n");
    assert_eq!(["two", "three"], *bench.look());
    writer.write_all(b"late\nunterminated").unwrap();
    assert_eq!(["late"], *bench.poll());
    assert_eq!(["unterminated"], *bench.look());
    assert_eq!((2, 1), (bench.seen.opened, bench.seen.closed));
    assert!(bench.seen.lost.is_empty());
}

#[test]
fn a_rotated_file_that_still_matches_is_not_read_twice() {
    let mut bench = Bench::new();
    let mut expected = Vec::new();
    let mut got = Vec::new();
    for turn in 0..5 {
        bench.append("app.log", format!("a{turn}\n"));
        got.extend(bench.look());
        bench.append("app.log", format!("b{turn}\n"));
        for old in (0..turn).rev() {
            bench.rename(&format!("app.log.{old}"), &format!("app.log.{}", old + 1));
        }
        bench.rename("app.log", "app.log.0");
        expected.extend([format!("a{turn}"), format!("b{turn}")]);
    }
    got.extend(bench.look());
    assert_eq!(expected, got);
}

#[test]
fn a_file_renamed_out_of_sight_and_back_is_not_read_twice() {
    let mut bench = Bench::new();
    bench.append("app.log", "one\n");
    assert_eq!(["one"], *bench.look());
    bench.rename("app.log", "elsewhere");
    for _ in 0..4 {
        bench.look();
    }
    assert_eq!(1, bench.seen.closed);
    bench.append("elsewhere", "two\n");
    bench.rename("elsewhere", "app.log.1");
    assert_eq!(["two"], *bench.look());
}

#[test]
fn a_truncated_file_is_read_from_its_start() {
    let mut bench = Bench::new();
    let mut writer = bench.append("app.log", "first line\nsecond line\n");
    bench.look();
    writer.write_all(b"unread\n").unwrap();
    writer.set_len(0).unwrap();
    writer.write_all(b"other\n").unwrap();
    assert_eq!(["other"], *bench.poll());
    assert_eq!(vec![(LostReason::Truncated, 0, 0)], bench.seen.lost);
    writer.set_len(0).unwrap();
    writer.write_all(b"regrown past the old offset\nand more\n").unwrap();
    assert_eq!(["regrown past the old offset", "and more"], *bench.poll());
    assert_eq!((3, 2), (bench.seen.opened, bench.seen.closed));
}

#[test]
fn a_cut_file_gives_no_line_twice() {
    let mut bench = Bench::new();
    let writer = bench.append("app.log", "one\ntwo\nthree\n");
    bench.look();
    writer.set_len(10).unwrap();
    assert!(bench.poll().is_empty());
    bench.append("app.log", "ird\nfour\n");
    assert_eq!(["third", "four"], *bench.poll());
    bench.append("app.log", "partial");
    bench.poll();
    writer.set_len(21).unwrap();
    assert!(bench.poll().is_empty());
    bench.append("app.log", "ck\n");
    assert_eq!(["pack"], *bench.poll());
}

#[test]
fn a_hole_left_by_truncation_is_passed_over() {
    let mut bench = Bench::new();
    let mut writer = File::create(bench.path("app.log")).unwrap();
    writer.write_all(b"one\n").unwrap();
    bench.look();
    writer.set_len(0).unwrap();
    std::io::Seek::seek(&mut writer, std::io::SeekFrom::Start(1 << 40)).unwrap();
    writer.write_all(b"after the hole\n").unwrap();
    assert_eq!(["after the hole"], *bench.poll());
    let nul = bench.seen.lost.iter().filter(|l| l.0 == LostReason::NulBytes).map(|l| l.2).sum::<u64>();
    assert_eq!(1 << 40, nul);
    bench.append("app.log", "more\n");
    assert_eq!(["more"], *bench.poll());
}

#[test]
fn a_deleted_file_is_read_to_its_end() {
    let mut bench = Bench::new();
    let mut writer = bench.append("app.log", "one\n");
    bench.look();
    writer.write_all(b"two\nthr").unwrap();
    fs::remove_file(bench.path("app.log")).unwrap();
    assert_eq!(["two"], *bench.look());
    assert_eq!(vec!["thr".to_owned()], [bench.look(), bench.look()].concat());
    assert_eq!((0, 0, 1), (bench.tail.files(), bench.tail.open_files(), bench.seen.closed));
}

#[test]
fn three_thousand_files_share_sixty_four_descriptors() {
    let mut bench = Bench::with(|c| c.max_open_files = 64);
    for file in 0..3000 {
        bench.append(&format!("app.log.{file:04}"), format!("first {file}\npart"));
    }
    assert_eq!(3000, bench.look().len());
    assert!(bench.tail.open_files() <= 64);
    for file in (0..3000).step_by(7) {
        bench.append(&format!("app.log.{file:04}"), "ial\n");
    }
    let lines = bench.poll();
    assert_eq!(429, lines.len());
    assert!(lines.iter().all(|l| l == "partial"));
    assert!(bench.tail.open_files() <= 64);
    bench.append("app.log.0000", "unread\n");
    bench.rename("app.log.0000", "elsewhere");
    assert_eq!(["unread"], *bench.look());
    bench.append("app.log.0001", "end\n");
    fs::remove_file(bench.path("app.log.0002")).unwrap();
    assert_eq!(["partend", "part"], *bench.look());
}

#[test]
fn what_is_no_readable_regular_file_stops_nothing() {
    let mut bench = Bench::new();
    let fifo = bench.path("app.log.fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    fs::create_dir(bench.path("app.log.dir")).unwrap();
    symlink("/dev/zero", bench.path("app.log.zero")).unwrap();
    symlink("absent", bench.path("app.log.dangling")).unwrap();
    symlink("app.log.loop", bench.path("app.log.loop")).unwrap();
    bench.append("real", "linked\n");
    symlink("real", bench.path("app.log.link")).unwrap();
    fs::hard_link(bench.path("real"), bench.path("app.log.hard")).unwrap();
    bench.append("app.log.1.gz", "packed\n");
    assert_eq!(["linked"], *bench.look());
    let named = |name: &str| bench.tail.problems().iter().any(|p| p.path == bench.path(name));
    assert!(named("app.log.dangling") && named("app.log.loop"));
    assert_eq!((2, 2), (bench.tail.problems().len(), bench.tail.problem_count()));
}

#[test]
fn identical_heads_are_different_files() {
    let mut bench = Bench::new();
    for file in 0..50 {
        bench.append(&format!("app.log.{file}"), "same\n".repeat(1000));
    }
    assert_eq!(50_000, bench.look_for(5).len());
}

#[test]
fn files_take_turns_and_a_small_budget_ends_the_poll() {
    let mut bench = Bench::new();
    let names = ["app.log.a", "app.log.b"];
    // Neither is finished when the other one is made.
    names.iter().for_each(|name| drop(bench.append(name, "")));
    bench.tick(names[1]);
    names.iter().for_each(|name| drop(bench.append(name, format!("{name}\n").repeat(60_000))));
    let first = bench.tail.poll(600_000, &mut bench.seen);
    assert_eq!((600_000, true), (first.bytes, first.more));
    assert!(bench.seen.lines.iter().any(|l| l == "app.log.b"));
    let second = bench.tail.poll(AMPLE, &mut bench.seen);
    assert_eq!((600_000, false), (second.bytes, second.more));
    assert_eq!(120_000, bench.seen.lines.len());
}

#[test]
fn resume_goes_on_at_the_offset_wherever_the_file_is_now() {
    for (name, expected) in [("app.log", ["two", "three"]), ("app.log.1", ["two", "three"]), ("gone", ["two", "three"])]
    {
        let mut bench = Bench::new();
        bench.append("app.log", "one\ntw");
        assert_eq!(["one"], *bench.look());
        let kept = serde_json::to_string(&bench.checkpoints()).unwrap();
        let checkpoints: Vec<Checkpoint> = serde_json::from_str(&kept).unwrap();
        assert_eq!(4, checkpoints[0].offset);
        bench.append("app.log", "o\n");
        if name != "app.log" {
            bench.rename("app.log", name);
        }
        bench.append(name, "three\n");
        bench.restart(|_| {});
        bench.tail.resume(checkpoints);
        assert_eq!(expected, *bench.look(), "{name}");
    }
}

#[test]
fn resume_starts_over_when_the_content_is_another() {
    let mut bench = Bench::new();
    bench.append("app.log", "one\ntwo\n");
    bench.look();
    let checkpoints = bench.checkpoints();
    fs::write(bench.path("app.log"), "ten\ntwo\nmore\n").unwrap();
    bench.restart(|c| c.start_at = StartAt::End);
    bench.tail.resume(checkpoints);
    assert_eq!(["ten", "two", "more"], *bench.look());
    assert_eq!(vec![(LostReason::Truncated, 0, 0)], bench.seen.lost);
}

#[test]
fn a_checkpoint_is_kept_while_its_directory_is_away() {
    let mut bench = Bench::new();
    fs::create_dir(bench.path("logs")).unwrap();
    let paths = vec![bench.path("logs/*").display().to_string()];
    bench.restart(|c| c.paths = paths.clone());
    bench.append("logs/a", "one\n");
    assert_eq!(["one"], *bench.look());
    let checkpoints = bench.checkpoints();
    bench.rename("logs", "away");
    bench.restart(|c| c.paths = paths);
    bench.tail.resume(checkpoints.clone());
    assert!(bench.look().is_empty());
    assert_eq!(checkpoints, bench.checkpoints());
    bench.rename("away", "logs");
    bench.append("logs/a", "two\n");
    assert_eq!(["two"], *bench.look());
}

#[test]
fn a_pipe_is_read_without_waiting_and_ends() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let config = Config { paths: vec!["-".to_owned()], ..Config::default() };
    let mut tail = Tail::with_stream(config, Some(reader.into())).unwrap();
    let mut seen = Seen::default();
    assert_eq!(0, tail.poll(AMPLE, &mut seen).bytes);
    writer.write_all(b"one\ntw").unwrap();
    let progress = tail.poll(AMPLE, &mut seen);
    assert_eq!((6, false, false), (progress.bytes, progress.more, progress.finished));
    assert_eq!(["one"], *seen.lines);
    drop(writer);
    assert!(tail.poll(AMPLE, &mut seen).finished);
    assert_eq!(["one", "tw"], *seen.lines);
    assert_eq!((1, 1), (seen.opened, seen.closed));
}

#[test]
fn a_pattern_that_does_not_parse_is_refused() {
    let config = |path: &str| Config { paths: vec![path.to_owned()], ..Config::default() };
    assert_eq!("`a[` is not a pattern", Tail::new(config("a[")).err().unwrap().to_string());
    assert_eq!("no paths are given", Tail::new(Config::default()).err().unwrap().to_string());
}
