//! What is shipped for Prometheus and Alertmanager, held against the programs themselves and against the catalogue.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

use driftgauge::report::Kind;
use driftgauge::report::catalog::catalog;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const RULES: [&str; 2] = ["alert-rules/driftgauge-alerts.yaml", "alert-rules/driftgauge-fleet.yaml"];
const ALERTMANAGER: &str = "alert-rules/alertmanager.yaml";

/// What is shown of every alert, in a test of its own.
const CLAIMS: [&str; 4] =
    ["fires, holds and resolves", "survives a failed scrape", "is one with two replicas", "is silent without data"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files of a folder with this extension, in order.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = listed.filter(|path| path.extension().is_some_and(|end| end == extension)).collect();
    files.sort();
    files
}

/// What a program says; it must succeed.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(root()).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed by this test: {error}"));
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{program} {arguments:?}: {}\n{}", output.status, said.join("\n"));
    said.into_iter().next().unwrap()
}

/// The rest of each line of the rules that begins with this, after its indentation.
fn listed(start: &str) -> BTreeSet<String> {
    let rules = RULES.map(text).join("\n");
    rules.lines().filter_map(|line| line.trim_start().strip_prefix(start)).map(str::to_owned).collect()
}

fn alerts() -> BTreeSet<String> {
    listed("- alert: ")
}

/// Everything that may be a name of a series.
fn names(text: &str) -> BTreeSet<String> {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = text.split(|c: char| !inside(c)).map(|word| word.trim_matches(':'));
    let words = words.filter(|word| {
        (word.starts_with("driftgauge_") && *word != "driftgauge_")
            || (word.contains(':') && word.contains("driftgauge"))
    });
    words.map(str::to_owned).collect()
}

/// Names in a text that are neither a family nor a recorded series.
fn unknown(text: &str) -> Vec<String> {
    let mut known = listed("- record: ");
    for entry in catalog() {
        if entry.kind == Kind::Histogram {
            known.extend(["_bucket", "_sum", "_count"].map(|suffix| format!("{}{suffix}", entry.name)));
        }
        known.insert(entry.name);
    }
    names(text).into_iter().filter(|name| !known.contains(name)).collect()
}

/// The blocks of PromQL of a page.
fn queries(page: &str) -> Vec<String> {
    let blocks = page.split("```promql\n").skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(query, _)| query.trim().to_owned()).collect()
}

#[test]
fn prometheus_takes_the_rules() {
    said("promtool", &[&["check", "rules", "--lint=all", "--lint-fatal"], RULES.as_slice()].concat());
}

#[test]
fn the_rules_do_what_their_tests_say() {
    let tests = files("alert-rules/tests", "yaml");
    let tests: Vec<String> = tests.iter().map(|path| path.display().to_string()).collect();
    // Two at a time: each has its own storage, and there are many evaluations.
    let halves: Vec<Vec<&str>> =
        (0..2).map(|half| tests.iter().skip(half).step_by(2).map(String::as_str).collect()).collect();
    std::thread::scope(|scope| {
        for half in &halves {
            scope.spawn(|| said("promtool", &[&["test", "rules"], half.as_slice()].concat()));
        }
    });
}

#[test]
fn every_alert_is_shown_in_each_situation() {
    let mut found = BTreeSet::new();
    for path in files("alert-rules/tests", "yaml") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let alert = name.trim_end_matches("-over-days").to_owned();
        let tests = std::fs::read_to_string(&path).unwrap();
        for claim in CLAIMS {
            let with_claim = |line: &str| line.starts_with(&format!("  - name: {alert} ")) && line.ends_with(claim);
            assert!(tests.lines().any(with_claim), "{name} has no test that it {claim}");
        }
        let others: Vec<&str> = tests
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("alertname: "))
            .filter(|other| *other != alert)
            .collect();
        assert!(others.is_empty(), "{name} tests {others:?}");
        found.insert(alert);
    }
    assert_eq!(alerts(), found);
}

#[test]
fn every_alert_says_what_it_must() {
    let rules = RULES.map(text).join("\n");
    let blocks: Vec<&str> = rules.split("- alert: ").skip(1).collect();
    for block in blocks {
        let block = block.split("\n      - ").next().unwrap();
        let name = block.lines().next().unwrap();
        assert!(name.starts_with("Driftgauge"), "{name}");
        let severity = ["critical", "warning", "info"].iter().any(|s| block.contains(&format!("severity: {s},")));
        assert!(severity, "{name} has no severity");
        for part in ["summary: ", "description: ", &format!("/{name}.md")] {
            assert!(block.contains(part), "{name} has no {part}");
        }
    }
}

#[test]
fn every_alert_has_a_page_and_every_page_an_alert() {
    let pages: BTreeSet<String> = files("docs/runbooks", "md")
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "README")
        .collect();
    assert_eq!(alerts(), pages);
    for alert in alerts() {
        let page = text(&format!("docs/runbooks/{alert}.md"));
        for heading in [&format!("# {alert}\n"), "## Look at\n", "## Likely causes\n", "## What to do\n"] {
            assert!(page.contains(heading), "{alert} has no {heading}");
        }
        for link in page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            assert!(root().join("docs/runbooks").join(link).exists(), "{alert}: {link}");
        }
        assert!((3..=4).contains(&queries(&page).len()), "{alert} has {} queries", queries(&page).len());
    }
}

#[test]
fn every_series_that_is_named_exists() {
    for path in RULES {
        assert_eq!(Vec::<String>::new(), unknown(&text(path)), "{path}");
    }
    for path in files("docs/runbooks", "md") {
        let page = std::fs::read_to_string(&path).unwrap();
        assert_eq!(Vec::<String>::new(), unknown(&page), "{}", path.display());
    }
}

#[test]
fn every_query_of_a_page_parses() {
    let mut rules = "groups:\n  - name: pages\n    rules:\n".to_owned();
    let mut count = 0;
    for path in files("docs/runbooks", "md") {
        let page = std::fs::read_to_string(&path).unwrap();
        for query in queries(&page) {
            let lines: Vec<String> = query.lines().map(|line| format!("          {line}\n")).collect();
            rules.push_str(&format!("      - record: page:query:{count}\n        expr: |\n{}", lines.concat()));
            count += 1;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yaml");
    std::fs::write(&file, rules).unwrap();
    let said = said("promtool", &["check", "rules", &file.display().to_string()]);
    assert!(said.contains(&format!("SUCCESS: {count} rules found")), "{said}");
}

#[test]
fn alertmanager_takes_the_routing() {
    let said = said("amtool", &["check-config", ALERTMANAGER]);
    assert!(said.contains("1 templates"), "{said}");
}

#[test]
fn alerts_go_where_they_are_read() {
    for (labels, receivers) in [
        ("severity=critical area=performance model=credit", "pager,models"),
        ("severity=warning area=drift model=credit", "models"),
        ("severity=critical area=drift model=search-web", "pager,dingtalk,models"),
        ("severity=warning area=quality model=recsys-home", "wecom,models"),
        ("severity=warning area=driftgauge instance=a:9877", "platform"),
        ("severity=info area=drift model=credit", "mail"),
        ("severity=none", "models"),
    ] {
        let file = format!("--config.file={ALERTMANAGER}");
        let mut arguments = vec!["config", "routes", "test", &file, "--verify.receivers", receivers];
        arguments.extend(labels.split(' '));
        said("amtool", &arguments);
    }
}
