//! The program as a user meets it: exit codes, messages, help, what it prints.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod program;
    pub mod prom_text;
    pub mod small;
}

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::process::Stdio;
use support::program::{driftgauge, output, printed};
use support::prom_text::Exposition;
use support::small::{CONFIG, Small, actuals, predictions};

const PROFILE: &[&str] = &["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
const REPLAY: &[&str] = &["replay", "--config", "driftgauge.toml"];
const CHECK: &[&str] = &["check", "--config", "driftgauge.toml"];
const SUBCOMMANDS: &[&str] = &["run", "check", "profile", "replay", "demo", "catalog"];

/// A folder in which everything is well.
fn ready() -> Small {
    let small = Small::new(CONFIG);
    printed(small.path(), PROFILE);
    small.write("log.jsonl", &(predictions(0..100) + &actuals(0..80)));
    small
}

#[test]
fn exit_codes_say_done_failed_or_wrong_usage_and_messages_name_the_place() {
    let small = ready();
    small.write("two.toml", &format!("{CONFIG}\n[[model]]\nname = \"price\"\ntask = \"regression\"\n"));
    small.write("typo.toml", &CONFIG.replace("task =", "tusk ="));
    small.write("lost.toml", &CONFIG.replace("profile.json", "nowhere.json"));
    small.write("empty.csv", "age,plan,score,prediction,label\n");
    small.write("broken.json", "{");
    small.write("broken.toml", &CONFIG.replace("profile.json", "broken.json"));
    let cases: &[(&str, i32, &[&str])] = &[
        ("", 2, &["Usage"]),
        ("follow", 2, &["follow"]),
        ("--version", 0, &[]),
        ("check --config driftgauge.toml", 0, &["100 predictions", "80 actuals"]),
        ("replay --config driftgauge.toml", 0, &[]),
        ("replay", 2, &["--config"]),
        ("replay --config nowhere.toml", 2, &["nowhere.toml", "cannot be read"]),
        ("replay --config typo.toml", 2, &["typo.toml:6", "model[0].tusk", "task", "binary"]),
        ("replay --config lost.toml", 2, &["nowhere.json"]),
        ("replay --config broken.toml", 2, &["broken.json"]),
        ("replay --config driftgauge.toml --until yesterday", 2, &["--until", "RFC 3339"]),
        ("run --config typo.toml", 2, &["typo.toml:6"]),
        ("check --config lost.toml", 2, &["nowhere.json"]),
        ("profile --config driftgauge.toml --input nowhere.csv -o p.json", 1, &["nowhere.csv", "No such file"]),
        ("profile --config driftgauge.toml --input reference.csv -o nowhere/p.json", 1, &["nowhere", "No such file"]),
        ("profile --config driftgauge.toml --input empty.csv -o p.json", 2, &["profile"]),
        ("profile --config driftgauge.toml -o p.json", 2, &["--input"]),
        ("profile --config two.toml --input reference.csv -o p.json", 2, &["--model", "churn", "price"]),
        ("profile --config two.toml --model fraud --input reference.csv -o p.json", 2, &["fraud", "churn", "price"]),
        ("profile --config two.toml --model churn --input reference.csv -o p.json", 0, &["200 rows", "sha"]),
        ("catalog", 0, &[]),
        ("catalog --html", 2, &["--html"]),
        ("demo --rate 0", 2, &["--rate"]),
    ];
    for (arguments, code, parts) in cases {
        let output = output(small.path(), arguments.split_whitespace());
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(Some(*code), output.status.code(), "{arguments}: {told}");
        for part in *parts {
            assert!(told.contains(part), "{arguments}: no {part:?} in: {told}");
        }
        assert!(!told.contains("panicked"), "{arguments}: {told}");
        if *code != 0 {
            assert!(output.stdout.is_empty(), "{arguments}: an error goes to standard error only");
        }
    }
}

#[test]
fn every_problem_of_a_config_is_told_at_once_with_its_line() {
    let small = Small::new(
        "[[source]]\npaths = []\nformat = \"jsnl\"\n[[model]]\nname = \"m\"\ntask = \"binary\"\n[windows]\nlengths = [\"5x\"]\n",
    );
    let output = output(small.path(), CHECK);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(Some(2), output.status.code());
    for part in [
        "driftgauge.toml:2 source[0].paths",
        "driftgauge.toml:3 source[0].format",
        "\"jsonl\"",
        "driftgauge.toml:8 windows.lengths[0]",
    ] {
        assert!(told.contains(part), "no {part:?} in: {told}");
    }
}

#[test]
fn check_tells_every_problem_of_profile_and_mapping_at_once() {
    let small = ready();
    small
        .write("log.jsonl", &predictions(0..50).replace("\"age\"", "\"years\"").replace("\"prediction\"", "\"class\""));
    small.append("log.jsonl", "no json\n");
    let lost = "\n[[model]]\nname = \"price\"\ntask = \"regression\"\nprofile = \"nowhere.json\"\n";
    small.write("driftgauge.toml", &format!("{CONFIG}{lost}"));
    let output = output(small.path(), CHECK);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(Some(2), output.status.code(), "{told}");
    for part in ["nowhere.json", "1 of the first 51 lines rejected as syntax", "feature age of churn 1 is in none"] {
        assert!(told.contains(part), "no {part:?} in: {told}");
    }
}

#[test]
fn help_of_every_subcommand_fits_a_screen_and_has_an_example() {
    let small = Small::new(CONFIG);
    for subcommand in SUBCOMMANDS {
        let help = printed(small.path(), [subcommand, "--help"]);
        assert!(help.lines().count() <= 24, "{subcommand}: {} lines", help.lines().count());
        let widest = help.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 100, "{subcommand}: {widest} columns");
        assert!(help.contains(&format!("Example: driftgauge {subcommand}")), "{help}");
    }
    let help = printed(small.path(), ["--help"]);
    assert!(help.lines().count() <= 24 && SUBCOMMANDS.iter().all(|subcommand| help.contains(subcommand)), "{help}");
}

#[test]
fn catalog_lists_families_in_both_forms() {
    let small = Small::new(CONFIG);
    for arguments in [&["catalog"][..], &["catalog", "--markdown"]] {
        let text = printed(small.path(), arguments);
        for family in ["driftgauge_predictions_total", "driftgauge_feature_psi", "driftgauge_accuracy_ratio"] {
            assert!(text.contains(family), "{arguments:?}: {family}");
        }
    }
}

#[test]
fn profile_and_replay_give_the_same_twice() {
    let small = ready();
    let first = printed(small.path(), REPLAY);
    assert_eq!(first, printed(small.path(), REPLAY));
    let sha = |text: &str| -> String {
        let found = Exposition::parse(text);
        let mut infos = found.iter().filter(|(name, _, _)| *name == "driftgauge_reference_info");
        infos.next().unwrap().1["sha"].clone()
    };
    let content = || -> serde_json::Value {
        let mut content: serde_json::Value =
            serde_json::from_slice(&fs::read(small.file("profile.json")).unwrap()).unwrap();
        assert!(content.as_object_mut().unwrap().remove("created").is_some());
        content
    };
    let before = content();
    printed(small.path(), PROFILE);
    assert_eq!(before, content());
    assert_eq!(sha(&first), sha(&printed(small.path(), REPLAY)));
}

#[test]
fn standard_input_is_replayed_like_a_file() {
    let small = ready();
    let from_file = printed(small.path(), REPLAY);
    small.write("driftgauge.toml", &CONFIG.replace("log*.jsonl", "-"));
    let log = fs::File::open(small.file("log.jsonl")).unwrap();
    let output = driftgauge(small.path()).args(REPLAY).stdin(log).output().unwrap();
    let from_input = String::from_utf8(output.stdout).unwrap();
    let named = |source: &str| format!("source=\"{source}\"");
    assert_eq!(from_file.replace(&named("log*.jsonl"), &named("-")), from_input);
    assert_eq!(100.0, Exposition::parse(&from_input).sum("driftgauge_predictions_total"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let small = ready();
    small.write("driftgauge.toml", &CONFIG.replace("log*.jsonl", "-"));
    for arguments in [REPLAY, &["catalog"]] {
        let mut command = driftgauge(small.path());
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A replay prints when its input ends, which is after its reader has gone.
        drop(child.stdout.take());
        let mut input = child.stdin.take().unwrap();
        // What does not read its input may have ended.
        input.write_all(predictions(0..100).as_bytes()).ok();
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert_eq!(Some(0), output.status.code(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn run_names_the_address_that_is_in_use() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let small = ready();
    small.write("driftgauge.toml", &CONFIG.replace("127.0.0.1:0", &address));
    let output = output(small.path(), ["run", "--config", "driftgauge.toml"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(Some(1), output.status.code(), "{told}");
    assert!(told.contains(&address) && told.contains("in use"), "{told}");
}
