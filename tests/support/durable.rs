//! A sidecar with a state directory, its log, and what both must be like in the end.
#![allow(dead_code, reason = "each test uses its part")]

use super::eye::Eye;
use super::program::{driftgauge, printed};
use super::prom_text::{Exposition, Labels};
use super::rotating::Rotating;
use super::sidecar::Sidecar;
use super::small::Small;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const CONFIG: &str = r#"
[[source]]
name = "log"
paths = ["log.jsonl*"]
[[model]]
name = "churn"
task = "binary"
profile = "profile.json"
[windows]
lengths = ["5m", "1h"]
# Files that were made and finished within one tick of the clock are read side by side: nothing may depend on their order.
lateness = "1h"
idle_timeout = "1h"
[state]
directory = "state"
commit_interval = "20ms"
[http]
listen = "127.0.0.1:0"
"#;

/// Lines read.
pub const LINES: &str = "driftgauge_source_lines_total";

pub fn small() -> Small {
    let small = Small::new(CONFIG);
    let arguments = ["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
    printed(small.path(), arguments);
    small
}

/// Families that say something of the process, of its start or of this moment, and not of what was read.
pub fn is_of_the_moment(name: &str) -> bool {
    let families = [
        "process_",
        "driftgauge_commit",
        "driftgauge_counters_start",
        "driftgauge_state_restored",
        "driftgauge_memory_mode",
        "driftgauge_evaluation",
        "driftgauge_clock_skew",
        "driftgauge_source_files",
        "driftgauge_source_lag",
        "driftgauge_connections",
        "driftgauge_running_as_root",
        "driftgauge_config_",
        "driftgauge_handshakes",
        "driftgauge_requests",
    ];
    families.iter().any(|family| name.starts_with(family))
}

pub fn lasting(metrics: &Exposition) -> BTreeMap<(String, Labels), f64> {
    let all = metrics.iter().filter(|(name, ..)| !is_of_the_moment(name));
    all.map(|(name, labels, value)| ((name.to_owned(), labels.clone()), value)).collect()
}

/// What a process says that reads everything once, without a state.
pub fn once(folder: &Path, lines: usize) -> BTreeMap<(String, Labels), f64> {
    fs::write(folder.join("once.toml"), CONFIG.replace("directory = \"state\"\n", "")).unwrap();
    let mut command = driftgauge(folder);
    command.args(["run", "--config", "once.toml"]);
    let sidecar = Sidecar::try_spawn(command).unwrap();
    let all = |metrics: &Exposition| metrics.sum("driftgauge_source_lines_total") >= lines as f64;
    lasting(&sidecar.wait("every line at once", all))
}

/// The scrapes so far are those of a prefix of the log, each line once.
pub fn check(eye: &Eye, log: &Rotating) {
    let written = log.written();
    for (family, most) in [
        ("driftgauge_predictions_total", written.predictions),
        ("driftgauge_source_lines_total", written.lines),
        ("driftgauge_actuals_total", written.actuals),
        ("driftgauge_decode_failures_total", written.broken),
    ] {
        assert!(eye.increase(family) <= most as f64, "{family}: {} of {most}", eye.increase(family));
    }
}

/// Everything that was written is counted, once.
pub fn settle(sidecar: &Sidecar, eye: &mut Eye, log: &Rotating, folder: &Path) {
    let written = log.written();
    let lines = |metrics: &Exposition| metrics.sum("driftgauge_source_lines_total") >= written.lines as f64;
    let metrics = sidecar.wait("every line", lines);
    eye.see(&metrics).unwrap();
    check(eye, log);
    let observed = lasting(&metrics);
    let expected = once(folder, written.lines);
    for (series, value) in &expected {
        let seen = observed.get(series).copied();
        assert!(
            seen.is_some_and(|seen| (seen - value).abs() <= 1e-12 * value.abs().max(1.0)),
            "{series:?}: {seen:?} is not {value}"
        );
    }
    assert_eq!(expected.len(), observed.len(), "{:?}", observed.keys().find(|series| !expected.contains_key(*series)));
    assert!(expected.len() > 100, "{}", expected.len());
    for (family, all) in [
        ("driftgauge_predictions_total", written.predictions),
        ("driftgauge_source_lines_total", written.lines),
        ("driftgauge_actuals_total", written.actuals),
        ("driftgauge_decode_failures_total", written.broken),
    ] {
        assert_eq!((all as f64, all as f64), (metrics.sum(family), eye.increase(family)), "{family}");
    }
    assert_eq!(1, eye.epochs(), "counters began once");
}

/// The files of both slots, the newer one first.
pub fn slots(folder: &Path) -> [PathBuf; 2] {
    let mut slots = ["head.0", "head.1"].map(|name| folder.join("state/driftgauge").join(name));
    slots.sort_by_key(|path| {
        let bytes = fs::read(path).unwrap();
        std::cmp::Reverse(u64::from_le_bytes(bytes[12..20].try_into().unwrap()))
    });
    slots
}

pub fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(path, bytes).unwrap();
}

pub fn outcome(metrics: &Exposition) -> String {
    let is_it = |(name, _, value): &(&str, &Labels, f64)| *name == "driftgauge_state_restored" && *value == 1.0;
    metrics.iter().find(is_it).unwrap().1["outcome"].clone()
}

/// The sidecar of a folder, started by a shell that runs this first.
pub fn after(folder: &Path, script: &str) -> Command {
    by(folder, &["sh", "-c", &format!("{script} && exec \"$@\""), "sh"])
}

/// The sidecar of a folder, started by another program.
pub fn by(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg(driftgauge(folder).get_program()).args(["run", "--config", "driftgauge.toml"]);
    command.current_dir(folder);
    command
}

/// The sidecar of a folder; these system calls on the file that becomes a slot or a reference are tampered with.
pub fn traced(small: &Small, calls: &str, how: &str) -> Sidecar {
    let file = small.file("state/driftgauge/new").display().to_string();
    let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:{how}"));
    // The sidecar stays our child.
    let words = ["strace", "-D", "-f", "-qq", "-o", "trace", "-P", &file, "-e", &trace, "-e", &inject];
    Sidecar::spawn(by(small.path(), &words))
}

pub fn write(log: &mut Rotating) {
    (0..20).for_each(|_| log.write(20));
}

pub fn see(
    sidecar: &Sidecar,
    eye: &mut Eye,
    log: &Rotating,
    what: &str,
    wanted: impl Fn(&Exposition) -> bool,
) -> Exposition {
    sidecar.wait(what, |metrics| {
        eye.see(metrics).unwrap();
        check(eye, log);
        wanted(metrics)
    })
}

/// Waits until all that was written is shown.
pub fn caught_up(sidecar: &Sidecar, eye: &mut Eye, log: &Rotating) -> Exposition {
    let lines = log.written().lines as f64;
    see(sidecar, eye, log, "every line", |metrics| metrics.sum(LINES) >= lines)
}
