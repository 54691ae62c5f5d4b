//! Rankings from logs to numbers: every way a list may be written gives the same.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

const CONFIG: &str = "[[source]]\npaths = [\"requests.*\"]\nformat = \"FORMAT\"\nrole = \"predictions\"\n\
                      [[source]]\npaths = [\"clicks.*\"]\nformat = \"FORMAT\"\nrole = \"actuals\"\n\
                      [[model]]\nname = \"m\"\ntask = \"ranking\"\nprofile = \"profile.json\"\n\
                      performance.k = 2\n[windows]\nlengths = [\"1h\"]\n";

fn driftgauge(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_driftgauge")).args(arguments).current_dir(folder).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Writes the files, builds the profile and replays.
fn replay(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let reference = files.iter().map(|(name, _)| *name).find(|name| name.starts_with("reference.")).unwrap();
    let profile = ["profile", "--config", "driftgauge.toml", "--input", reference, "--output", "profile.json"];
    stdout(&driftgauge(folder.path(), &profile));
    stdout(&driftgauge(folder.path(), &["replay", "--config", "driftgauge.toml"]))
}

/// What does not depend on how the logs are written.
fn numbers(output: &str) -> Vec<&str> {
    let families = ["normalized", "mean_reciprocal", "hit_ratio", "relevant", "click_through", "feature_psi", "actual"];
    let wanted = |line: &&str| families.iter().any(|family| line.starts_with(&format!("driftgauge_{family}")));
    output.lines().filter(wanted).filter(|line| !line.contains("delay")).collect()
}

fn value(output: &str, series: &str) -> f64 {
    let line = output.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')));
    line.unwrap_or_else(|| panic!("no {series} in\n{output}")).rsplit(' ').next().unwrap().parse().unwrap()
}

/// How a request is written.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Nested,
    Flat,
    Csv,
}

fn request(form: Form, id: usize, time: &str, items: &str, clicks: Option<&str>) -> String {
    let age = id % 5;
    let quoted = |text: &str| text.replace('"', "\"\"");
    match (form, clicks) {
        (Form::Csv, None) => format!("{time},{id},{age},\"{}\"\n", quoted(items)),
        (Form::Csv, Some(clicks)) => format!("{time},{id},{age},\"{}\",\"{}\"\n", quoted(items), quoted(clicks)),
        (form, clicks) => {
            let features = match form {
                Form::Nested => format!("\"features\":{{\"age\":{age}}}"),
                _ => format!("\"age\":{age}"),
            };
            let clicks = clicks.map_or(String::new(), |clicks| format!(",\"clicks\":{clicks}"));
            format!("{{\"ts\":\"{time}\",\"id\":{id},{features},\"items\":{items}{clicks}}}\n")
        }
    }
}

/// Requests with their clicks: in the second minute when `late`, else before the requests.
fn logs(form: Form, late: bool) -> String {
    let head = |columns: &str| if form == Form::Csv { format!("{columns}\n") } else { String::new() };
    let cases = [
        ("[\"a\",\"b\",\"c\"]", "[\"b\"]"),
        ("[7,8,9]", "{\"9\":2,\"7\":1}"),
        ("[\"a\",\"b\"]", "[]"),
        ("[1.0,\"2\"]", "[2,1]"),
        ("[]", "[\"x\"]"),
    ];
    let mut reference = head("ts,id,age,items,clicks");
    let (mut requests, mut clicks) = (head("ts,id,age,items"), head("ts,id,clicks"));
    for (id, (items, relevant)) in cases.iter().cycle().take(20).enumerate() {
        reference += &request(form, id, "2026-01-01T00:00:00Z", items, Some(relevant));
        requests += &request(form, id, "2026-01-02T00:00:30Z", items, None);
        let time = if late { "2026-01-02T00:01:00Z" } else { "2026-01-02T00:00:00Z" };
        match form {
            Form::Csv => writeln!(clicks, "{time},{id},\"{}\"", relevant.replace('"', "\"\"")).unwrap(),
            _ => writeln!(clicks, "{{\"ts\":\"{time}\",\"id\":{id},\"clicks\":{relevant}}}").unwrap(),
        }
    }
    let extension = if form == Form::Csv { "csv" } else { "jsonl" };
    let name = |stem: &str| format!("{stem}.{extension}");
    replay(&[
        ("driftgauge.toml", &CONFIG.replace("FORMAT", extension)),
        (&name("reference"), &reference),
        (&name("requests"), &requests),
        (&name("clicks"), &clicks),
    ])
}

#[test]
fn order_and_format_of_the_logs_do_not_matter() {
    let first = logs(Form::Nested, true);
    let stream = "{model=\"m\",version=\"unknown\"";
    let second = 1.0 / 3f64.log2();
    // By request: b of a, b, c; 7 by 1 and 9 by 2 of 7, 8, 9; nothing; both; nothing of what was wanted.
    let gains = [second, 1.0 / (2.0 + second), 1.0, 0.0];
    for (family, expected) in [
        ("normalized_discounted_cumulative_gain", gains.iter().sum::<f64>() / 4.0),
        ("mean_reciprocal_rank", (0.5 + 1.0 + 1.0) / 4.0),
        ("hit_ratio", 0.75),
        ("relevant_request_ratio", 0.8),
        ("click_through_ratio", 0.5),
    ] {
        for series in [format!("{stream},window=\"1h\"}}"), format!("{stream}}}")] {
            let reference = if series.contains("window") { "" } else { "_reference" };
            let observed = value(&first, &format!("driftgauge_{family}{reference}{series}"));
            assert!((observed - expected).abs() < 1e-12, "{family}{reference}: {observed}, expected {expected}");
        }
    }
    assert!(numbers(&first).len() > 20);
    for (form, late) in [(Form::Nested, false), (Form::Flat, true), (Form::Flat, false), (Form::Csv, true)] {
        assert_eq!(numbers(&first), numbers(&logs(form, late)));
    }
}

#[test]
fn what_is_no_list_is_counted_and_makes_no_pair() {
    let good = "{\"ts\":1,\"id\":1,\"features\":{\"age\":1},\"items\":[1,2],\"clicks\":[1]}\n";
    let output = replay(&[
        ("driftgauge.toml", &CONFIG.replace("FORMAT", "jsonl")),
        ("reference.jsonl", &good.repeat(9)),
        (
            "requests.jsonl",
            "{\"ts\":1,\"id\":1,\"features\":{},\"items\":[1,2]}\n{\"ts\":2,\"id\":2,\"features\":{},\"items\":[[1]]}\n\
             {\"ts\":3,\"id\":3,\"features\":{},\"items\":[1]}\n{\"ts\":4,\"id\":4,\"features\":{},\"items\":[]}\n",
        ),
        (
            "clicks.jsonl",
            "{\"ts\":5,\"id\":1,\"clicks\":\"1\"}\n{\"ts\":5,\"id\":2,\"clicks\":[1]}\n\
             {\"ts\":5,\"id\":3,\"clicks\":{\"1\":-1}}\n{\"ts\":5,\"id\":4,\"clicks\":[]}\n",
        ),
    ]);
    assert_eq!(2.0, value(&output, "driftgauge_actuals_unmatched_total{reason=\"invalid\"}"));
    let window = "{model=\"m\",version=\"unknown\",window=\"1h\"";
    assert_eq!(4.0, value(&output, &format!("driftgauge_window_observations{window}}}")));
    assert_eq!(1.0, value(&output, &format!("driftgauge_window_pairs{window}}}")));
    for (statistic, reason) in [("hit_ratio", "no_relevant_items"), ("click_through_ratio", "zero_denominator")] {
        let labels = format!("{window},statistic=\"{statistic}\",reason=\"{reason}\"}}");
        assert_eq!(1.0, value(&output, &format!("driftgauge_undefined_info{labels}")));
    }
}

#[test]
fn clicks_in_the_same_line_need_no_id() {
    let lines =
        "{\"ts\":1,\"age\":1,\"items\":[1,2,3],\"clicks\":[3]}\n{\"ts\":2,\"age\":3,\"items\":[1,2],\"clicks\":[1]}\n";
    let config = CONFIG.replace("FORMAT", "jsonl");
    let output = replay(&[("driftgauge.toml", &config), ("reference.jsonl", lines), ("requests.jsonl", lines)]);
    for (family, expected) in
        [("mean_reciprocal_rank", 2.0 / 3.0), ("hit_ratio", 0.5), ("click_through_ratio", 0.4), ("window_pairs", 2.0)]
    {
        let window = "{model=\"m\",version=\"unknown\",window=\"1h\"}";
        let observed = value(&output, &format!("driftgauge_{family}{window}"));
        assert!((observed - expected).abs() < 1e-12, "{family}: {observed}, expected {expected}");
    }
    assert!(!output.contains("feature=\"items") && !output.contains("feature=\"clicks"), "a list is no feature");
}

#[test]
fn another_k_than_the_profile_has_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("driftgauge.toml", &CONFIG.replace("FORMAT", "jsonl"));
    write("reference.jsonl", &"{\"id\":1,\"age\":2,\"items\":[1],\"clicks\":[1]}\n".repeat(9));
    write("requests.jsonl", "{\"ts\":1,\"id\":1,\"age\":2,\"items\":[1]}\n");
    write("clicks.jsonl", "");
    let profile = ["profile", "--config", "driftgauge.toml", "--input", "reference.jsonl", "-o", "profile.json"];
    stdout(&driftgauge(folder.path(), &profile));
    write("driftgauge.toml", &CONFIG.replace("FORMAT", "jsonl").replace("k = 2", "k = 3"));
    let output = driftgauge(folder.path(), &["check", "--config", "driftgauge.toml"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && message.contains("performance.k = 2, the model has 3"), "{message}");
}

#[test]
fn names_of_lists_are_features_where_no_model_ranks() {
    let rows = "ts,id,prediction,clicks,upper\n1,1,1,4,2.5\n2,2,0,5,3.5\n";
    let config = "[[source]]\npaths = [\"log.csv\"]\n[[model]]\nname = \"m\"\ntask = \"binary\"\n\
                  profile = \"profile.json\"\n";
    let output = replay(&[("driftgauge.toml", config), ("reference.csv", rows), ("log.csv", rows)]);
    for feature in ["clicks", "upper"] {
        assert!(output.contains(&format!("feature=\"{feature}\",role=\"input\"")), "{feature}");
    }
}
