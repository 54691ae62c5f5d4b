//! What container runtimes put around the lines of a program, and how the pieces of a long line become one again.
//!
//! containerd and CRI-O write `<time> <stdout|stderr> <P|F> <text>` for a line, docker's json-file driver an object with
//! `log`, `stream` and `time`. Both cut long lines into pieces of 16 KiB: all but the last are marked `P`, or have no
//! newline. The two streams of a program are interleaved, so each has its own unfinished record.

use std::borrow::Cow;

use memchr::memchr;
use serde::Deserialize;

/// What is around the lines of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Container {
    /// Nothing: the program writes the file itself.
    #[default]
    None,
    /// The format of the container runtime interface: containerd, CRI-O.
    Cri,
    /// The json-file driver of docker.
    Docker,
}

/// So much longer than its record may a line be by what is around it and by escapes; a piece has 16 KiB.
const AROUND_BYTES: usize = 128 * 1024;
/// A buffer for merged records larger than this is freed after use.
const MERGED_KEPT_BYTES: usize = 64 * 1024;

impl Container {
    /// Every kind.
    pub const ALL: &'static [Container] = &[Container::None, Container::Cri, Container::Docker];

    /// As in the config.
    pub const fn as_str(self) -> &'static str {
        match self {
            Container::None => "none",
            Container::Cri => "cri",
            Container::Docker => "docker",
        }
    }

    /// How long a line may be, when a record may have `bytes`.
    pub(super) fn longest_line(self, bytes: usize) -> usize {
        match self {
            Container::None => bytes,
            Container::Cri | Container::Docker => bytes.saturating_add(AROUND_BYTES),
        }
    }
}

/// What a line of the file is, once what is around it is taken off.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unwrapped<'a> {
    /// A whole record.
    Record(&'a [u8]),
    /// A piece of a record, kept until the last one comes.
    Piece,
    /// The last piece of a record longer than allowed that began at this offset.
    TooLong(u64),
    /// Not what the container runtime writes.
    Foreign,
}

/// Takes off what is around lines and puts pieces together.
#[derive(Debug)]
pub(super) struct Unwrapper {
    container: Container,
    most: usize,
    /// The unfinished records of standard output and standard error.
    unfinished: [Option<Unfinished>; 2],
    /// Keeps a merged record while it is used.
    merged: Vec<u8>,
}

/// A record of which the last piece is not there yet.
#[derive(Debug)]
struct Unfinished {
    /// The offset of its first piece.
    start: u64,
    /// Left empty when it is longer than allowed.
    text: Vec<u8>,
    /// How long it is.
    bytes: u64,
    too_long: bool,
}

/// A line without what was around it.
struct Piece<'a> {
    stderr: bool,
    last: bool,
    text: Cow<'a, [u8]>,
}

impl Unwrapper {
    /// Records of more than `most` bytes are dropped.
    pub(super) fn new(container: Container, most: usize) -> Unwrapper {
        Unwrapper { container, most, unfinished: [None, None], merged: Vec::new() }
    }

    /// Another one of the same kind, with nothing unfinished.
    pub(super) fn another(&self) -> Unwrapper {
        Unwrapper::new(self.container, self.most)
    }

    /// Forgets unfinished records.
    pub(super) fn clear(&mut self) {
        self.unfinished = [None, None];
    }

    /// The start of the oldest unfinished record.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.unfinished.iter().flatten().map(|record| record.start).min()
    }

    /// Takes a line that begins at the offset `start`.
    pub(super) fn take<'a>(&'a mut self, line: &'a [u8], start: u64) -> Unwrapped<'a> {
        let piece = match self.container {
            Container::None => return Unwrapped::Record(line),
            Container::Cri => cri(line),
            Container::Docker => docker(line),
        };
        let Some(piece) = piece else { return Unwrapped::Foreign };
        let slot = &mut self.unfinished[usize::from(piece.stderr)];
        match slot.take() {
            None if piece.last => self.whole(piece.text, start),
            before => {
                let mut record = before.unwrap_or(Unfinished { start, text: Vec::new(), bytes: 0, too_long: false });
                record.add(&piece.text, self.most);
                if !piece.last {
                    *slot = Some(record);
                    return Unwrapped::Piece;
                }
                self.merged = record.text;
                if record.too_long { Unwrapped::TooLong(record.start) } else { Unwrapped::Record(trim(&self.merged)) }
            }
        }
    }

    /// Forgets a record that will not be finished and gives its length so far, if there is one.
    pub(super) fn drop_one(&mut self) -> Option<u64> {
        self.unfinished.iter_mut().find_map(Option::take).map(|record| record.bytes)
    }

    /// Frees what a large record took.
    pub(super) fn shrink(&mut self) {
        if self.merged.capacity() > MERGED_KEPT_BYTES {
            self.merged = Vec::new();
        }
    }

    fn whole<'a>(&'a mut self, text: Cow<'a, [u8]>, start: u64) -> Unwrapped<'a> {
        if trim(&text).len() > self.most {
            return Unwrapped::TooLong(start);
        }
        match text {
            Cow::Borrowed(text) => Unwrapped::Record(trim(text)),
            Cow::Owned(text) => {
                self.merged = text;
                Unwrapped::Record(trim(&self.merged))
            }
        }
    }
}

impl Unfinished {
    fn add(&mut self, text: &[u8], most: usize) {
        self.bytes += text.len() as u64;
        self.too_long |= self.text.len() + text.len() > most;
        if self.too_long {
            self.text = Vec::new();
        } else {
            self.text.extend_from_slice(text);
        }
    }
}

fn trim(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\r").unwrap_or(text)
}

fn cri(line: &[u8]) -> Option<Piece<'_>> {
    let (time, rest) = word(line)?;
    let (stream, rest) = word(rest)?;
    let (tags, text) = word(rest).unwrap_or((rest, b""));
    let is_time = time.first().is_some_and(u8::is_ascii_digit) && time.contains(&b'T');
    let last = match tags.split(|b| *b == b':').next()? {
        b"F" => true,
        b"P" => false,
        _ => return None,
    };
    is_time.then_some(Piece { stderr: is_stderr(stream)?, last, text: Cow::Borrowed(text) })
}

fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = memchr(b' ', text)?;
    Some((&text[..space], &text[space + 1..]))
}

fn docker(line: &[u8]) -> Option<Piece<'_>> {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        log: Cow<'a, str>,
        #[serde(borrow)]
        stream: Cow<'a, str>,
    }
    let line: Line<'_> = serde_json::from_slice(line).ok()?;
    let stderr = is_stderr(line.stream.as_bytes())?;
    let last = line.log.ends_with('\n');
    let text = match line.log {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_suffix('\n').unwrap_or(text).as_bytes()),
        Cow::Owned(mut text) => {
            text.truncate(text.len() - usize::from(last));
            Cow::Owned(text.into_bytes())
        }
    };
    Some(Piece { stderr, last, text })
}

fn is_stderr(stream: &[u8]) -> Option<bool> {
    match stream {
        b"stdout" => Some(false),
        b"stderr" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What became of lines: the text of records, or what else.
    fn unwrap(container: Container, most: usize, lines: &[&str]) -> (Vec<String>, Option<u64>) {
        let mut unwrapper = Unwrapper::new(container, most);
        let mut start = 0;
        let mut seen = Vec::new();
        for line in lines {
            seen.push(match unwrapper.take(line.as_bytes(), start) {
                Unwrapped::Record(text) => String::from_utf8(text.to_owned()).unwrap(),
                other => format!("{other:?}"),
            });
            start += line.len() as u64 + 1;
        }
        (seen, unwrapper.oldest())
    }

    #[test]
    fn cri_pieces_are_merged_by_stream() {
        let lines = [
            "2026-11-03T09:15:02.118211034Z stdout F {\"a\": 1}",
            "2026-11-03T09:15:02.118211034Z stdout P {\"b\"",
            "2026-11-03T09:15:02.118211034+01:00 stderr P war",
            "2026-11-03T09:15:02.118211034Z stdout F: : 2}\r",
            "2026-11-03T09:15:02.118211034Z stderr F ning",
            "2026-11-03T09:15:02.118211034Z stdout F",
            "2026-11-03T09:15:02.118211034Z stdout F ",
        ];
        let seen = ["{\"a\": 1}", "Piece", "Piece", "{\"b\": 2}", "warning", "", ""];
        assert_eq!((seen.map(String::from).to_vec(), None), unwrap(Container::Cri, 100, &lines));
        let first_piece = lines[..2].iter().map(|line| line.len() as u64 + 1).sum();
        assert_eq!(Some(first_piece), unwrap(Container::Cri, 100, &lines[..4]).1);
    }

    #[test]
    fn docker_pieces_are_merged_by_stream() {
        let lines = [
            r#"{"log":"plain\n","stream":"stdout","time":"2026-11-03T09:15:02.118211034Z"}"#,
            r#"{"log":"{\"a\":","stream":"stdout","attrs":{"tag":["x"]},"time":"2026"}"#,
            r#"{"log":"é\u00e9\r\n","stream":"stderr"}"#,
            r#"{"log":"1}\n","stream":"stdout"}"#,
            r#"{"log":"\n","stream":"stdout"}"#,
        ];
        let seen = ["plain", "Piece", "éé", "{\"a\":1}", ""];
        assert_eq!((seen.map(String::from).to_vec(), None), unwrap(Container::Docker, 100, &lines));
    }

    #[test]
    fn a_merged_record_is_bounded_and_the_next_is_read() {
        let lines = [
            "2T stdout P 0123",
            "2T stdout P 45678",
            "2T stdout P 9",
            "2T stdout F -",
            "2T stdout F next",
            "2T stdout F 123456789",
        ];
        let seen = ["Piece", "Piece", "Piece", "TooLong(0)", "next", "TooLong(80)"];
        assert_eq!((seen.map(String::from).to_vec(), None), unwrap(Container::Cri, 8, &lines));
    }

    #[test]
    fn what_no_runtime_writes_is_foreign() {
        for line in ["", "x", "2T stdout", "2T stdout X a", "2T elsewhere F a", "time stdout F a", "{}", "P F"] {
            assert_eq!(vec!["Foreign"], unwrap(Container::Cri, 8, &[line]).0, "{line}");
        }
        for line in [
            "",
            "[]",
            "{\"log\":1,\"stream\":\"stdout\"}",
            "{\"log\":\"a\\n\"}",
            "{\"log\":\"a\\n\",\"stream\":\"",
            "\u{0}",
        ] {
            assert_eq!(vec!["Foreign"], unwrap(Container::Docker, 8, &[line]).0, "{line}");
        }
    }
}
