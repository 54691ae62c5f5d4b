//! Every folder in `examples/` with an `expected.prom` is replayed by the program and compared with it.
//!
//! A script beside `expected.prom` writes it, with other tools. Each of its lines is a series that must be there with
//! that value, to nine digits. Comments that begin a line say otherwise of the lines after them:
//!
//! - `# tolerance 1e-6`: the values may differ by this much, relative to the larger of the expected one and 1e-300;
//! - `# bound NAME`: series of the family `NAME` may also differ by their `NAME_error_bound` (before a unit `_seconds`).
//!
//! The config is `driftgauge.toml` in the folder. Its paths are relative to the folder or to the root of the
//! repository (`examples/...`). A profile that it names and that is not there is built from `reference.*`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const NINE_DIGITS: f64 = 1e-9;

fn examples() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    folders.filter(|folder| folder.join("expected.prom").exists()).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// Runs the program in a folder and returns what it prints.
fn driftgauge(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_driftgauge")).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Builds the profiles that the config names and that are not there.
fn build_profiles(config: &Path, directory: &Path) {
    let table: toml::Table = std::fs::read_to_string(config).unwrap().parse().unwrap();
    let folder = config.parent().unwrap();
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("reference.");
    let references: Vec<PathBuf> = files.filter(named).collect();
    for model in table["model"].as_array().unwrap() {
        let (Some(name), Some(profile)) = (model["name"].as_str(), model.get("profile").and_then(|p| p.as_str()))
        else {
            continue;
        };
        if directory.join(profile).exists() {
            continue;
        }
        std::fs::create_dir_all(directory.join(profile).parent().unwrap()).unwrap();
        let config = config.to_str().unwrap();
        let mut arguments = vec!["profile", "--config", config, "--model", name, "--output", profile];
        references.iter().for_each(|path| arguments.extend(["--input", path.to_str().unwrap()]));
        driftgauge(directory, &arguments);
    }
}

/// A series: the name of its family and its labels.
type Series = (String, BTreeSet<String>);

/// `name{a="b",c="d"} 1` as series and value.
fn sample(line: &str) -> (Series, f64) {
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
    let (name, labels) = series.strip_suffix('}').and_then(|series| series.split_once('{')).unwrap_or((series, ""));
    let labels = labels.split("\",").map(|label| label.trim_end_matches('"').to_owned());
    let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
    ((name.to_owned(), labels.filter(|label| !label.is_empty()).collect()), value)
}

/// The family that has the error bounds of a family; a unit stays last.
fn bound_of(family: &str) -> String {
    match family.strip_suffix("_seconds") {
        Some(stem) => format!("{stem}_error_bound_seconds"),
        None => format!("{family}_error_bound"),
    }
}

/// What in the output is not as expected.
fn complaints(expected: &str, output: &str) -> Vec<String> {
    let observed: BTreeMap<Series, f64> =
        output.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(sample).collect();
    let (mut tolerance, mut bounded, mut compared) = (NINE_DIGITS, BTreeSet::new(), 0);
    let mut complaints = Vec::new();
    for line in expected.lines().filter(|line| !line.is_empty()) {
        if let Some(comment) = line.strip_prefix('#') {
            match comment.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["tolerance", value] => tolerance = value.parse().unwrap(),
                ["bound", name] => {
                    bounded.insert((*name).to_owned());
                }
                _ => {}
            }
            continue;
        }
        compared += 1;
        let (series, exact) = sample(line);
        let bound = match bounded.contains(&series.0) {
            true => observed.get(&(bound_of(&series.0), series.1.clone())).copied(),
            false => Some(0.0),
        };
        match (observed.get(&series), bound) {
            (None, _) => complaints.push(format!("{line}: no such series")),
            (_, None) => complaints.push(format!("{line}: no error bound")),
            (Some(value), Some(bound)) => {
                if (value - exact).abs() > bound + tolerance * exact.abs().max(1e-300) {
                    complaints.push(format!("{line}: observed {value}, bound {bound}"));
                }
            }
        }
    }
    assert!(compared > 0, "nothing is expected");
    complaints
}

#[test]
fn examples_give_what_other_tools_expect() {
    let examples = examples();
    assert!(examples.len() > 1, "{examples:?}");
    for example in examples {
        let name = example.file_name().unwrap().to_str().unwrap();
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("examples").join(name);
        copy(&example, &folder);
        let config = folder.join("driftgauge.toml");
        let from_root = std::fs::read_to_string(&config).unwrap().contains(&format!("\"examples/{name}/"));
        let directory = if from_root { root.path() } else { &folder };
        build_profiles(&config, directory);
        let output = driftgauge(directory, &["replay", "--config", config.to_str().unwrap()]);
        let expected = std::fs::read_to_string(folder.join("expected.prom")).unwrap();
        let complaints = complaints(&expected, &output);
        assert!(complaints.is_empty(), "{name}:\n{}", complaints.join("\n"));
    }
}

#[test]
fn what_differs_is_noticed() {
    let output = "# HELP a A.\na{x=\"1\",y=\"2\"} 1.0\na_error_bound{x=\"1\",y=\"2\"} 0.5\nb 3\n\
                  c_seconds 2\nc_error_bound_seconds 1\n";
    for (expected, complained) in [
        ("a{y=\"2\",x=\"1\"} 1\nb 3", 0),
        ("a{x=\"1\",y=\"2\"} 1.4", 1),
        ("# bound a\na{x=\"1\",y=\"2\"} 1.4", 0),
        ("# bound a\na{x=\"1\",y=\"2\"} 1.6", 1),
        ("# bound b\nb 3", 1),
        ("b 3.00001", 1),
        ("# tolerance 1e-4\nb 3.00001", 0),
        ("# bound c_seconds\nc_seconds 1.5", 0),
        ("# bound c_seconds\nc_seconds 0.5", 1),
        ("c 1", 1),
        ("a{x=\"1\"} 1", 1),
    ] {
        assert_eq!(complained, complaints(expected, output).len(), "{expected}");
    }
}
