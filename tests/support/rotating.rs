//! A log that grows in pieces of any size and rotates by renaming, and a ledger of what it holds.
#![allow(dead_code, reason = "each test uses its part")]

use super::dice::Dice;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was written, in complete lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Lines of any kind.
    pub lines: usize,
    /// Predictions, failed ones included.
    pub predictions: usize,
    /// Actuals.
    pub actuals: usize,
    /// Lines that hold no event.
    pub broken: usize,
}

/// The writer of `log.jsonl` in a folder. Rotated files are `log.jsonl.1` and so on, and stay.
pub struct Rotating {
    folder: PathBuf,
    dice: Dice,
    /// The number of the next line.
    next: usize,
    /// What is to be written first: the rest of a line.
    rest: String,
    /// What was written since the last end of a line.
    unfinished: String,
    rotations: usize,
    written: Written,
}

impl Rotating {
    /// A log that does not exist yet.
    pub fn new(folder: &Path, seed: u64) -> Rotating {
        Rotating {
            folder: folder.to_owned(),
            dice: Dice(seed),
            next: 0,
            rest: String::new(),
            unfinished: String::new(),
            rotations: 0,
            written: Written::default(),
        }
    }

    /// What is complete so far.
    pub fn written(&self) -> Written {
        self.written
    }

    /// Writes up to so many lines; the last one is left unfinished now and then. Rotates now and then.
    pub fn write(&mut self, most: usize) {
        let lines = self.dice.below(most + 1);
        let mut text = std::mem::take(&mut self.rest);
        for _ in 0..lines {
            text.push_str(&self.line());
        }
        if self.dice.percent(40) && !text.is_empty() {
            self.rest = text.split_off(self.dice.below(text.len()));
        }
        self.append(&text);
        if self.dice.percent(8) && self.unfinished.is_empty() {
            self.rotate();
        }
    }

    /// Writes what is left of an unfinished line.
    pub fn finish(&mut self) {
        let rest = std::mem::take(&mut self.rest);
        self.append(&rest);
        assert!(self.unfinished.is_empty());
    }

    /// Every file, the oldest first.
    pub fn files(&self) -> Vec<PathBuf> {
        let rotated = (0..self.rotations).map(|number| self.folder.join(format!("log.jsonl.{}", number + 1)));
        rotated.chain([self.folder.join("log.jsonl")]).filter(|path| path.exists()).collect()
    }

    fn rotate(&mut self) {
        self.rotations += 1;
        let (from, to) = ("log.jsonl".to_owned(), format!("log.jsonl.{}", self.rotations));
        if fs::rename(self.folder.join(from), self.folder.join(to)).is_err() {
            self.rotations -= 1;
        }
    }

    fn append(&mut self, text: &str) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.folder.join("log.jsonl")).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        self.unfinished.push_str(text);
        while let Some(end) = self.unfinished.find('\n') {
            let line: String = self.unfinished.drain(..=end).collect();
            self.written.lines += 1;
            let kind = if line.contains("\"features\"") {
                &mut self.written.predictions
            } else if line.contains("\"label\"") {
                &mut self.written.actuals
            } else {
                &mut self.written.broken
            };
            *kind += 1;
        }
    }

    /// Predictions a tenth of a second apart, with actuals of earlier ones, failures and broken lines among them.
    fn line(&mut self) -> String {
        let i = self.next;
        self.next += 1;
        let time = |i: usize| {
            let s = i / 10;
            format!("2020-03-{:02}T{:02}:{:02}:{:02}.{}Z", 1 + s / 86_400, s / 3_600 % 24, s / 60 % 60, s % 60, i % 10)
        };
        let class = u8::from(i % 10 > 4);
        match i % 16 {
            3 => format!("{{\"ts\":\"{}\",\"broken\":\n", time(i)),
            7 => {
                format!(
                    "{{\"ts\":\"{}\",\"id\":\"{i}\",\"model\":\"churn\",\"version\":\"1\",\"features\":{{}},\"error\":\"timeout\"}}\n",
                    time(i)
                )
            }
            // Each of another prediction: of two actuals the first would count, and files are read side by side.
            5 | 9 | 13 => {
                let earlier = i.saturating_sub([4, 1, 2][i % 16 / 4 - 1]);
                format!("{{\"ts\":\"{}\",\"id\":\"{earlier}\",\"label\":{class}}}\n", time(i))
            }
            _ => {
                let (age, plan) = (self.dice.below(70), ["free", "basic", "pro", "new"][self.dice.below(4)]);
                let version = 1 + i / 700 % 2;
                format!(
                    "{{\"ts\":\"{}\",\"id\":\"{i}\",\"model\":\"churn\",\"version\":\"{version}\",\"features\":{{\"age\":{age},\"plan\":\"{plan}\"}},\"prediction\":{class},\"score\":0.{},\"latency_ms\":{}}}\n",
                    time(i),
                    i % 10,
                    i % 7 + 1,
                )
            }
        }
    }
}
