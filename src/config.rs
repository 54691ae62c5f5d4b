//! The configuration: read from one TOML file, checked once and completely.
//!
//! The file as written (`file.rs`) and what the program uses ([`Config`]) are different types: every default is filled
//! in and every override applied between them (`check.rs`). All problems are reported at once, each with its line and
//! key path. No stage imports this module; each has its own settings, which are composed here.

mod check;
mod file;
mod reload;
mod suggest;
mod thresholds;
mod value;

use crate::engine;
use crate::schema;
use crate::snapshot;
use crate::tail::Container;
use crate::time::Length;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use value::{Report, Table};

/// Longer lines than 1 MiB are not predictions; the same as request bodies of most servers.
pub const DEFAULT_MAX_LINE_BYTES: usize = 1 << 20;
/// How long to learn a profile: a day shows every hour of use.
pub const DEFAULT_WARMUP: Length = Length::from_seconds(86_400);
/// Without a state directory a commit is computing and rendering only.
pub const DEFAULT_COMMIT_INTERVAL: Length = Length::from_seconds(1);
/// With one it is a few writes that wait for the disk; scrapes are rarely more frequent than this.
pub const DEFAULT_DURABLE_INTERVAL: Length = Length::from_seconds(5);
/// Longer than any disk needs to be freed by those who watch it, short enough not to be taken for the present.
pub const DEFAULT_MAX_STALE: Length = Length::from_seconds(300);
/// Every interface: a sidecar is scraped from outside its pod.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 9877);
/// A handful of servers scrape a sidecar.
pub const DEFAULT_MAX_CONNECTIONS: usize = 128;
/// A quarter of the usual soft limit of 1024 descriptors.
pub const DEFAULT_MAX_OPEN_FILES: usize = 256;

/// The configuration as used: defaults filled in, overrides applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// At least one; names differ.
    pub sources: Vec<Source>,
    /// At least one; names differ.
    pub models: Vec<engine::config::Model>,
    /// Windows and limits.
    pub engine: engine::config::Config,
    /// How often progress is committed and published.
    pub commit_interval: Length,
    /// Where state is kept; none: in memory only.
    pub state: Option<snapshot::Config>,
    /// How long the last commit is shown when no other can be made.
    pub max_stale: Length,
    /// Where metrics are served.
    pub listen: SocketAddr,
    /// The file that says who is let in and over which transport, in the form of Prometheus and its exporters.
    pub web_config_file: Option<PathBuf>,
    /// Connections at one time.
    pub max_connections: usize,
    /// Files open at one time.
    pub max_open_files: usize,
    /// How the program writes its own log.
    pub log_format: LogFormat,
    /// Whether the program refuses to run as root.
    pub require_non_root: bool,
}

/// One set of log files with the same format and mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The label `source`: the key `name`, else the first path pattern.
    pub name: String,
    /// Glob patterns, at least one; relative ones are relative to the working directory. `-` is standard input.
    pub paths: Vec<String>,
    /// The key of the log format.
    pub format: &'static str,
    /// Which lines it holds.
    pub role: schema::Role,
    /// Whether files that are there at the start are read from their beginning.
    pub from_beginning: bool,
    /// What is around the lines.
    pub container: Container,
    /// Whether symbolic links may lead out of the directory that a pattern names.
    pub follow_links: bool,
    /// Longer lines are dropped and counted.
    pub max_line_bytes: usize,
    /// Where the parts of a record are found: `[schema]` with the source's own keys over it.
    pub schema: schema::Config,
}

/// How the program writes its own log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// Every format.
    pub const ALL: &'static [LogFormat] = &[LogFormat::Text, LogFormat::Json];

    /// As in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        }
    }
}

/// Something in the configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// File, line and key path: `driftgauge.toml:12 windows.lengths[1]`; lines count from 1, items from 0. Without a
    /// line when it concerns the whole file.
    pub place: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Every problem of a configuration, at least one, in the order of the file. Displays as one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The problems, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Reads a config file.
pub fn load(path: &Path) -> Result<Config, Problems> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text, &name),
        Err(error) => Err(Problems(vec![Problem { place: name, message: format!("cannot be read: {error}") }])),
    }
}

/// Reads the text of a config file; `file_name` is its name in the places of problems.
pub fn parse(text: &str, file_name: &str) -> Result<Config, Problems> {
    let report = Report::new(file_name, text, file::File::paths());
    let config = report.read::<file::File>().map(|file| check::config(file, &report));
    match (config, report.into_problems()) {
        (Some(config), problems) if problems.is_empty() => Ok(config),
        (_, problems) => Err(Problems(problems)),
    }
}

#[cfg(test)]
mod tests;
