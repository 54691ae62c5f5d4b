//! What `tail` promises of bytes and lines, wrapped by a container runtime or not.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are tests too

mod support {
    pub mod tail_bench;
}

use driftgauge::tail::{Config, Container, LostReason, Tail};
use support::tail_bench::{AMPLE, Bench, Seen};

/// Lines as a container runtime writes them: records of both streams, cut in pieces at random places of a fixed kind,
/// the streams interleaved. Gives the records in the order they end.
fn wrapped(container: Container) -> (Vec<String>, Vec<String>) {
    let records: Vec<Vec<String>> = ["out", "err"]
        .map(|name| (0..40).map(|n| format!("{name} {n} \"é\\ {}", "x".repeat(n * 7 % 60))).collect())
        .to_vec();
    let mut pieces: [Vec<(String, bool)>; 2] = Default::default();
    for (stream, records) in records.iter().enumerate() {
        for record in records {
            let characters: Vec<char> = record.chars().collect();
            let chunks: Vec<String> = characters.chunks(17 + stream * 6).map(|c| c.iter().collect()).collect();
            let last = chunks.len() - 1;
            pieces[stream].extend(chunks.into_iter().enumerate().map(|(index, text)| (text, index == last)));
        }
    }
    let (mut lines, mut expected) = (Vec::new(), Vec::new());
    let mut next = [0, 0];
    let mut whole = [String::new(), String::new()];
    let mut turn = 0;
    while next[0] < pieces[0].len() || next[1] < pieces[1].len() {
        turn += 1;
        let stream = usize::from(turn % 3 == 0);
        let stream = if next[stream] < pieces[stream].len() { stream } else { 1 - stream };
        let (text, last) = &pieces[stream][next[stream]];
        next[stream] += 1;
        whole[stream].push_str(text);
        if *last {
            expected.push(std::mem::take(&mut whole[stream]));
        }
        let name = ["stdout", "stderr"][stream];
        lines.push(match container {
            Container::Cri => {
                format!("2026-11-03T09:15:02.118211034Z {name} {} {text}\n", if *last { "F" } else { "P" })
            }
            Container::Docker => {
                let log = if *last { format!("{text}\n") } else { text.clone() };
                format!(
                    "{}\n",
                    serde_json::json!({"log": log, "stream": name, "time": "2026-11-03T09:15:02.118211034Z"})
                )
            }
            Container::None => unreachable!(),
        });
    }
    (lines, expected)
}

#[test]
fn a_line_cut_at_every_byte_is_given_once_and_whole() {
    let text = "\u{feff}first\r\nsecond é\n\r\n\nlast\r\n";
    let expected = ["first", "second é", "", "", "last"];
    for cut in 0..=text.len() {
        for restart in [false, true] {
            let mut bench = Bench::new();
            bench.append("app.log", &text.as_bytes()[..cut]);
            let mut lines = bench.look();
            if restart {
                let checkpoints = bench.checkpoints();
                bench.resume(checkpoints, |_| {});
            }
            assert!(bench.look_for(2).is_empty(), "cut at {cut}");
            bench.append("app.log", &text.as_bytes()[cut..]);
            lines.extend(bench.look());
            assert_eq!(expected, *lines, "cut at {cut}, restarted: {restart}");
        }
    }
}

#[test]
fn an_unfinished_last_line_is_given_only_when_its_file_is_over() {
    let mut bench = Bench::new();
    bench.append("app.log", "one\n{\"half\":");
    assert_eq!(["one"], *bench.look());
    for _ in 0..10 {
        assert!(bench.look().is_empty());
    }
    bench.rename("app.log", "gone");
    assert_eq!(["{\"half\":"], *bench.look_for(5));
}

#[test]
fn a_line_without_end_takes_bounded_memory_and_the_next_one_is_read() {
    let mut bench = Bench::with(|c| c.max_line_bytes = 1 << 20);
    let block = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        bench.append("app.log", &block);
        assert!(bench.look().is_empty());
    }
    bench.append("app.log", "\nnext\n");
    assert_eq!(["next"], *bench.look());
    assert_eq!(vec![(LostReason::LineTooLong, 1, (100 << 20) + 1)], bench.seen.lost);
}

#[test]
fn bytes_that_are_no_utf8_and_marks_inside_a_file_are_passed_on() {
    let mut bench = Bench::new();
    bench.append("app.log", b"\xff\n\xc0\xaf\n\xed\xa0\x80\n\xef\xbb\xbfnot at the start\n".as_slice());
    assert_eq!(4, bench.look().len());
    assert!(bench.seen.lost.is_empty());
}

#[test]
fn utf_16_is_refused_and_counted_however_it_comes() {
    let little: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("one\ntwo\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let big: Vec<u8> = [0xfe, 0xff].into_iter().chain("one\ntwo\n".encode_utf16().flat_map(u16::to_be_bytes)).collect();
    for text in [little, big] {
        for cut in 0..text.len() {
            let mut bench = Bench::new();
            bench.append("app.log", &text[..cut]);
            assert!(bench.look().is_empty());
            let checkpoints = bench.checkpoints();
            let lost = std::mem::take(&mut bench.seen.lost);
            bench.resume(checkpoints, |_| {});
            bench.append("app.log", &text[cut..]);
            assert!(bench.look().is_empty());
            bench.seen.lost.extend(lost);
            assert!(bench.seen.lost.iter().all(|lost| lost.0 == LostReason::NotUtf8));
            assert_eq!(2, bench.seen.lost.iter().map(|lost| lost.1).sum::<u64>(), "cut at {cut}");
            assert_eq!(text.len() as u64, bench.bytes_lost(LostReason::NotUtf8), "cut at {cut}");
            bench.look();
            assert_eq!("UTF-16 and UTF-32 are not read", bench.tail.problems()[0].message);
        }
    }
}

#[test]
fn pieces_of_both_streams_become_records_wherever_a_restart_comes() {
    for container in [Container::Cri, Container::Docker] {
        let (lines, expected) = wrapped(container);
        for restart in 0..lines.len() {
            let mut bench = Bench::with(|c| c.container = container);
            bench.append("app.log", lines[..restart].concat());
            let mut records = bench.look();
            let checkpoints = bench.checkpoints();
            // The kill comes later: what was read since is given again by the new process.
            bench.append("app.log", lines[restart..].concat());
            bench.look();
            bench.resume(checkpoints, |c| c.container = container);
            records.extend(bench.look());
            assert_eq!(expected, records, "{container:?}, killed after {restart} lines");
            assert!(bench.seen.lost.is_empty());
            // A second restart at once finds nothing to give.
            let checkpoints = bench.checkpoints();
            bench.resume(checkpoints, |c| c.container = container);
            assert!(bench.look().is_empty());
        }
    }
}

#[test]
fn a_checkpoint_taken_while_what_was_given_is_read_again_is_as_good() {
    let (lines, expected) = wrapped(Container::Cri);
    for budget in [1, 10, 100] {
        let mut bench = Bench::with(|c| c.container = Container::Cri);
        let mut records = Vec::new();
        bench.append("app.log", lines.concat());
        for turn in 0.. {
            let progress = bench.tail.poll(budget + turn, &mut bench.seen);
            records.append(&mut bench.seen.lines);
            if !progress.more {
                break;
            }
            let checkpoints = bench.checkpoints();
            bench.resume(checkpoints, |c| c.container = Container::Cri);
        }
        assert_eq!(expected, records, "budget {budget}");
    }
}

#[test]
fn a_record_that_is_not_finished_when_its_file_is_over_is_counted() {
    let mut bench = Bench::with(|c| c.container = Container::Cri);
    bench.append("app.log", "2T stdout P first half\n2T stderr F whole\n");
    assert_eq!(["whole"], *bench.look());
    bench.rename("app.log", "gone");
    // The rest is in the next file, and is a record of its own there.
    bench.append("app.log", "2T stdout F second half\n2T stdout F next\n");
    assert_eq!(["second half", "next"], *bench.look_for(5));
    assert_eq!(vec![(LostReason::Unfinished, 1, 10)], bench.seen.lost);
}

#[test]
fn a_merged_record_is_bounded_and_what_is_not_wrapped_is_counted() {
    let mut bench = Bench::with(|c| (c.container, c.max_line_bytes) = (Container::Cri, 1000));
    for _ in 0..100 {
        bench.append("app.log", format!("2T stdout P {}\n", "x".repeat(100)));
        assert!(bench.look().is_empty());
    }
    bench.append("app.log", "2T stdout F end\nnot wrapped\n2T stdout F next\n");
    assert_eq!(["next"], *bench.look());
    let reasons: Vec<_> = bench.seen.lost.iter().map(|lost| (lost.0, lost.1)).collect();
    assert_eq!(vec![(LostReason::LineTooLong, 1), (LostReason::NotWrapped, 1)], reasons);
}

#[test]
fn the_first_record_told_on_resume_is_without_its_wrapping() {
    let mut bench = Bench::with(|c| c.container = Container::Cri);
    bench.append("app.log", "2T stdout P time,\n2T stdout F score\n2T stdout F 1,2\n");
    assert_eq!(["time,score", "1,2"], *bench.look());
    let checkpoints = bench.checkpoints();
    bench.resume(checkpoints, |c| c.container = Container::Cri);
    bench.append("app.log", "2T stdout F 3,4\n");
    assert_eq!(["3,4"], *bench.look());
    assert_eq!(["time,score"], *bench.seen.first_lines);
}

#[test]
fn standard_input_may_be_wrapped_too() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let config = Config { paths: vec!["-".to_owned()], container: Container::Docker, ..Config::default() };
    let mut tail = Tail::with_stream(config, Some(reader.into())).unwrap();
    let mut seen = Seen::default();
    std::io::Write::write_all(&mut writer, b"{\"log\":\"a\",\"stream\":\"stdout\"}\n{\"log\":\"b\\n\",\"stream\":\"stdout\"}\n{\"log\":\"c\",\"stream\":\"stdout\"}\n").unwrap();
    drop(writer);
    while !tail.poll(AMPLE, &mut seen).finished {}
    assert_eq!(["ab"], *seen.lines);
    assert_eq!(vec![(LostReason::Unfinished, 1, 1)], seen.lost);
}
