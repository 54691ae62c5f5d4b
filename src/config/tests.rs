//! What a config file may say, and what is said about one that may not.

use super::*;
use crate::engine::config::{Axis, Choice, Drift, Performance, Thresholds};
use crate::event::Task;
use crate::schema::{KindName, Role};
use std::collections::BTreeSet;

/// Five lines, the last table is the model.
const SMALLEST: &str = "[[source]]\npaths = [\"a.jsonl\"]\n[[model]]\nname = \"m\"\ntask = \"binary\"\n";
const DOCUMENT: &str = include_str!("../../docs/CONFIG.md");

fn read(text: &str) -> Config {
    parse(text, "f.toml").unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

/// What is read of a file of the smallest useful content and this.
fn with(rest: &str) -> Config {
    read(&format!("{SMALLEST}{rest}"))
}

fn problems(text: &str) -> Vec<String> {
    parse(text, "f.toml").map_or_else(|problems| problems.iter().map(Problem::to_string).collect(), |_| Vec::new())
}

fn problems_with(rest: &str) -> Vec<String> {
    problems(&format!("{SMALLEST}{rest}"))
}

#[test]
fn the_smallest_useful_file_loads_with_defaults() {
    let expected = Config {
        sources: vec![Source {
            name: "a.jsonl".into(),
            paths: vec!["a.jsonl".into()],
            format: "jsonl",
            role: Role::Auto,
            from_beginning: true,
            container: Container::None,
            follow_links: false,
            max_line_bytes: 1_048_576,
            schema: schema::Config::default(),
        }],
        models: vec![engine::config::Model {
            name: "m".into(),
            task: Task::Binary,
            profile: None,
            warmup: Length::from_seconds(86_400),
            drift: Drift::default(),
            performance: Performance::default(),
            causes: engine::config::Causes::default(),
            thresholds: Thresholds::default(),
            multivariate: crate::derive::Wanted::default(),
            segments: engine::config::Segments::default(),
            fleet: engine::config::Fleet::default(),
        }],
        engine: engine::config::Config::default(),
        commit_interval: Length::from_seconds(1),
        state: None,
        max_stale: Length::from_seconds(300),
        listen: "0.0.0.0:9877".parse().unwrap(),
        web_config_file: None,
        max_connections: 128,
        max_open_files: 256,
        log_format: LogFormat::Text,
        require_non_root: false,
    };
    assert_eq!(expected, read(SMALLEST));
}

#[test]
fn a_bad_value_is_reported_with_its_line_and_key() {
    for (rest, place, message) in [
        ("[windows]\nlateness = 60", "7 windows.lateness", "a duration such as \"5m\""),
        ("[windows]\nlateness = \"60\"", "7 windows.lateness", "found \"60\""),
        ("[windows]\nidle_timeout = \"0s\"", "7 windows.idle_timeout", "above zero"),
        ("[windows]\nlengths = []", "7 windows.lengths", "at least one"),
        ("[windows]\nlengths = \"5m\"", "7 windows.lengths", "a list, found \"5m\""),
        ("[windows]\nlengths = [\n\"5m\",\n\"x\"]", "9 windows.lengths[1]", "found \"x\""),
        ("[windows]\nlengths = [\"500ms\"]", "7 windows.lengths[0]", "whole number of seconds"),
        ("[windows]\nlengths = [\"1h\", \"60m\"]", "7 windows.lengths[1]", "listed twice"),
        ("windows = 3", "6 model[0].windows", "unknown key"),
        ("[[windows]]\nlateness = \"1s\"", "6 windows", "write [windows], found a list"),
        ("[drift]\nstatistics = [\"psy\"]", "7 drift.statistics[0]", "did you mean \"psi\"?"),
        ("[drift]\nstatistics = [\"?\"]", "7 drift.statistics[0]", "expected one of psi"),
        ("[drift]\nstatistics = [\"psi\", \"psi\"]", "7 drift.statistics[1]", "listed twice"),
        ("[drift]\nmissing_as_category = 1", "7 drift.missing_as_category", "true or false"),
        ("[drift]\ntolerance = -1", "7 drift.tolerance", "a number from 0 to 1"),
        ("[drift]\nsignificance = 0.5", "7 drift.significance", "a number from 0.000001 to 0.1"),
        ("[thresholds]\npsj = 0.1", "7 thresholds.psj", "did you mean \"psi\"?"),
        ("[thresholds]\nfeature_mean = 0.1", "7 thresholds.feature_mean", "no statistic that can have a threshold"),
        ("[thresholds]\npsi = \"high\"", "7 thresholds.psi", "\"quantile 0.99\""),
        ("[thresholds]\npsi = \"quantile 0.98\"", "7 thresholds.psi", "0.9, 0.95 or 0.99"),
        ("[thresholds]\npsi = \"reference + 0.1\"", "7 thresholds.psi", "no value of its own"),
        ("[thresholds]\npsi = nan", "7 thresholds.psi", "expected a number"),
        ("[thresholds.features.age]\naccuracy_ratio = 1", "7 thresholds.features.age.accuracy_ratio", "of a feature"),
        ("[performance]\npositive_class = 1", "7 performance.positive_class", "put it in quotes: \"1\""),
        ("[performance]\npositive_class = true", "7 performance.positive_class", "put it in quotes: \"true\""),
        ("[performance]\ndecision_threshold = 1.0", "7 performance.decision_threshold", "above 0 and below 1"),
        ("[performance]\ndecision_threshold = nan", "7 performance.decision_threshold", "found the number nan"),
        ("[performance]\ndecision_threshold = 0", "7 performance.decision_threshold", "found the integer 0"),
        ("[performance]\nmax_delay = \"7 days\"", "7 performance.max_delay", "a duration"),
        ("[performance]\nclass_scores = \"yes\"", "7 performance.class_scores", "true or false"),
        ("[performance]\ninterval_level = 1.0", "7 performance.interval_level", "above 0 and below 1"),
        ("[performance]\nk = 101", "7 performance.k", "from 1 to 100"),
        ("[performance]\nk = 0", "7 performance.k", "from 1 to 100"),
        ("[performance]\ncoverage_min = 1.5", "7 performance.coverage_min", "from 0 to 1"),
        ("[performance]\naxis = \"both\"", "7 performance.axis", "one of prediction, arrival"),
        (
            "performance = { axis = \"arrival\", maturity = \"1h\" }",
            "6 model[0].performance.maturity",
            "no meaning with",
        ),
        ("performance.k = 5", "6 model[0].performance.k", "only a ranking task has ranks"),
        ("performance.interval_level = 0.8", "6 model[0].performance.interval_level", "only a regression task"),
        ("[limits]\nstreams = 0", "7 limits.streams", "at least 1"),
        ("[limits]\nstreams = -5", "7 limits.streams", "found the integer -5"),
        ("[limits]\nstreams = \"5\"", "7 limits.streams", "found \"5\""),
        ("[limits]\nstream_ttl = \"0s\"", "7 limits.stream_ttl", "a duration above zero"),
        ("[limits]\nwaiting_ids = 99999999999999999999", "7 limits.waiting_ids", "whole number"),
        ("[state]\ncommit_interval = \"0s\"", "7 state.commit_interval", "above zero"),
        ("[state]\nmax_stale = \"0s\"", "7 state.max_stale", "above zero"),
        ("[state]\ndirectory = 3", "7 state.directory", "found the integer 3"),
        ("[state]\ninstance = 3", "7 state.instance", "found the integer 3"),
        ("[[source]]\npaths = [\"/v/**\"]\n[state]\ndirectory = \"/v\"", "9 state.directory", "\"/v/**\" matches"),
        ("[http]\nlisten = \"localhost\"", "7 http.listen", "an IP address and a port"),
        ("[log]\nformat = \"xml\"", "7 log.format", "one of text, json"),
        ("[schema]\nid = \"\"", "7 schema.id", "not empty"),
        ("[schema]\nid = \"a..b\"", "7 schema.id", "empty step"),
        ("[schema]\nlatency_unit = \"min\"", "7 schema.latency_unit", "one of s, ms, us, ns"),
        ("[schema]\nfeature_list = [\"a\", \"a\"]", "7 schema.feature_list[1]", "listed twice"),
        ("[schema]\nfeature_list = []", "7 schema.feature_list", "at least one"),
        ("[schema]\nfeatures = \"x\"\nfeature_list = [\"a\"]", "6 schema", "exclude each other"),
        ("[schema.kinds]\nage = \"number\"", "7 schema.kinds.age", "one of numeric, categorical, ignore"),
        ("[schema.kinds]\na.b = \"numeric\"", "7 schema.kinds.a", "put in quotes: \"a.b\""),
        ("[schema.kinds]\na = \"numeric\"\na = \"ignore\"", "8", "duplicate key"),
        ("[[source]]", "6 source[1].paths", "missing"),
        ("[[source]]\npaths = []", "7 source[1].paths", "at least one"),
        ("[[source]]\npaths = [\"\"]", "7 source[1].paths[0]", "not empty"),
        ("[[source]]\npaths = [\"a[\"]", "7 source[1].paths[0]", "not a path pattern"),
        ("[[source]]\npaths = [\"a.jsonl\"]", "7 source[1].paths[0]", "another source has the name \"a.jsonl\""),
        ("[[source]]\npaths = [\"b\"]\nname = \"a.jsonl\"", "8 source[1].name", "another source"),
        ("[[source]]\npaths = [\"b\"]\nformat = \"json\"", "8 source[1].format", "one of jsonl, csv, logfmt"),
        ("[[source]]\npaths = [\"b\"]\nrole = \"labels\"", "8 source[1].role", "one of auto, predictions, actuals"),
        ("[[source]]\npaths = [\"b\"]\nstart_at = \"now\"", "8 source[1].start_at", "one of beginning, end"),
        ("[[source]]\npaths = [\"b\"]\ncontainer = \"podman\"", "8 source[1].container", "one of none, cri, docker"),
        ("[[source]]\npaths = [\"b\"]\nfollow_links = 1", "8 source[1].follow_links", "true or false"),
        ("[[source]]\npaths = [\"b\"]\nmax_line_bytes = 9", "8 source[1].max_line_bytes", "a size such as"),
        ("[[source]]\npaths = [\"b\"]\nmax_line_bytes = \"9MB\"", "8 source[1].max_line_bytes", "B, KiB, MiB, GiB"),
        ("[[source]]\npaths = [\"b\"]\nschema.id = \"\"", "8 source[1].schema.id", "not empty"),
        ("[[model]]\ntask = \"binary\"", "6 model[1].name", "missing"),
        ("[[model]]\nname = \"n\"", "6 model[1].task", "missing, expected one of binary, multiclass, regression"),
        ("[[model]]\nname = \"n\"\ntask = \"rank\"", "8 model[1].task", "one of binary, multiclass, regression"),
        ("[[model]]\nname = \"n\"\ntask = \"Binary\"", "8 model[1].task", "did you mean \"binary\"?"),
        ("[[model]]\nname = \"m\"\ntask = \"binary\"", "7 model[1].name", "another model has the name \"m\""),
        ("profile = \"{modle}.json\"", "6 model[0].profile", "{model} and {version}, not {modle}"),
        ("profile = \"{model.json\"", "6 model[0].profile", "not {model.json"),
        ("profile = \"http://x/p.json\"", "6 model[0].profile", "a path or an https URL"),
        ("warmup = \"0s\"", "6 model[0].warmup", "above zero"),
        (
            "[[model]]\nname = \"n\"\ntask = \"regression\"\nperformance.positive_class = \"1\"",
            "9 model[1].performance.positive_class",
            "only a binary task",
        ),
        ("x = ", "6", "not TOML"),
    ] {
        let found = problems_with(rest);
        assert_eq!(1, found.len(), "{rest}: {found:#?}");
        assert!(found[0].starts_with(&format!("f.toml:{place}: ")) && found[0].contains(message), "{rest}: {found:?}");
    }
}

#[test]
fn no_source_and_no_model_are_problems_of_the_whole_file() {
    let expected =
        ["source: missing, expected at least one [[source]]", "model: missing, expected at least one [[model]]"];
    assert_eq!(expected.map(|problem| format!("f.toml {problem}")).to_vec(), problems(""));
    let found = problems("source = []\n[model]\nname = \"m\"\n");
    assert_eq!(2, found.len(), "{found:?}");
    assert!(found[0].contains("f.toml:1 source: expected a list of tables: write [[source]]"), "{found:?}");
    assert!(found[1].contains("f.toml:2 model: expected a list of tables: write [[model]]"), "{found:?}");
}

#[test]
fn all_problems_are_reported_in_the_order_of_the_file() {
    let found = problems(
        "[windows]\nlength = [\"5m\"]\nlateness = 5\n\n[[source]]\nname = \"s\"\n\n[[model]]\nname = \"m\"\ntask = \"x\"\n",
    );
    let places: Vec<&str> = found.iter().filter_map(|problem| problem.split(": ").next()).collect();
    let expected = ["2 windows.length", "3 windows.lateness", "5 source[0].paths", "10 model[0].task"];
    assert_eq!(expected.map(|place| format!("f.toml:{place}")).to_vec(), places);
    let shown = problems_with("[log]\nformat = 1\n[limits]\nstreams = 0\n").join("\n");
    assert_eq!(2, shown.lines().count(), "{shown}");
}

#[test]
fn an_unknown_key_suggests_a_near_one_then_its_table_then_every_key() {
    for (rest, expected) in [
        ("[windows]\nlatenes = \"1s\"", "7 windows.latenes: unknown key; did you mean \"lateness\"?"),
        ("[window]\n", "6 window: unknown key; did you mean \"windows\"?"),
        ("[http]\nlateness = \"1s\"", "7 http.lateness: unknown key; did you mean \"windows.lateness\"?"),
        ("[http]\nid = \"x\"", "7 http.id: unknown key; did you mean \"schema.id\"?"),
        ("[windows]\nevidence = 1", "7 windows.evidence: unknown key, expected one of lengths, lateness, idle_timeout"),
        (
            "[state]\nfolder = \"x\"",
            "7 state.folder: unknown key, expected one of directory, instance, commit_interval, max_stale",
        ),
        ("[http]\nevidence = \"x\"", "7 http.evidence: unknown key, expected one of listen, web_config_file"),
        ("[log]\n\"a b\" = 1", "7 log.\"a b\": unknown key, expected one of format"),
    ] {
        assert_eq!(vec![format!("f.toml:{expected}")], problems_with(rest));
    }
}

#[test]
fn a_source_overrides_the_shared_schema_key_by_key() {
    let shared =
        "[schema]\nid = \"shared_id\"\ntime = \"t\"\nfeatures = \"x\"\nkinds = { a = \"numeric\", b = \"ignore\" }\n";
    let own = "[[source]]\npaths = [\"b\"]\nname = \"s\"\n[source.schema]\nid = \"own_id\"\nfeature_list = [\"f.1\"]\nkinds.a = \"categorical\"\n";
    let config = with(&format!("{shared}{own}"));
    let [first, second] = config.sources.as_slice() else { panic!("{config:?}") };
    assert_eq!((Some("shared_id"), Some("x")), (first.schema.id.as_deref(), first.schema.features.as_deref()));
    assert_eq!((Some("own_id"), Some("t")), (second.schema.id.as_deref(), second.schema.time.as_deref()));
    assert_eq!((None, vec!["f.1".to_owned()]), (second.schema.features.clone(), second.schema.feature_list.clone()));
    let kinds = [("a".to_owned(), KindName::Categorical), ("b".to_owned(), KindName::Ignore)];
    assert_eq!(kinds.into_iter().collect::<std::collections::BTreeMap<_, _>>(), second.schema.kinds);
}

#[test]
fn every_schema_key_reaches_its_own_field_and_can_be_overridden() {
    // The schema's own reader (serde) is the judge of where a key belongs.
    for path in file::File::paths().iter().filter_map(|path| path.strip_prefix("schema.")) {
        let [shared, own] = match path {
            "latency_unit" => ["\"s\"", "\"ms\""],
            "feature_list" => ["[\"p\"]", "[\"q\"]"],
            "kinds" => ["{ k = \"numeric\" }", "{ k = \"ignore\" }"],
            _ => ["\"p\"", "\"q\""],
        };
        let expected = |value: &str| toml::from_str::<schema::Config>(&format!("{path} = {value}")).unwrap();
        let shared_only = with(&format!("[schema]\n{path} = {shared}\n"));
        assert_eq!(expected(shared), shared_only.sources[0].schema, "{path}");
        let overridden =
            with(&format!("[schema]\n{path} = {shared}\n[[source]]\npaths = [\"b\"]\nschema.{path} = {own}\n"));
        assert_eq!(expected(own), overridden.sources[1].schema, "{path}");
    }
}

#[test]
fn a_model_overrides_the_shared_settings_key_by_key() {
    let config = with(
        "drift.statistics = []\nperformance = { max_delay = \"1h\", positive_class = \"yes\" }\n\
         [[model]]\nname = \"n\"\ntask = \"multiclass\"\n\
         [drift]\nstatistics = [\"psi\"]\nmissing_as_category = false\n\
         [performance]\nclass_scores = true\nmax_delay = \"2h\"\ndecision_threshold = 0.25\ninterval_level = 0.8\nk = 5\nlevel = 0.9\n\
         maturity = \"6h\"\ncoverage_min = 1\n",
    );
    let performance = |positive_class: Option<&str>, hours: i64| Performance {
        positive_class: positive_class.map(str::to_owned),
        decision_threshold: 0.25,
        max_delay: Length::from_seconds(hours * 3_600),
        class_scores: true,
        interval_level: 0.8,
        k: 5,
        level: 0.9,
        axis: Axis::Prediction,
        maturity: Length::from_seconds(6 * 3_600),
        coverage_min: 1.0,
    };
    let [own, shared] = config.models.as_slice() else { panic!("{config:?}") };
    assert_eq!(Drift { statistics: Some(vec![]), missing_as_category: false, ..Drift::default() }, own.drift);
    assert_eq!(
        Drift { statistics: Some(vec!["psi".into()]), missing_as_category: false, ..Drift::default() },
        shared.drift
    );
    assert_eq!(performance(Some("yes"), 1), own.performance);
    assert_eq!(performance(None, 2), shared.performance);
}

#[test]
fn segments_are_those_of_the_model_or_the_shared_ones() {
    let config = with(
        "segments.features = [\"age\"]\n[[model]]\nname = \"n\"\ntask = \"multiclass\"\n\
         [segments]\nfeatures = [\"sex\", \"region\"]\nleast = 50\n[limits]\nlabel_values = 7\n",
    );
    let segments = |features: &[&str]| engine::config::Segments {
        features: features.iter().map(|name| (*name).to_owned()).collect(),
        least: 50,
        most: 7,
    };
    let [own, shared] = config.models.as_slice() else { panic!("{config:?}") };
    assert_eq!((segments(&["age"]), segments(&["sex", "region"])), (own.segments.clone(), shared.segments.clone()));
    let many: Vec<String> = (0..11).map(|i| format!("f{i}")).collect();
    for (keys, message) in [
        (format!("features = {many:?}"), "expected at most 10 features, found 11"),
        ("features = [\"a\", \"a\"]".to_owned(), "segments.features[1]"),
        ("least = 0".to_owned(), "a whole number of at least 1"),
    ] {
        let found = problems(&format!("{SMALLEST}[segments]\n{keys}\n"));
        assert!(found.iter().any(|problem| problem.contains(message)), "{keys}: {found:?}");
    }
}

#[test]
fn the_extension_of_the_first_path_tells_the_format() {
    for (keys, expected) in [
        ("paths = [\"a.csv\", \"a.jsonl\"]", "csv"),
        ("paths = [\"a.CSV.gz\"]", "csv"),
        ("paths = [\"a.logfmt\"]", "logfmt"),
        ("paths = [\"a.log\"]", "jsonl"),
        ("paths = [\"-\"]", "jsonl"),
        ("paths = [\"a.csv\"]\nformat = \"jsonl\"", "jsonl"),
    ] {
        let config = with(&format!("[[source]]\nname = \"s\"\n{keys}"));
        assert_eq!(expected, config.sources[1].format, "{keys}");
    }
}

#[test]
fn what_is_allowed_is_taken() {
    let config = with(
        "profile = \"https://x.example/{model}/{version}.json\"\nwarmup = \"1h30m\"\n\
         [limits]\nwaiting_ids = 2_000_000\nstreams = 0x10\nstream_ttl = \"30d\"\nopen_files = 9\nconnections = 8\n\
         [windows]\nlengths = [\"90s\", \"28d\"]\nlateness = \"0s\"\n[http]\nlisten = \"[::1]:80\"\n\
         [log]\nformat = \"json\"\n[state]\ncommit_interval = \"250ms\"\ndirectory = \"state\"\ninstance = \"a\"\nmax_stale = \"9s\"\n\
         [[source]]\npaths = [\"-\"]\nstart_at = \"end\"\nmax_line_bytes = \"64KiB\"\ncontainer = \"cri\"\nfollow_links = true\nrole = \"actuals\"\n",
    );
    assert_eq!(Some("https://x.example/{model}/{version}.json"), config.models[0].profile.as_deref());
    assert_eq!(Length::from_seconds(5_400), config.models[0].warmup);
    assert_eq!((2_000_000, 16), (config.engine.limits.waiting_ids, config.engine.limits.streams));
    assert_eq!(Length::from_seconds(30 * 86_400), config.engine.limits.stream_ttl);
    assert_eq!((9, 8), (config.max_open_files, config.max_connections));
    assert_eq!(vec![Length::from_seconds(90), Length::from_seconds(28 * 86_400)], config.engine.windows);
    assert_eq!(Length::ZERO, config.engine.lateness);
    assert_eq!("[::1]:80", config.listen.to_string());
    assert_eq!((LogFormat::Json, 250_000_000), (config.log_format, config.commit_interval.nanos()));
    let state = snapshot::Config { directory: "state".into(), instance: Some("a".to_owned()) };
    assert_eq!((Some(state), Length::from_seconds(9)), (config.state, config.max_stale));
    let source = &config.sources[1];
    assert_eq!(
        ("-", false, 65_536, Role::Actuals, Container::Cri, true),
        (
            &*source.name,
            source.from_beginning,
            source.max_line_bytes,
            source.role,
            source.container,
            source.follow_links,
        )
    );
}

#[test]
fn a_file_is_loaded_and_a_missing_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("driftgauge.toml");
    let missing = load(&path).unwrap_err().to_string();
    assert!(missing.starts_with(&format!("{}: cannot be read", path.display())), "{missing}");
    std::fs::write(&path, format!("\u{feff}{}", SMALLEST.replace('\n', "\r\n"))).unwrap();
    assert_eq!(Ok(read(SMALLEST)), load(&path));
}

#[test]
fn hostile_text_is_reported_and_nothing_else_happens() {
    let deep = format!("x = {}", "[".repeat(10_000));
    for text in ["\0", "[", "[[", "=", "\"", "[source]\n[[source]]", "source = 1\nmodel = 2", "é = \"", &deep] {
        assert!(!problems(text).is_empty(), "{text}");
    }
}

/// Rows of the document's tables: key path, and the default when it is a value.
fn documented() -> Vec<(String, Option<String>)> {
    let mut table = String::new();
    let mut rows = Vec::new();
    for line in DOCUMENT.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            table = heading.trim_matches(['`', '[', ']']).to_owned();
        } else if let Some((key, rest)) = line.strip_prefix("| `").and_then(|row| row.split_once("` | ")) {
            let default = rest.split(" | ").nth(1).and_then(|cell| cell.strip_prefix('`')?.strip_suffix('`'));
            rows.push((format!("{table}.{key}"), default.map(str::to_owned)));
        }
    }
    rows
}

#[test]
fn thresholds_are_chosen_for_all_models_for_one_and_for_one_feature() {
    let config = with(
        "[model.thresholds]\naccuracy_ratio = \"reference * 0.95\"\nfeature_psi = 1\n[thresholds]\npsi = 0.2\n\
         driftgauge_roc_auc = \"reference - 0.05\"\nlog_loss = \"3 sd\"\nfeature_wasserstein_sd = \"quantile 0.95\"\n\
         [thresholds.features.age]\npsi = 0.3",
    );
    let expected = [
        ("accuracy_ratio", Choice::Reference(0.95, 0.0)),
        ("log_loss", Choice::Deviations(3.0)),
        ("psi", Choice::Value(1.0)),
        ("roc_auc", Choice::Reference(1.0, -0.05)),
        ("wasserstein", Choice::Quantile(0.95)),
    ];
    let thresholds = &config.models[0].thresholds;
    assert_eq!(
        expected.map(|(key, choice)| (key.to_owned(), choice)).to_vec(),
        Vec::from_iter(thresholds.general.clone())
    );
    assert_eq!(Some(&Choice::Value(0.3)), thresholds.features["age"].get("psi"));
}

#[test]
fn what_the_fleet_counts_is_chosen_for_a_model_or_for_all() {
    let config = with(
        "fleet.scores = true\nfleet.features = [\"age\"]\n[[model]]\nname = \"n\"\ntask = \"multiclass\"\n\
         [fleet]\nfeatures = [\"*\"]\nfine = [\"a*\"]\nperformance = true\n",
    );
    let fleet = |features: &str, scores: bool| engine::config::Fleet {
        features: vec![features.to_owned()],
        fine: vec!["a*".to_owned()],
        performance: true,
        scores,
    };
    let [own, shared] = config.models.as_slice() else { panic!("{:?}", config.models) };
    assert_eq!((fleet("age", true), fleet("*", false)), (own.fleet.clone(), shared.fleet.clone()));
    for (keys, place) in [("features = \"age\"", "fleet.features"), ("scores = 1", "fleet.scores")] {
        let found = problems(&format!("{SMALLEST}[fleet]\n{keys}\n"));
        assert!(found.iter().any(|problem| problem.contains(place)), "{keys}: {found:?}");
    }
}

#[test]
fn every_key_is_documented_and_no_other() {
    let tables = file::File::KEYS.len();
    let paths = file::File::paths();
    assert!(paths.len() > 3 * tables, "{paths:?}");
    // Overrides (`model.drift.statistics`) are documented at the key they override.
    let overrides = [
        "source.schema.",
        "model.drift.",
        "model.performance.",
        "model.causes.",
        "model.multivariate.",
        "model.segments.",
        "model.fleet.",
    ];
    let (overriding, own): (Vec<String>, Vec<String>) =
        paths.into_iter().partition(|path| overrides.iter().any(|prefix| path.starts_with(prefix)));
    let expected: BTreeSet<String> = own.into_iter().filter(|path| path.contains('.')).collect();
    assert_eq!(expected, documented().into_iter().map(|(path, _)| path).collect::<BTreeSet<String>>());
    for path in overriding {
        let key = path.split_once('.').map_or("", |(_, key)| key);
        assert!(expected.contains(key), "{path}");
    }
}

#[test]
fn documented_defaults_are_the_defaults() {
    let mut compared = 0;
    for (path, default) in documented() {
        let Some((table, key, default)) = default.and_then(|d| path.split_once('.').map(|(t, k)| (t, k, d))) else {
            continue;
        };
        let text = match table {
            "source" => SMALLEST.replace("[[model]]", &format!("{key} = {default}\n[[model]]")),
            "model" => format!("{SMALLEST}{key} = {default}\n"),
            _ => format!("{SMALLEST}[{table}]\n{key} = {default}\n"),
        };
        assert_eq!(read(SMALLEST), read(&text), "{path}");
        compared += 1;
    }
    assert!(compared > 15, "{compared}");
}

#[test]
fn every_example_of_the_document_loads() {
    let blocks: Vec<&str> = DOCUMENT.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() > 1);
    for block in blocks {
        read(block);
    }
}
