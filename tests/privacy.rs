//! What is in a log stays in the log: nothing of ids, features and texts in any output, whatever the lines look like.
//! And what the program needs of its system: no root, no capability, no file to write.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod client;
    pub mod program;
    pub mod prom_text;
    pub mod sidecar;
    pub mod small;
}

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::client::get;
use support::program::{driftgauge, output, printed};
use support::sidecar::Sidecar;
use support::small::{CONFIG, Small, actuals, predictions};

/// In every value of the hostile lines, and nowhere else.
const CANARY: &str = "canary7b1f";
const NUMBER: &str = "48151623.42";

fn profile(small: &Small) -> String {
    let arguments = ["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
    printed(small.path(), arguments)
}

/// Lines that hold the canary in every place but names of models, versions, classes and failures.
fn hostile() -> String {
    let head = "\"ts\":\"2020-03-08T00:20:00Z\",\"model\":\"churn\",\"version\":\"1\"";
    let mut lines = vec![
        format!(
            "{{{head},\"id\":\"{CANARY}\",\"features\":{{\"age\":{NUMBER},\"plan\":\"{CANARY}\"}},\"prediction\":1,\"score\":0.5}}"
        ),
        format!(
            "{{{head},\"id\":\"{CANARY}\",\"features\":{{\"age\":\"{CANARY}\",\"plan\":[\"{CANARY}\"]}},\"prediction\":1,\"score\":0.5}}"
        ),
        format!(
            "{{{head},\"id\":\"x\",\"features\":{{\"age\":1,\"plan\":{{\"{CANARY}\":\"{CANARY}\"}}}},\"prediction\":1,\"score\":\"{CANARY}\"}}"
        ),
        format!(
            "{{{head},\"id\":{{\"{CANARY}\":1}},\"features\":\"{CANARY}\",\"prediction\":1,\"latency_ms\":\"{CANARY}\"}}"
        ),
        format!(
            "{{{head},\"prompt\":\"{CANARY}\",\"response\":\"{CANARY}\",\"features\":{{\"{CANARY}\":\"{CANARY}\"}},\"prediction\":1}}"
        ),
        format!("{{\"ts\":\"{CANARY}\",\"model\":\"churn\",\"version\":\"1\",\"features\":{{}},\"prediction\":1}}"),
        format!("{{\"ts\":\"2020-03-08T00:20:00Z\",\"id\":\"{CANARY}\",\"label\":1}}"),
        format!("{{\"ts\":\"{CANARY}\",\"id\":\"{CANARY}-2\",\"label\":0}}"),
        format!("{{\"{CANARY}\": {CANARY}"),
        format!("{CANARY} no json at all {CANARY}"),
        format!("\u{0}{CANARY}\u{1b}[31m{CANARY}"),
        format!("[\"{CANARY}\"]"),
        format!("{{\"id\":\"{}\",\"x\":1}}", CANARY.repeat(200_000)),
    ];
    // More than the log is ready to tell of.
    lines.extend((0..50).map(|line| format!("{CANARY}{line}")));
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn assert_clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in [CANARY, NUMBER] {
        assert!(!text.contains(secret), "{what}: {text}");
    }
}

/// Whether a state directory can be set.
fn with_state(small: &Small) -> bool {
    small.write("state.toml", &CONFIG.replace("[state]\n", "[state]\ndirectory = \"state\"\n"));
    let told = output(small.path(), ["check", "--config", "state.toml"]);
    !String::from_utf8_lossy(&told.stderr).contains("unknown key")
}

#[test]
fn nothing_of_a_log_is_in_any_output() {
    for format in ["text", "json"] {
        let state = with_state(&Small::new(CONFIG));
        let config = format!("{CONFIG}[log]\nformat = \"{format}\"\n");
        let config = if state { config.replace("[state]\n", "[state]\ndirectory = \"state\"\n") } else { config };
        let small = Small::new(&config);
        let reference = fs::read_to_string(small.file("reference.csv")).unwrap();
        // A category of few rows is kept as a hash.
        small.write("reference.csv", &format!("{reference}30,{CANARY},0.5,1,0\n"));
        assert_clean("profile", profile(&small).as_bytes());
        assert_clean("profile.json", &fs::read(small.file("profile.json")).unwrap());
        let log = predictions(0..100) + &hostile() + &actuals(0..80);
        small.write("log.jsonl", &log);
        for arguments in [["check", "--config", "driftgauge.toml"], ["replay", "--config", "driftgauge.toml"]] {
            let output = driftgauge(small.path()).args(arguments).env("DRIFTGAUGE_LOG", "debug").output().unwrap();
            assert_clean(arguments[0], &[output.stdout, output.stderr].concat());
        }
        let mut command = driftgauge(small.path());
        command.args(["run", "--config", "driftgauge.toml"]).env("DRIFTGAUGE_LOG", "debug");
        let sidecar = Sidecar::spawn(command);
        let read = |metrics: &support::prom_text::Exposition| {
            metrics.sum("driftgauge_source_lines_total") >= 240.0
                && metrics.sum("driftgauge_decode_failures_total") >= 50.0
                && metrics.sum("driftgauge_actuals_total") >= 80.0
        };
        sidecar.wait("all of the log", read);
        for path in ["/metrics", "/", "/-/ready", "/-/healthy", &format!("/{CANARY}")] {
            let (_, body) = get(&sidecar.address(), path).unwrap();
            assert_clean(path, body.as_bytes());
        }
        let accept = "Accept: application/openmetrics-text;version=1.0.0";
        let openmetrics = support::client::request(&sidecar.address(), "/metrics", accept).unwrap();
        assert!(openmetrics.1.ends_with("# EOF\n"));
        assert_clean("OpenMetrics", openmetrics.1.as_bytes());
        assert!(sidecar.log().contains("rejected"), "{}", sidecar.log());
        assert_clean("the log", sidecar.log().as_bytes());
        assert!(sidecar.log().matches("rejected").count() <= 60, "the log of rejects is limited in its rate");
        assert!(sidecar.terminate().success());
        let written = files(small.path())
            .into_iter()
            .filter(|path| path.strip_prefix(small.path()).unwrap().starts_with("state"));
        let written: Vec<PathBuf> = written.filter(|path| !path.ends_with("state.toml")).collect();
        assert_eq!(state, !written.is_empty(), "{written:?}");
        for path in written {
            assert_clean(&path.display().to_string(), &fs::read(&path).unwrap());
        }
    }
}

/// A shell script as root, by `sudo` when this is not root.
fn as_root(script: &str, arguments: &[&Path]) -> Command {
    let root = fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0).unwrap();
    let mut command = if root { Command::new("sh") } else { Command::new("sudo") };
    if !root {
        command.args(["-n", "sh"]);
    }
    command.args(["-c", script]).args(arguments);
    command
}

#[test]
fn nobody_without_capabilities_on_a_read_only_file_system_is_enough_and_root_can_be_refused() {
    let small = Small::new(&format!("{CONFIG}[process]\nrequire_non_root = true\n"));
    profile(&small);
    small.write("log.jsonl", &predictions(0..100));
    // Where nobody may go.
    let program = small.file("driftgauge");
    // Copied by another process: a file that is open for writing here could not be run.
    let copy = Command::new("cp").arg(driftgauge(small.path()).get_program()).arg(&program).status().unwrap();
    assert!(copy.success());
    fs::set_permissions(small.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let output =
        as_root("cd \"$1\" && exec \"$0\" run --config driftgauge.toml", &[&program, small.path()]).output().unwrap();
    assert_eq!(Some(2), output.status.code());
    assert!(String::from_utf8_lossy(&output.stderr).contains("process.require_non_root"));
    let script = "cd \"$1\" && exec unshare --mount sh -ec 'mount -o remount,bind,ro / 2>/dev/null || { mount --bind / / && \
                  mount -o remount,bind,ro /; }; for place in $(cut -d\" \" -f2 /proc/self/mounts); do case $place in /|/proc*|/sys*|/dev*) ;; \
                  *) mount -o remount,bind,ro \"$place\" 2>/dev/null || true ;; esac; done; \
                  if touch \"$1/written\" 2>/dev/null; then echo \"still writable\" >&2; exit 3; fi; \
                  exec setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs \
                  \"$0\" run --config driftgauge.toml' \"$0\" \"$1\"";
    let sidecar = Sidecar::spawn(as_root(script, &[&program, small.path()]));
    let metrics = sidecar.wait_for_predictions(100.0);
    assert_eq!(Some(0.0), metrics.get("driftgauge_running_as_root", &[]));
    small.append("log.jsonl", &predictions(100..110));
    sidecar.wait_for_predictions(110.0);
    let status = fs::read_to_string(format!("/proc/{}/status", sidecar.pid())).unwrap();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!("65534", field("Uid:"), "{status}");
    for set in ["CapEff:", "CapPrm:", "CapBnd:", "CapInh:"] {
        assert_eq!(Ok(0), u64::from_str_radix(&field(set), 16), "{status}");
    }
}
