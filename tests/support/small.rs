//! A small model with its reference, its log and its config, in a folder of its own.
#![allow(dead_code, reason = "each test uses its part")]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The config: `log*.jsonl` are predictions and actuals of `churn`, compared with `profile.json`.
pub const CONFIG: &str = r#"
[[source]]
paths = ["log*.jsonl"]
[[model]]
name = "churn"
task = "binary"
profile = "profile.json"
[windows]
lengths = ["5m", "1h"]
[state]
commit_interval = "50ms"
[http]
listen = "127.0.0.1:0"
"#;

/// A folder with a config and a reference.
pub struct Small {
    folder: TempDir,
}

impl Small {
    /// With this config.
    pub fn new(config: &str) -> Small {
        let small = Small { folder: tempfile::tempdir().unwrap() };
        small.write("driftgauge.toml", config);
        let rows = (0..200).map(|i| format!("{},{},0.{},{},{}\n", i % 60, plan(i), i % 10, class(i), class(i / 2)));
        let header = "age,plan,score,prediction,label\n".to_owned();
        small.write("reference.csv", &rows.fold(header, |text, row| text + &row));
        small
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file of the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, content: &str) {
        fs::write(self.file(name), content).unwrap();
    }

    /// Adds to a file, which is made when there is none.
    pub fn append(&self, name: &str, content: &str) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.file(name)).unwrap();
        file.write_all(content.as_bytes()).unwrap();
    }
}

/// The lines of these predictions, ten seconds apart.
pub fn predictions(indices: std::ops::Range<usize>) -> String {
    let line = |i: usize| {
        let time = 10 * i;
        let time = format!("{:02}:{:02}:{:02}", time / 3_600 % 24, time / 60 % 60, time % 60);
        let (age, plan, class) = (i % 60, plan(i), class(i));
        format!(
            r#"{{"ts":"2020-03-08T{time}Z","id":"{i}","model":"churn","version":"1","features":{{"age":{age},"plan":"{plan}"}},"prediction":{class},"score":0.{},"latency_ms":{}}}"#,
            i % 10,
            i % 7 + 1,
        ) + "\n"
    };
    indices.map(line).collect()
}

/// The lines of the actuals of these predictions.
pub fn actuals(indices: std::ops::Range<usize>) -> String {
    indices
        .map(|i| format!("{{\"ts\":\"2020-03-08T12:00:00Z\",\"id\":\"{i}\",\"label\":{}}}\n", class(i / 2)))
        .collect()
}

fn plan(i: usize) -> &'static str {
    ["free", "basic", "pro"][i % 3]
}

fn class(i: usize) -> u8 {
    u8::from(i % 10 > 4)
}
