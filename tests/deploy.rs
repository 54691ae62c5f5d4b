//! What is shipped to be deployed: the manifests are valid and hold what they say, and the demo of the whole pages.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

#[path = "support/program.rs"]
mod program;

use program::{output, printed};
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// A program of the Python environment of the tests.
fn tool(name: &str) -> Command {
    let python = std::env::var_os("DRIFTGAUGE_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    match name {
        "python" => Command::new(python),
        _ => Command::new(python.parent().unwrap().join(name)),
    }
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// It must be content.
fn content(command: &mut Command) {
    let output = command.current_dir(root("")).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}; `tests/run.sh tools` installs it"));
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
}

#[test]
fn the_manifests_hold_the_rules_dashboards_and_config_of_the_repository() {
    content(tool("python").args(["deploy/kubernetes/make.py", "--check"]));
}

#[test]
fn the_manifests_are_valid_and_the_pod_keeps_the_restricted_profile() {
    let files = ["config", "deployment", "podmonitor", "prometheusrule", "dashboards"];
    let kustomization = std::fs::read_to_string(root("deploy/kubernetes/kustomization.yaml")).unwrap();
    let listed: Vec<_> = kustomization.lines().filter_map(|line| line.strip_prefix("  - ")).collect();
    assert_eq!(files.map(|name| format!("{name}.yaml")).to_vec(), listed);
    let files = files.map(|name| format!("deploy/kubernetes/{name}.yaml"));
    content(tool("python").arg("tests/support/check_manifests.py").args(files));
}

#[test]
fn the_config_of_the_sidecar_fits_a_log_and_its_profile() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let config = std::fs::read_to_string(root("deploy/kubernetes/driftgauge.toml")).unwrap();
    let places = ["/var/log/model/", "/etc/driftgauge/profile/", "/var/lib/driftgauge"];
    let config = places.iter().fold(config, |config, place| {
        assert!(config.contains(place), "{place} is mounted");
        config.replace(place, &path(""))
    });
    std::fs::write(path("driftgauge.toml"), config).unwrap();
    let rows = "{\"ts\":\"2026-01-01T00:00:00Z\",\"features\":{\"age\":1},\"prediction\":1,\"score\":0.7,\"label\":1}\n\
                {\"ts\":\"2026-01-01T00:00:01Z\",\"features\":{\"age\":2},\"prediction\":0,\"score\":0.2,\"label\":0}\n";
    std::fs::write(path("reference.jsonl"), rows.repeat(500)).unwrap();
    printed(
        folder.path(),
        ["profile", "--config", "driftgauge.toml", "--input", "reference.jsonl", "-o", "profile.json"],
    );
    let check = output(folder.path(), ["check", "--config", "driftgauge.toml"]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&[check.stdout, check.stderr].concat()));
}

#[test]
fn the_dockerfile_and_the_files_of_the_demo_are_valid() {
    content(tool("hadolint").arg("Dockerfile"));
    content(tool("check-jsonschema").args(["--builtin-schema", "vendor.compose-spec", "deploy/demo/compose.yaml"]));
    content(Command::new("promtool").args(["check", "config", "--syntax-only", "deploy/demo/prometheus.yml"]));
    content(Command::new("amtool").args(["check-config", "deploy/demo/alertmanager.yml"]));
}

/// How long the demo may be silent before it pages, for a machine with other work.
const PATIENCE: Duration = Duration::from_secs(300);

/// A port that nothing listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn the_demo_of_the_whole_pages_with_the_cause_and_ends_at_once() {
    let names = ["DRIFTGAUGE_PORT", "PROMETHEUS_PORT", "ALERTMANAGER_PORT", "RECEIVER_PORT"];
    let ports = names.map(|_| free_port());
    let mut command = Command::new(root("deploy/demo/run.sh"));
    command
        .env("DRIFTGAUGE", env!("CARGO_BIN_EXE_driftgauge"))
        .envs(names.iter().zip(ports.map(|port| port.to_string())));
    // The script ends what it started when it is told to; a group of its own spares the test.
    let mut demo = command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let (told, lines) = channel();
    let out = BufReader::new(demo.stdout.take().unwrap());
    std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| told.send(line)));
    let mut said = String::new();
    // The title of the alert, then its text: what drifted, by how much, and from when on it counts.
    let paged = |said: &str| {
        let text = said.split("[FIRING] warning DriftgaugeFeatureDrift elec-price-up").nth(1)?;
        ["- transfer (distribution): moved by", "counts from", "nats since", "n = "]
            .iter()
            .all(|part| text.contains(part))
            .then_some(())
    };
    while paged(&said).is_none() {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => said.push_str(&format!("{line}\n")),
            Err(error) => {
                demo.kill().ok();
                panic!("no page: {error}: {said}");
            }
        }
    }
    assert!(Command::new("kill").args(["-TERM", &demo.id().to_string()]).status().unwrap().success());
    assert_eq!(Some(143), demo.wait().unwrap().code());
    for (name, port) in names.iter().zip(ports) {
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "{name}: it still listens");
    }
}
