//! What container runtimes put around lines is taken off, and pieces become records again.
//!
//! The first byte chooses the runtime, how long a record may be and how the bytes come in; the rest is a file. It is
//! read, and the records are those that the pieces make when they are put together one by one. Then its lines are taken
//! for what a program wrote, cut into pieces on two streams, and read back.

use driftgauge::tail::{Config, Container, FileLines, LostReason};
use serde::Deserialize;
use std::io::Read;

/// A record, or why there is none.
type Found = Result<Vec<u8>, LostReason>;

/// Whether the file has a record.
pub fn check(bytes: &[u8]) -> bool {
    let Some((settings, file)) = bytes.split_first() else { return false };
    let container = if settings & 1 == 0 { Container::Cri } else { Container::Docker };
    let most = [8, 64, 1 << 20][usize::from(settings >> 1) % 3];
    let at_once = [1, 7, usize::MAX][usize::from(settings >> 3) % 3];
    let found = read(file, at_once, Config { container, max_line_bytes: most, ..Config::default() });
    assert_eq!(put_together(container, most, file), found);
    assert!(found.iter().flatten().all(|record| record.len() <= most));
    comes_back(container, *settings, file);
    found.iter().any(Result::is_ok)
}

/// A file that gives so many bytes at a time.
struct Slow(std::io::Cursor<Vec<u8>>, usize);

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(self.1);
        self.0.read(&mut buffer[..most])
    }
}

fn read(file: &[u8], at_once: usize, config: Config) -> Vec<Found> {
    let mut lines = FileLines::from_reader(Slow(std::io::Cursor::new(file.to_vec()), at_once), &config);
    let (mut line, mut found, mut end) = (Vec::new(), Vec::new(), 0);
    while let Some(info) = lines.next_line(&mut line).expect("a file in memory can be read") {
        assert!((end..=file.len() as u64).contains(&info.end_offset));
        end = info.end_offset;
        found.push(match info.lost {
            None => Ok(line.clone()),
            Some(reason) => {
                assert!(line.is_empty(), "text of a lost line");
                Err(reason)
            }
        });
    }
    assert_eq!(file.len() as u64, end, "bytes that were not read");
    found
}

/// The same by a reading of its own.
fn put_together(container: Container, most: usize, file: &[u8]) -> Vec<Found> {
    let mut unfinished: [Option<Vec<u8>>; 2] = [None, None];
    let mut found = Vec::new();
    for line in read(file, usize::MAX, Config::default()).into_iter().flatten() {
        let piece = if container == Container::Cri { cri(&line) } else { docker(&line) };
        let Some((stream, is_last, text)) = piece else {
            found.push(Err(LostReason::NotWrapped));
            continue;
        };
        let before = unfinished[stream].take();
        let is_whole = before.is_none() && is_last;
        let text = [before.unwrap_or_default(), text].concat();
        if !is_last {
            unfinished[stream] = Some(text);
            continue;
        }
        let record = text.strip_suffix(b"\r").unwrap_or(&text);
        // Of pieces the end of the line counts, as nobody knows before the last one that it is there.
        let length = if is_whole { record.len() } else { text.len() };
        found.push(if length > most { Err(LostReason::LineTooLong) } else { Ok(record.to_vec()) });
    }
    found.extend(unfinished.iter().flatten().map(|_| Err(LostReason::Unfinished)));
    found
}

fn cri(line: &[u8]) -> Option<(usize, bool, Vec<u8>)> {
    let mut parts = line.splitn(4, |byte| *byte == b' ');
    let (time, stream, tags) = (parts.next()?, parts.next()?, parts.next()?);
    if !(time.first()?.is_ascii_digit() && time.contains(&b'T')) {
        return None;
    }
    let is_last = match tags.split(|byte| *byte == b':').next()? {
        b"F" => true,
        b"P" => false,
        _ => return None,
    };
    Some((place(stream)?, is_last, parts.next().unwrap_or_default().to_vec()))
}

fn docker(line: &[u8]) -> Option<(usize, bool, Vec<u8>)> {
    #[derive(Deserialize)]
    struct Line {
        log: String,
        stream: String,
    }
    let Line { log, stream } = serde_json::from_slice(line).ok()?;
    let text = log.strip_suffix('\n');
    Some((place(stream.as_bytes())?, text.is_some(), text.unwrap_or(&log).as_bytes().to_vec()))
}

fn place(stream: &[u8]) -> Option<usize> {
    [b"stdout", b"stderr"].iter().position(|name| *name == stream)
}

/// Lines of two streams, cut and interleaved, are the lines again, each stream's in its order.
fn comes_back(container: Container, settings: u8, text: &[u8]) {
    let text = String::from_utf8_lossy(text).replace('\r', "");
    let mut dice = u32::from(settings);
    let mut below = |most: usize| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 8) as usize % most
    };
    // By stream: the lines, and what is left of the one that is being written.
    let mut waiting: [Vec<&str>; 2] = [Vec::new(), Vec::new()];
    text.split('\n').rev().for_each(|line| waiting[below(2)].push(line));
    let mut expected: Vec<String> = Vec::new();
    let mut left: [Option<(&str, &str)>; 2] = [None, None];
    let mut file = String::new();
    while waiting.iter().any(|lines| !lines.is_empty()) || left.iter().any(Option::is_some) {
        let stream = below(2);
        let Some((line, rest)) = left[stream].take().or_else(|| waiting[stream].pop().map(|line| (line, line))) else {
            continue;
        };
        let mut cut = below(rest.len() + 2).min(rest.len());
        while !rest.is_char_boundary(cut) {
            cut += 1;
        }
        let (piece, rest) = rest.split_at(cut);
        let is_last = rest.is_empty();
        if is_last {
            expected.push(line.to_owned());
        } else {
            left[stream] = Some((line, rest));
        }
        file.push_str(&wrapped(container, stream, is_last, piece));
    }
    let found = read(file.as_bytes(), usize::MAX, Config { container, ..Config::default() });
    let expected: Vec<Found> = expected.into_iter().map(|line| Ok(line.into_bytes())).collect();
    assert_eq!(expected, found);
}

fn wrapped(container: Container, stream: usize, is_last: bool, piece: &str) -> String {
    let stream = ["stdout", "stderr"][stream];
    match container {
        Container::Docker => {
            let log = format!("{piece}{}", if is_last { "\n" } else { "" });
            format!("{}\n", serde_json::json!({ "log": log, "stream": stream, "time": "2026-11-03T09:15:02Z" }))
        }
        _ => format!("2026-11-03T09:15:02.118211034Z {stream} {} {piece}\n", if is_last { "F" } else { "P" }),
    }
}
