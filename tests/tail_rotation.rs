//! What `tail` promises of files that are rotated, copied, cut, linked and hidden.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are tests too

mod support {
    pub mod tail_bench;
}

use std::fs::{self, File, Permissions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;
use std::time::Duration;

use driftgauge::tail::{LostReason, StartAt};
use support::tail_bench::{AMPLE, Bench};

const GRACE: Duration = Duration::from_secs(30);

/// Only `app.log` matches, and a rotated file is waited for.
fn one_name() -> Bench {
    let mut bench = Bench::new();
    let paths = vec![bench.path("app.log").display().to_string()];
    bench.restart(|c| (c.paths, c.grace) = (paths, GRACE));
    bench
}

#[test]
fn a_writer_that_goes_on_in_a_renamed_file_is_followed_until_it_is_quiet() {
    let mut bench = one_name();
    let mut old = bench.append("app.log", "one\n");
    bench.look();
    bench.rename("app.log", "rotated");
    bench.append("app.log", "new\n");
    let mut lines = bench.look();
    for turn in 0..10 {
        bench.now += GRACE - Duration::from_secs(1);
        writeln!(old, "late {turn}").unwrap();
        lines.extend(bench.look());
        lines.extend(bench.look());
    }
    assert_eq!(11, lines.len());
    assert_eq!(0, bench.seen.closed);
    bench.now += GRACE;
    bench.look();
    assert_eq!((1, 1), (bench.seen.closed, bench.tail.open_files()));
    // Found again where it was left, although nothing of it is open.
    old.write_all(b"very late\n").unwrap();
    assert_eq!(["very late"], *bench.look());
    assert!(bench.seen.lost.is_empty());
}

#[test]
fn every_file_of_a_chain_of_renames_is_read_once_however_fast_it_turns() {
    for between in [0, 1, 3] {
        let mut bench = Bench::new();
        let mut seen = Vec::new();
        for turn in 0..30 {
            bench.append("app.log", format!("a{turn}\nb{turn}\n"));
            if between > 0 && turn % between == 0 {
                seen.extend(bench.look());
            }
            for old in (0..29).rev().filter(|old| bench.path(&format!("app.log.{old}")).exists()) {
                bench.rename(&format!("app.log.{old}"), &format!("app.log.{}", old + 1));
            }
            bench.rename("app.log", "app.log.0");
        }
        seen.extend(bench.look());
        seen.sort();
        seen.dedup();
        assert_eq!(60, seen.len(), "a look every {between} turns");
    }
}

#[test]
fn files_that_were_rotated_while_nobody_read_are_read_in_the_order_they_were_written() {
    const FILES: usize = 5;
    const LINES: usize = 40_000;
    let mut bench = Bench::new();
    let lines = |file: usize| (file * LINES..(file + 1) * LINES).map(|line| format!("{line:09}\n")).collect::<String>();
    for file in 0..FILES {
        bench.append("app.log", lines(file));
        if file + 1 < FILES {
            // The oldest one has the highest number.
            (0..file).rev().for_each(|old| bench.rename(&format!("app.log.{old}"), &format!("app.log.{}", old + 1)));
            bench.rename("app.log", "app.log.0");
            bench.tick("app.log.0");
        }
    }
    // Also after a restart in the middle of the first one.
    let budget = 100_000;
    bench.tail.discover(bench.now);
    bench.tail.poll(budget, &mut bench.seen);
    let checkpoints = bench.checkpoints();
    let mut seen = std::mem::take(&mut bench.seen.lines);
    assert!((5_000..LINES).contains(&seen.len()), "{}", seen.len());
    bench.resume(checkpoints, |_| {});
    bench.tail.discover(bench.now);
    while seen.len() < FILES * LINES {
        assert!(bench.tail.poll(budget, &mut bench.seen).bytes > 0);
        seen.append(&mut bench.seen.lines);
    }
    assert!(seen.is_sorted(), "{:?}", seen.windows(2).find(|pair| pair[0] > pair[1]));
    seen.dedup();
    assert_eq!(FILES * LINES, seen.len());
}

#[test]
fn files_written_at_the_same_time_are_read_side_by_side() {
    let mut bench = Bench::new();
    for part in 0..4 {
        for shard in ["a", "b"] {
            if part == 1 && shard == "a" {
                bench.tick("app.log.b");
            }
            bench.append(&format!("app.log.{shard}"), format!("{shard}{part}\n").repeat(100_000));
        }
    }
    bench.tail.discover(bench.now);
    bench.tail.poll(800_000, &mut bench.seen);
    let of = |shard: char| bench.seen.lines.iter().filter(|line| line.starts_with(shard)).count();
    assert!(of('a') > 50_000 && of('b') > 50_000, "{} and {}", of('a'), of('b'));
}

#[test]
fn a_copy_in_sight_is_not_read_twice_and_gives_what_was_not_read_before_the_cut() {
    for looks_between in 0..4 {
        let mut bench = Bench::new();
        let mut writer = bench.append("app.log", "one\ntwo\n");
        let mut lines = bench.look();
        writer.write_all(b"three\nfour\nfi").unwrap();
        let mut look_at = |step, bench: &mut Bench| {
            if looks_between == step {
                lines.extend(bench.look());
            }
        };
        fs::copy(bench.path("app.log"), bench.path("app.log.1")).unwrap();
        look_at(1, &mut bench);
        writer.set_len(0).unwrap();
        look_at(2, &mut bench);
        writer.write_all(b"six\n").unwrap();
        look_at(3, &mut bench);
        lines.extend(bench.look_for(10));
        lines.sort();
        assert_eq!(["four", "one", "six", "three", "two"], *lines, "a look after step {looks_between}");
        assert_eq!(0, bench.bytes_lost(LostReason::Truncated), "a look after step {looks_between}");
    }
}

#[test]
fn a_copy_out_of_sight_gives_what_was_not_read_before_the_cut() {
    let mut bench = one_name();
    let mut writer = bench.append("app.log", "one\n");
    bench.look();
    writer.write_all(b"two\n").unwrap();
    fs::copy(bench.path("app.log"), bench.path("app.log.1")).unwrap();
    writer.write_all(b"between copy and cut\n").unwrap();
    writer.set_len(0).unwrap();
    writer.write_all(b"three\n").unwrap();
    let mut lines = bench.look_for(3);
    lines.sort();
    assert_eq!(["three", "two"], *lines);
}

#[test]
fn what_was_known_of_a_file_that_was_cut_and_never_read_is_counted() {
    let mut bench = one_name();
    let mut writer = bench.append("app.log", "one\n");
    bench.look();
    writer.write_all(&[b'x'; 1000]).unwrap();
    bench.tail.poll(10, &mut bench.seen);
    writer.set_len(0).unwrap();
    writer.write_all(b"two\n").unwrap();
    assert_eq!(["two"], *bench.look());
    assert_eq!(1000, bench.bytes_lost(LostReason::Truncated));
}

#[test]
fn a_copy_being_written_is_waited_for_at_any_length() {
    let text = "0123456789abcde\n".repeat(200);
    for cut in [0, 1, 15, 16, 500, 1023, 1024, 1025, 3000, text.len()] {
        let mut bench = Bench::new();
        let writer = bench.append("app.log", &text);
        assert_eq!(200, bench.look().len());
        bench.append("app.log.1", &text[..cut]);
        assert!(bench.look().is_empty(), "copied up to {cut}");
        bench.append("app.log.1", &text[cut..]);
        assert!(bench.look().is_empty(), "copied up to {cut}");
        writer.set_len(0).unwrap();
        bench.append("app.log", "new\n");
        assert_eq!(["new"], *bench.look_for(6), "copied up to {cut}");
    }
}

#[test]
fn files_that_begin_alike_are_read_once_it_is_clear_that_none_is_a_copy() {
    let mut bench = Bench::new();
    let same = "header\n".repeat(300);
    let mut lines = Vec::new();
    for file in 0..50 {
        bench.append(&format!("app.log.{file}"), &same);
        lines.extend(bench.look());
    }
    lines.extend(bench.look_for(5));
    assert_eq!(50 * 300, lines.len());
    // One that goes on differently, or that is longer than all the others, need not wait.
    bench.append("app.log.other", format!("{same}other\n"));
    assert_eq!(301, bench.look().len());
}

#[test]
fn a_copy_made_while_nobody_looked_is_not_read_twice() {
    let mut bench = Bench::new();
    let mut writer = bench.append("app.log", "one\ntwo\n");
    bench.look();
    let checkpoints = bench.checkpoints();
    writer.write_all(b"three\n").unwrap();
    fs::copy(bench.path("app.log"), bench.path("app.log.1")).unwrap();
    writer.set_len(0).unwrap();
    writer.write_all(b"four and more than there was before\n").unwrap();
    bench.resume(checkpoints, |_| {});
    let mut lines = bench.look_for(5);
    lines.sort();
    assert_eq!(["four and more than there was before", "three"], *lines);
    assert_eq!(0, bench.bytes_lost(LostReason::Truncated));
}

#[test]
fn a_file_cut_by_a_writer_that_keeps_its_offset_gives_no_line_of_nul_bytes() {
    let mut bench = Bench::new();
    let mut writer = File::create(bench.path("app.log")).unwrap();
    writer.write_all(&b"line\n".repeat(100)).unwrap();
    assert_eq!(100, bench.look().len());
    writer.set_len(0).unwrap();
    writer.write_all(b"after\n").unwrap();
    assert_eq!(506, fs::metadata(bench.path("app.log")).unwrap().len());
    assert_eq!(["after"], *bench.look());
    assert_eq!(500, bench.bytes_lost(LostReason::NulBytes));
}

#[test]
fn a_file_replaced_by_rename_is_another_whatever_its_length() {
    for (old, new) in [("one\ntwo\n", "3\n"), ("one\n", "three\nfour\n"), ("one\n", "six\n")] {
        for restarts in [false, true] {
            let mut bench = Bench::new();
            bench.append("app.log", old);
            bench.look();
            let checkpoints = bench.checkpoints();
            bench.append("new", new);
            bench.rename("new", "app.log");
            if restarts {
                bench.resume(checkpoints, |_| {});
            }
            let lines = bench.look_for(5);
            assert_eq!(new.lines().collect::<Vec<_>>(), lines, "{new} after {old}, restarted: {restarts}");
            assert!(bench.seen.lost.is_empty());
        }
    }
}

#[test]
fn both_targets_of_a_swapped_link_are_read_whole() {
    for max_open_files in [1, 64] {
        let mut bench = Bench::new();
        fs::create_dir(bench.path("data")).unwrap();
        let paths = vec![bench.path("app.log").display().to_string()];
        bench.restart(|c| (c.paths, c.max_open_files) = (paths, max_open_files));
        let mut old = bench.append("data/a", "one\n");
        symlink("data/a", bench.path("app.log")).unwrap();
        assert_eq!(["one"], *bench.look());
        old.write_all(b"two\n").unwrap();
        bench.append("data/b", "three\n");
        symlink("data/b", bench.path("next")).unwrap();
        bench.rename("next", "app.log");
        let mut lines = bench.look();
        lines.sort();
        assert_eq!(["three", "two"], *lines);
    }
}

#[test]
fn links_lead_out_of_the_directory_of_a_pattern_only_where_that_is_allowed() {
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("logs")).unwrap();
    fs::write(outside.path().join("secret"), "secret\n").unwrap();
    fs::write(outside.path().join("logs/app.log"), "linked directory\n").unwrap();
    for (follow_links, expected) in [(false, &["inside"][..]), (true, &["inside", "linked directory", "secret"])] {
        let mut bench = Bench::new();
        fs::create_dir(bench.path("pods")).unwrap();
        fs::create_dir(bench.path("pods/a")).unwrap();
        bench.append("pods/real", "inside\n");
        symlink(bench.path("pods/real"), bench.path("pods/a/app.log.absolute")).unwrap();
        symlink("../real", bench.path("pods/a/app.log.relative")).unwrap();
        symlink(outside.path().join("secret"), bench.path("pods/a/app.log.out")).unwrap();
        symlink(outside.path().join("logs"), bench.path("pods/b")).unwrap();
        symlink("/proc/self/environ", bench.path("pods/a/app.log.proc")).unwrap();
        // The directory of the pattern may be reached by a link: that is the operator's.
        symlink(bench.path("pods"), bench.path("link")).unwrap();
        let paths = vec![bench.path("link/*/app.log*").display().to_string()];
        bench.restart(|c| (c.paths, c.follow_links) = (paths, follow_links));
        let mut lines = bench.look();
        lines.retain(|line| !line.contains('='));
        lines.sort();
        assert_eq!(expected, lines);
        if !follow_links {
            assert_eq!(3, bench.tail.problems().len(), "{:?}", bench.tail.problems());
            assert!(bench.tail.problems().iter().all(|p| p.message.contains("follow_links")));
        }
    }
}

#[test]
fn a_link_to_a_directory_and_a_dangling_one_are_passed_over_until_they_lead_to_a_file() {
    let mut bench = Bench::new();
    fs::create_dir(bench.path("directory")).unwrap();
    symlink("directory", bench.path("app.log.directory")).unwrap();
    symlink("later", bench.path("app.log.later")).unwrap();
    assert!(bench.look().is_empty());
    assert_eq!(1, bench.tail.problems().len());
    bench.append("later", "now\n");
    assert_eq!(["now"], *bench.look());
    assert!(bench.tail.problems().is_empty());
}

#[test]
fn a_compressed_copy_is_not_read() {
    let mut bench = Bench::new();
    bench.append("app.log", "one\n");
    bench.look();
    bench.rename("app.log", "app.log.1");
    bench.look();
    for name in ["app.log.1.gz", "app.log.1.zst", "app.log.1.xz", "app.log.1.bz2"] {
        fs::copy(bench.path("app.log.1"), bench.path(name)).unwrap();
    }
    fs::remove_file(bench.path("app.log.1")).unwrap();
    assert!(bench.look_for(5).is_empty());
}

#[test]
fn directories_come_and_go() {
    let mut bench = Bench::new();
    let paths = vec![bench.path("logs/*/app.log").display().to_string()];
    bench.restart(|c| c.paths = paths);
    assert!(bench.look().is_empty());
    fs::create_dir_all(bench.path("logs/a")).unwrap();
    let mut writer = bench.append("logs/a/app.log", "one\n");
    assert_eq!(["one"], *bench.look());
    bench.rename("logs", "away");
    writer.write_all(b"two\n").unwrap();
    assert_eq!(["two"], *bench.look());
    fs::create_dir_all(bench.path("logs/a")).unwrap();
    bench.append("logs/a/app.log", "three\n");
    assert_eq!(["three"], *bench.look());
    fs::remove_dir_all(bench.path("away")).unwrap();
    fs::remove_dir_all(bench.path("logs")).unwrap();
    bench.look_for(3);
    assert_eq!(0, bench.tail.files());
    fs::create_dir_all(bench.path("logs/b")).unwrap();
    bench.append("logs/b/app.log", "four\n");
    assert_eq!(["four"], *bench.look());
    assert!(bench.seen.lost.is_empty());
}

/// As a user that permissions apply to.
#[test]
fn a_file_that_may_not_be_read_is_a_problem_until_it_may() {
    if std::env::var_os("DRIFTGAUGE_TEST_UNPRIVILEGED").is_none() {
        let test = "a_file_that_may_not_be_read_is_a_problem_until_it_may";
        let dir = tempfile::tempdir().unwrap();
        let copy = dir.path().join("test");
        fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).unwrap();
        fs::set_permissions(&copy, Permissions::from_mode(0o755)).unwrap();
        let mut command =
            match fs::metadata("/proc/self/fd").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0) {
                true => {
                    let mut command = Command::new("setpriv");
                    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&copy);
                    command
                }
                false => Command::new(&copy),
            };
        let status = command
            .args(["--exact", test])
            .env("DRIFTGAUGE_TEST_UNPRIVILEGED", "1")
            .env("TMPDIR", dir.path())
            .current_dir(dir.path())
            .status();
        assert!(status.unwrap().success());
        return;
    }
    let mut bench = Bench::new();
    bench.append("app.log", "one\n");
    let path = bench.path("app.log");
    fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
    assert!(bench.look().is_empty());
    assert_eq!(std::io::ErrorKind::PermissionDenied, bench.tail.problems()[0].kind);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(["one"], *bench.look());
    assert!(bench.tail.problems().is_empty());
    // What is open is read on.
    fs::set_permissions(&path, Permissions::from_mode(0o200)).unwrap();
    bench.append("app.log", "two\n");
    assert_eq!(["two"], *bench.look());
    fs::set_permissions(bench.dir.path(), Permissions::from_mode(0o300)).unwrap();
    bench.look();
    assert!(!bench.tail.problems().is_empty());
    fs::set_permissions(bench.dir.path(), Permissions::from_mode(0o700)).unwrap();
    bench.append("app.log", "three\n");
    assert_eq!(["three"], *bench.look_for(5));
    assert!(bench.tail.problems().is_empty());
}

#[test]
fn special_files_in_sight_are_not_opened() {
    let mut bench = Bench::new();
    for name in ["app.log.fifo", "app.log.linked"] {
        assert!(Command::new("mkfifo").arg(bench.path(name)).status().unwrap().success());
    }
    let _socket = std::os::unix::net::UnixListener::bind(bench.path("app.log.socket")).unwrap();
    symlink("/dev/null", bench.path("app.log.null")).unwrap();
    symlink("/dev/stdin", bench.path("app.log.stdin")).unwrap();
    bench.append("app.log", "one\n");
    bench.restart(|c| c.follow_links = true);
    assert_eq!(["one"], *bench.look());
    // A reader of the FIFO would let a writer in.
    let writer = fs::OpenOptions::new().write(true).custom_flags_nonblock().open(bench.path("app.log.fifo"));
    assert_eq!(Some(libc::ENXIO), writer.unwrap_err().raw_os_error());
}

/// Opening without waiting.
trait NonBlocking {
    fn custom_flags_nonblock(&mut self) -> &mut Self;
}

impl NonBlocking for fs::OpenOptions {
    fn custom_flags_nonblock(&mut self) -> &mut Self {
        std::os::unix::fs::OpenOptionsExt::custom_flags(self, libc::O_NONBLOCK)
    }
}

#[test]
fn a_hole_inside_a_line_without_end_costs_no_time() {
    let mut bench = Bench::with(|c| c.max_line_bytes = 1000);
    let mut writer = File::create(bench.path("app.log")).unwrap();
    writer.write_all(b"begins and does not end").unwrap();
    writer.seek(SeekFrom::Start(1 << 40)).unwrap();
    writer.write_all(b"\nnext\n").unwrap();
    assert_eq!(["next"], *bench.look());
    assert_eq!(vec![(LostReason::LineTooLong, 1, (1 << 40) + 1)], bench.seen.lost);
}

#[test]
fn a_sparse_file_of_a_tebibyte_costs_no_time() {
    let mut bench = Bench::new();
    let writer = File::create(bench.path("app.log")).unwrap();
    writer.set_len(1 << 40).unwrap();
    let progress = bench.tail.poll(AMPLE, &mut bench.seen);
    assert!(progress.bytes <= 1 << 20 && !progress.more, "{progress:?}");
    assert_eq!(1 << 40, bench.bytes_lost(LostReason::NulBytes));
}

#[test]
fn a_late_start_begins_at_the_end_only_of_what_was_there() {
    let mut bench = Bench::with(|c| c.start_at = StartAt::End);
    bench.append("app.log", "old\n");
    assert!(bench.look().is_empty());
    bench.rename("app.log", "app.log.1");
    bench.append("app.log", "new\n");
    assert_eq!(["new"], *bench.look_for(4));
}
