//! References from files and over TLS: what is answered, and what is reported.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support {
    pub mod reference;
    pub mod tls_server;
}

use driftgauge::engine::config::{Causes, Drift, Fleet, Model, Performance, Segments, Thresholds};
use driftgauge::event::{StreamKey, Task};
use driftgauge::profile::{ReferenceSource, Standing};
use driftgauge::references::{Config, Problem, References, ReferencesError};
use driftgauge::schema::{ColumnSource, Known};
use driftgauge::time::Length;
use std::path::Path;
use std::sync::Arc;
use support::reference::{reference, reference_of};
use support::tls_server::TlsServer;
use tempfile::TempDir;

fn model(name: &str, profile: Option<String>) -> Model {
    Model {
        name: name.to_owned(),
        task: Task::Regression,
        profile,
        warmup: Length::from_seconds(60),
        drift: Drift::default(),
        performance: Performance::default(),
        causes: Causes::default(),
        thresholds: Thresholds::default(),
        multivariate: driftgauge::derive::Wanted::default(),
        segments: Segments::default(),
        fleet: Fleet::default(),
    }
}

fn references(models: Vec<Model>) -> References {
    References::new(models, Config::default()).unwrap()
}

fn key(model: &str, version: &str) -> StreamKey {
    StreamKey { model: model.into(), version: version.into() }
}

/// In the directory.
fn place(directory: &TempDir, name: &str) -> Option<String> {
    Some(directory.path().join(name).to_str().unwrap().to_owned())
}

/// Puts a file into its place at once, as deployments do.
fn put(directory: &TempDir, name: &str, content: &str) {
    let path = directory.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let fresh = directory.path().join("fresh");
    std::fs::write(&fresh, content).unwrap();
    std::fs::rename(fresh, path).unwrap();
}

fn profile(rows: usize) -> String {
    reference(Task::Regression, rows).to_json()
}

/// What is answered for a stream, in words: the rows of the reference tell which one it is.
fn answer(references: &References, model: &str, version: &str) -> String {
    match references.resolve(&key(model, version)).map(|resolved| resolved.standing) {
        None => "not configured".to_owned(),
        Some(Standing::Learn) => "learn".to_owned(),
        Some(Standing::Unavailable) => "unavailable".to_owned(),
        Some(Standing::Loaded { reference, stale }) => {
            format!("{} rows{}", reference.rows, if stale { ", stale" } else { "" })
        }
    }
}

fn generation(references: &References) -> u64 {
    ReferenceSource::generation(references)
}

fn messages(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.message.as_str()).collect()
}

const NONE: [&str; 0] = [];

// Files.

#[test]
fn a_changed_file_is_read_again() {
    let directory = TempDir::new().unwrap();
    put(&directory, "p.json", &profile(40));
    let references = references(vec![model("m", place(&directory, "p.json"))]);
    assert_eq!(NONE, *messages(&references.load_all()));
    assert_eq!("40 rows", answer(&references, "m", "1"));
    let before = generation(&references);

    assert_eq!(NONE, *messages(&references.refresh()));
    assert_eq!(before, generation(&references), "nothing changed");

    put(&directory, "p.json", &profile(50));
    assert_eq!("40 rows", answer(&references, "m", "1"), "not looked at yet");
    assert_eq!(NONE, *messages(&references.refresh()));
    assert_eq!("50 rows", answer(&references, "m", "1"));
    assert!(before < generation(&references));
}

#[test]
fn the_same_content_again_is_the_same_reference() {
    let directory = TempDir::new().unwrap();
    put(&directory, "p.json", &profile(40));
    let references = references(vec![model("m", place(&directory, "p.json"))]);
    let loaded = |version| match references.resolve(&key("m", version)).unwrap().standing {
        Standing::Loaded { reference, .. } => reference,
        standing => panic!("{standing:?}"),
    };
    let first = loaded("1");
    assert!(Arc::ptr_eq(&first, &loaded("2")), "versions share it");
    let before = generation(&references);
    put(&directory, "p.json", &profile(40));
    references.refresh();
    assert!(Arc::ptr_eq(&first, &loaded("1")));
    assert_eq!(before, generation(&references));
}

#[test]
fn a_broken_file_does_not_replace_a_good_one() {
    let directory = TempDir::new().unwrap();
    put(&directory, "p.json", &profile(40));
    let references = references(vec![model("m", place(&directory, "p.json"))]);
    references.load_all();
    assert_eq!("40 rows", answer(&references, "m", "1"));
    let good = generation(&references);

    let changed = profile(50).replace("\"rows\":50", "\"rows\":51");
    put(&directory, "p.json", &changed);
    let problems = references.refresh();
    assert_eq!(1, problems.len());
    assert!(problems[0].message.contains("it was changed or cut off"), "{}", problems[0]);
    assert_eq!("m", problems[0].model);
    assert_eq!(place(&directory, "p.json").unwrap(), problems[0].location);
    assert_eq!("40 rows, stale", answer(&references, "m", "1"));
    let stale = generation(&references);
    assert!(good < stale);
    assert_eq!(problems, references.refresh(), "it is still wrong when it was not read again");
    assert_eq!(stale, generation(&references));

    std::fs::remove_file(directory.path().join("p.json")).unwrap();
    assert_eq!(["No such file or directory (os error 2)"], *messages(&references.refresh()));
    assert_eq!("40 rows, stale", answer(&references, "m", "1"));

    put(&directory, "p.json", &profile(40));
    assert_eq!(NONE, *messages(&references.refresh()));
    assert_eq!("40 rows", answer(&references, "m", "1"));
    assert!(stale < generation(&references));
}

#[test]
fn a_missing_file_is_loaded_once_it_is_there() {
    let directory = TempDir::new().unwrap();
    let fixed = model("m", place(&directory, "p.json"));
    let versioned = model("v", place(&directory, "{version}.json"));
    let references = references(vec![fixed, versioned]);
    assert_eq!(["No such file or directory (os error 2)"], *messages(&references.load_all()));
    assert_eq!("unavailable", answer(&references, "m", "1"));
    assert_eq!("unavailable", answer(&references, "v", "2"));
    assert_eq!(2, references.problems().len());
    let Some(Known::Columns(columns)) = references.columns(&key("m", "1")) else { panic!("discovers") };
    assert!(columns.features.is_empty());

    let before = generation(&references);
    put(&directory, "p.json", &profile(40));
    put(&directory, "2.json", &profile(50));
    assert_eq!(NONE, *messages(&references.refresh()));
    assert_eq!("40 rows", answer(&references, "m", "1"));
    assert_eq!("50 rows", answer(&references, "v", "2"));
    assert!(before < generation(&references));
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let directory = TempDir::new().unwrap();
    let pipe = directory.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let references = references(vec![model("pipe", place(&directory, "pipe")), model("folder", place(&directory, ""))]);
    assert_eq!(["not a file", "not a file"], *messages(&references.load_all()));
}

#[test]
fn a_large_file_is_refused() {
    let directory = TempDir::new().unwrap();
    put(&directory, "p.json", &profile(40));
    for (max_bytes, expected) in [(profile(40).len() as u64, "40 rows"), (100, "unavailable")] {
        let config = Config { max_bytes, ..Config::default() };
        let references = References::new(vec![model("m", place(&directory, "p.json"))], config).unwrap();
        references.load_all();
        assert_eq!(expected, answer(&references, "m", "1"));
        let problems = references.problems();
        assert!(problems.iter().all(|problem| problem.message == "larger than 100 bytes"), "{problems:?}");
    }
}

// Places that depend on the stream.

#[test]
fn streams_have_profiles_of_their_own() {
    let directory = TempDir::new().unwrap();
    put(&directory, "credit/v1.json", &profile(40));
    put(&directory, "credit/v2.json", &profile(50));
    let references = references(vec![model("*", place(&directory, "{model}/{version}.json"))]);
    assert_eq!(NONE, *messages(&references.load_all()), "no place is known yet");
    let before = generation(&references);
    assert_eq!("40 rows", answer(&references, "credit", "v1"));
    assert_eq!("50 rows", answer(&references, "credit", "v2"));
    assert_eq!(before, generation(&references), "a first answer is not a change of one");

    put(&directory, "credit/v2.json", &profile(60));
    references.refresh();
    assert_eq!("40 rows", answer(&references, "credit", "v1"));
    assert_eq!("60 rows", answer(&references, "credit", "v2"));
}

#[test]
fn hostile_names_do_not_leave_the_directory() {
    let directory = TempDir::new().unwrap();
    put(&directory, "secret.json", &profile(40));
    put(&directory, "profiles/..json", &profile(50));
    put(&directory, "profiles/a/b.json", &profile(60));
    let references = references(vec![model("*", place(&directory, "profiles/{version}.json"))]);
    for version in ["../secret", "a/b", "..", ".", "", "../../../../../../etc/passwd", "a\0", "%2e%2e/secret"] {
        assert_eq!("unavailable", answer(&references, "m", version), "{version:?}");
        let problems = references.problems();
        assert_eq!(1, problems.len(), "one a model, however many versions there are");
        assert!(problems[0].message.starts_with("the version "), "{}", problems[0]);
        assert!(problems[0].location.ends_with("profiles/{version}.json"));
    }
    assert_eq!(1, references.refresh().len());
}

#[test]
fn a_log_that_makes_up_versions_is_bounded() {
    let directory = TempDir::new().unwrap();
    put(&directory, "good.json", &profile(40));
    put(&directory, "new.json", &profile(50));
    let references = references(vec![model("*", place(&directory, "{version}.json"))]);
    assert_eq!("40 rows", answer(&references, "m", "good"));
    for version in 0..1_500 {
        assert_eq!("unavailable", answer(&references, "m", &version.to_string()));
    }
    assert_eq!(999, references.refresh().len());
    assert_eq!("40 rows", answer(&references, "m", "good"));
    assert_eq!("50 rows", answer(&references, "m", "new"), "what is missing makes room");
}

// Models.

#[test]
fn the_exact_name_wins_over_globs_and_the_first_glob_over_later_ones() {
    let models = ["credit-*", "*", "credit-b", "fraud"].map(|name| model(name, None));
    let references = references(models.into());
    for (name, expected) in
        [("credit-a", "credit-*"), ("credit-b", "credit-b"), ("fraud", "fraud"), ("frauds", "*"), ("", "*")]
    {
        assert_eq!(expected, references.resolve(&key(name, "1")).unwrap().model.name);
    }
}

#[test]
fn an_unknown_model_is_not_configured() {
    let references = references(vec![model("credit-?", None)]);
    assert_eq!("not configured", answer(&references, "fraud", "1"));
    assert!(references.columns(&key("fraud", "1")).is_none());
    references.learned(&key("fraud", "1"), Arc::new(reference(Task::Regression, 40)));
    assert_eq!("not configured", answer(&references, "fraud", "1"));
}

#[test]
fn records_without_a_model_are_of_the_only_one() {
    for (names, expected) in
        [(vec!["a"], Some("a")), (vec!["a", "b*", "?"], Some("a")), (vec!["a", "b"], None), (vec!["a*"], None)]
    {
        let references = references(names.iter().map(|name| model(name, None)).collect());
        assert_eq!(expected, references.only_model().as_deref(), "{names:?}");
    }
}

#[test]
fn a_learned_reference_tells_the_columns() {
    let directory = TempDir::new().unwrap();
    let references = references(vec![model("m", None), model("p", place(&directory, "p.json"))]);
    assert_eq!("learn", answer(&references, "m", "1"));
    assert!(matches!(references.columns(&key("m", "1")), Some(Known::Discover)));
    let before = generation(&references);
    let learned = Arc::new(reference(Task::Regression, 40));
    references.learned(&key("m", "1"), learned.clone());
    assert!(before < generation(&references));
    assert_eq!("40 rows", answer(&references, "m", "1"));
    assert_eq!("learn", answer(&references, "m", "2"), "each version learns");
    let Some(Known::Columns(columns)) = references.columns(&key("m", "1")) else { panic!("discovers") };
    assert!(Arc::ptr_eq(&learned.columns(), &columns));

    references.learned(&key("p", "1"), learned);
    assert_eq!("unavailable", answer(&references, "p", "1"), "a profile is not replaced by what was learned");
}

#[test]
fn a_profile_of_another_task_or_class_is_not_used() {
    let directory = TempDir::new().unwrap();
    put(&directory, "regression.json", &profile(40));
    put(&directory, "binary.json", &reference_of(Task::Binary, 40, "1").to_json());
    let case = |file: &str, task, positive: Option<&str>| {
        let mut model = model("m", place(&directory, file));
        model.task = task;
        model.performance.positive_class = positive.map(str::to_owned);
        let references = references(vec![model]);
        let problems = references.load_all();
        assert_eq!(problems.is_empty(), answer(&references, "m", "1") == "40 rows");
        messages(&problems).join("; ")
    };
    assert_eq!("", case("regression.json", Task::Regression, None));
    assert_eq!("", case("regression.json", Task::Regression, Some("1")), "classes are no matter of a regression");
    assert_eq!("", case("binary.json", Task::Binary, None));
    assert_eq!("", case("binary.json", Task::Binary, Some("1")));
    assert_eq!("the profile is of a regression, the model is binary", case("regression.json", Task::Binary, Some("1")));
    assert_eq!(
        "the profile is of a binary classification, the model is multiclass",
        case("binary.json", Task::Multiclass, None)
    );
    assert_eq!(
        "the positive class of the profile is \"1\", of the model \"0\"",
        case("binary.json", Task::Binary, Some("0"))
    );
}

// Servers.

/// The references of one model behind the server, and the directory of its CA file.
fn remote(server: &TlsServer, path: &str, max_bytes: u64) -> (References, TempDir) {
    trusting(&server.ca_pem, server.url(path), max_bytes)
}

fn trusting(ca_pem: &str, url: String, max_bytes: u64) -> (References, TempDir) {
    let directory = TempDir::new().unwrap();
    put(&directory, "ca.pem", ca_pem);
    let ca_file = Some(directory.path().join("ca.pem"));
    let config = Config { ca_file, max_bytes, ..Config::default() };
    (References::new(vec![model("m", Some(url))], config).unwrap(), directory)
}

const LARGE: u64 = 1 << 20;

#[test]
fn a_server_is_asked_for_what_changed() {
    let server = TlsServer::start();
    let (references, _directory) = remote(&server, "/p.json", LARGE);
    assert_eq!("unavailable", answer(&references, "m", "1"), "nothing is waited for in an answer");
    assert_eq!(NONE, *messages(&references.problems()));

    let since = "Tue, 14 Nov 2023 22:13:20 GMT";
    server.answer("200 OK", &[("ETag", "\"a\""), ("Last-Modified", since)], profile(40).as_bytes());
    assert_eq!(NONE, *messages(&references.load_all()));
    assert_eq!("40 rows", answer(&references, "m", "1"));
    let loaded = generation(&references);
    let first = server.requests().join("");
    assert!(first.starts_with("GET /p.json HTTP/1.1\r\n") && !first.contains("if-none-match"), "{first}");

    server.answer("304 Not Modified", &[], b"");
    assert_eq!(NONE, *messages(&references.refresh()));
    assert_eq!("40 rows", answer(&references, "m", "1"));
    assert_eq!(loaded, generation(&references));
    let second = server.requests().join("");
    assert!(second.contains("if-none-match: \"a\"\r\n"), "{second}");
    assert!(second.contains(&format!("if-modified-since: {since}\r\n")), "{second}");

    server.answer("500 Internal Server Error", &[], b"");
    assert_eq!(["the server answers 500 Internal Server Error"], *messages(&references.refresh()));
    assert_eq!("40 rows, stale", answer(&references, "m", "1"));

    server.answer("304 Not Modified", &[], b"");
    assert_eq!(NONE, *messages(&references.refresh()));
    assert_eq!("40 rows", answer(&references, "m", "1"));

    server.answer("200 OK", &[("ETag", "\"b\"")], b"{\"format\":1}");
    assert_eq!(1, references.refresh().len());
    assert_eq!("40 rows, stale", answer(&references, "m", "1"));

    server.answer("304 Not Modified", &[], b"");
    assert_eq!(1, references.refresh().len(), "the content that did not change is a bad one");
    assert_eq!("40 rows, stale", answer(&references, "m", "1"));

    server.requests();
    server.answer("200 OK", &[], profile(50).as_bytes());
    assert_eq!(NONE, *messages(&references.refresh()));
    assert_eq!("50 rows", answer(&references, "m", "1"));
    assert!(server.requests().join("").contains("if-none-match: \"b\"\r\n"));

    server.answer("304 Not Modified", &[], b"");
    assert_eq!(["the server answers 304 Not Modified; redirects are not followed"], *messages(&references.refresh()));
    assert!(!server.requests().join("").contains("if-none-match"), "the last answer had no validator");
}

#[test]
fn streams_that_were_seen_are_asked_for() {
    let server = TlsServer::start();
    let (references, _directory) = remote(&server, "/{model}/{version}?token=secret", LARGE);
    assert_eq!(NONE, *messages(&references.load_all()));
    assert_eq!("unavailable", answer(&references, "m", "v1"));
    assert_eq!("unavailable", answer(&references, "m", "../v1"));
    let before = generation(&references);
    server.answer("200 OK", &[], profile(40).as_bytes());
    assert_eq!(1, references.refresh().len());
    assert_eq!("40 rows", answer(&references, "m", "v1"));
    assert!(before < generation(&references));
    let requests = server.requests();
    assert_eq!(1, requests.len());
    assert!(requests[0].starts_with("GET /m/v1?token=secret HTTP/1.1\r\n"), "{requests:?}");

    assert_eq!("unavailable", answer(&references, "m", "v2"));
    server.answer("403 Forbidden", &[], b"");
    server.answer("403 Forbidden", &[], b"");
    let problems = format!("{:?}", references.refresh());
    assert!(problems.contains("/m/v2\"") && !problems.contains("secret"), "{problems}");
}

#[test]
fn a_server_of_another_authority_is_refused() {
    let (server, other) = (TlsServer::start(), TlsServer::start());
    let (references, directory) = trusting(&other.ca_pem, server.url("/p.json?token=secret"), LARGE);
    server.answer("200 OK", &[], profile(40).as_bytes());
    let problems = references.load_all();
    assert_eq!(1, problems.len());
    assert!(problems[0].message.contains("invalid peer certificate"), "{}", problems[0]);
    assert!(!problems[0].to_string().contains("secret"), "{}", problems[0]);
    assert_eq!("unavailable", answer(&references, "m", "1"));
    assert_eq!(Vec::<String>::new(), server.requests());

    put(&directory, "ca.pem", &server.ca_pem);
    assert_eq!(NONE, *messages(&references.refresh()), "a renewed CA file is taken");
    assert_eq!("40 rows", answer(&references, "m", "1"));
}

#[test]
fn a_large_answer_is_refused() {
    let server = TlsServer::start();
    let (references, _directory) = remote(&server, "/p.json", 100);
    server.answer("200 OK", &[], profile(40).as_bytes());
    assert_eq!(["larger than 100 bytes"], *messages(&references.load_all()));
    let body = profile(40);
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    server.answer("200 OK", &[("transfer-encoding", "chunked")], chunked.as_bytes());
    assert_eq!(["larger than 100 bytes"], *messages(&references.refresh()), "its length is not told before");
    assert_eq!("unavailable", answer(&references, "m", "1"));
}

#[test]
fn a_redirect_is_not_followed() {
    let (server, target) = (TlsServer::start(), TlsServer::start());
    let (references, _directory) = remote(&server, "/p.json", LARGE);
    server.answer("302 Found", &[("location", &target.url("/p.json"))], b"");
    server.answer("200 OK", &[], profile(40).as_bytes());
    assert_eq!(["the server answers 302 Found; redirects are not followed"], *messages(&references.load_all()));
    assert_eq!(1, server.requests().len());
    assert_eq!(Vec::<String>::new(), target.requests());
}

#[test]
fn an_answer_that_ends_early_is_no_profile() {
    let server = TlsServer::start();
    let (references, _directory) = remote(&server, "/p.json", LARGE);
    server.answer("200 OK", &[("transfer-encoding", "chunked")], b"ff\r\n{");
    let problems = references.load_all();
    assert!(problems[0].message.starts_with("cannot be fetched: "), "{}", problems[0]);
}

#[test]
fn an_unusable_ca_file_is_an_error() {
    let directory = TempDir::new().unwrap();
    put(&directory, "empty.pem", "");
    let new = |path: &Path, profile: &str| {
        let config = Config { ca_file: Some(path.to_owned()), ..Config::default() };
        References::new(vec![model("m", Some(profile.to_owned()))], config).map(drop)
    };
    let url = "https://127.0.0.1/p.json";
    let missing = new(&directory.path().join("missing.pem"), url);
    assert!(matches!(missing, Err(ReferencesError::CaFile { .. })), "{missing:?}");
    let empty = new(&directory.path().join("empty.pem"), url);
    assert!(matches!(empty, Err(ReferencesError::CaEmpty { .. })), "{empty:?}");
    assert!(new(&directory.path().join("missing.pem"), "p.json").is_ok(), "not needed");
}
