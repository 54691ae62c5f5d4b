//! The shipped dashboards keep the rules of dashboards, and each of their queries has data on a real Prometheus.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

#[path = "support/boards.rs"]
mod boards;
#[path = "support/fetch.rs"]
mod fetch;
#[path = "support/fixture.rs"]
mod fixture;
#[path = "support/program.rs"]
mod program;
#[path = "support/programs.rs"]
mod programs;
#[path = "support/prom_text.rs"]
mod prom_text;
#[path = "support/promql.rs"]
mod promql;
#[path = "support/sidecar.rs"]
mod sidecar;

use boards::{Board, Bound, boards, captured, expanded, folder, labels_of, list, selectors, text};
use driftgauge::report::Kind;
use driftgauge::report::catalog::catalog;
use fetch::quoted;
use programs::{Demo, Prometheus, eventually};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;

/// Panels with a query that has no data here, and why.
const NOT_HERE: &[(&str, &str, &str)] = &[];

/// Annotations that mark nothing here, and why.
const NO_MARKS: &[(&str, &str)] = &[("New references", "no reference changes")];

/// Looks at the queries of a dashboard before they are without data, and the pause between looks.
const LOOKS: u32 = 120;
const PAUSE: Duration = Duration::from_secs(1);

const UIDS: [&str; 5] =
    ["driftgauge-actuals", "driftgauge-feature", "driftgauge-fleet", "driftgauge-health", "driftgauge-model"];

fn datasource() -> Value {
    serde_json::json!({"type": "prometheus", "uid": "${datasource}"})
}

#[test]
fn the_dashboards_are_what_their_generator_writes() {
    let python = std::env::var_os("DRIFTGAUGE_PYTHON").unwrap_or_else(|| "python3".into());
    let output = Command::new(python).arg(folder("dashboards").join("make.py")).arg("--check").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

#[test]
fn each_dashboard_has_its_uid_schema_and_variables() {
    let boards = boards();
    assert_eq!(UIDS.to_vec(), boards.iter().map(|board| &*board.uid).collect::<Vec<_>>());
    for board in &boards {
        let version = board.json["schemaVersion"].as_u64().unwrap();
        assert!((36..=39).contains(&version), "{}: schemaVersion {version}", board.uid);
        assert_eq!(board.json["editable"], false, "{}", board.uid);
        assert!(board.json.get("id").is_none(), "{}: the id is the server's", board.uid);
        for variable in board.variables() {
            let place = format!("{}: {}", board.uid, variable["name"]);
            let label = text(&variable["label"]);
            assert!(label.chars().next().is_some_and(char::is_uppercase), "{place}: label {label:?}");
            match (text(&variable["name"]), text(&variable["type"])) {
                ("datasource", "datasource") => assert_eq!(variable["query"], "prometheus"),
                ("datasource", _) | (_, "datasource") => panic!("{place}: the data source is called datasource"),
                (name, kind) => {
                    assert_eq!(("query", &datasource()), (kind, &variable["datasource"]), "{place}");
                    assert_eq!(variable["refresh"], 2, "{place}: refreshed when the times change");
                    if ["job", "instance"].contains(&name) {
                        assert_eq!((true, ".+"), (variable["multi"] == true, text(&variable["allValue"])), "{place}");
                    }
                }
            }
        }
        let names: Vec<_> = board.variables().iter().map(|variable| text(&variable["name"])).collect();
        assert_eq!(["datasource", "job", "instance"], names[..3], "{}", board.uid);
        for link in list(&board.json["links"]) {
            let uid = text(&link["url"]).strip_prefix("/d/").unwrap();
            assert!(UIDS.contains(&uid) && uid != board.uid, "{}: leads to {uid}", board.uid);
        }
    }
}

#[test]
fn each_panel_says_what_it_shows_in_which_unit() {
    for board in boards() {
        for panel in board.charts() {
            let place = board.name(panel);
            assert!(!text(&panel["title"]).is_empty(), "{place}: no title");
            assert!(text(&panel["description"]).len() > 15, "{place}: no description");
            assert_eq!(datasource(), panel["datasource"], "{place}");
            assert!(!text(&panel["fieldConfig"]["defaults"]["unit"]).is_empty(), "{place}: no unit");
            assert!(!list(&panel["targets"]).is_empty(), "{place}: no queries");
            let letters: BTreeSet<_> = list(&panel["targets"]).iter().map(|target| text(&target["refId"])).collect();
            assert_eq!(letters.len(), list(&panel["targets"]).len(), "{place}: letters of queries");
            for target in list(&panel["targets"]) {
                assert_eq!(datasource(), target["datasource"], "{place}");
            }
            // Links stay among the dashboards.
            let json = panel.to_string();
            for (_, rest) in json.match_indices("\"url\":\"").map(|(at, found)| json.split_at(at + found.len())) {
                let url = rest.split('"').next().unwrap();
                let uid = url.strip_prefix("/d/").and_then(|rest| rest.split('?').next()).unwrap_or(url);
                assert!(UIDS.contains(&uid), "{place}: leads to {url}");
            }
        }
    }
}

#[test]
fn no_panel_lies_on_another() {
    for board in boards() {
        let mut taken = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for panel in board.panels() {
            let place = board.name(panel);
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{place}: its id is taken");
            let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap());
            assert!(w > 0 && h > 0 && x + w <= 24, "{place}: beyond the grid");
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                if let Some(other) = taken.insert(cell, place.clone()) {
                    panic!("{place} lies on {other}");
                }
            }
            if panel.get("repeat").is_some() {
                assert_eq!((0, 24), (x, w), "{place}: what is repeated has its rows for itself");
            }
        }
    }
}

#[test]
fn each_query_names_families_of_the_catalogue_of_the_chosen_processes() {
    let families = catalog();
    let kinds: BTreeMap<&str, Kind> = families.iter().map(|entry| (&*entry.name, entry.kind)).collect();
    let scraped = ["up", "scrape_samples_scraped", "scrape_duration_seconds"];
    for board in boards() {
        let queries = board.charts().flat_map(|panel| {
            let targets = list(&panel["targets"]).iter();
            targets.map(|target| (board.name(panel), text(&target["expr"]).to_owned())).collect::<Vec<_>>()
        });
        let annotations = board
            .annotations()
            .map(|note| (format!("{}: {}", board.uid, note["name"]), text(&note["expr"]).to_owned()));
        for (place, query) in queries.chain(annotations) {
            let mut known = BTreeSet::new();
            let mut unknown = BTreeSet::new();
            for bound in choices(&board, &kinds, &query) {
                let query = expanded(&query, &bound);
                let (selectors, bare) = selectors(&query);
                assert!(bare.is_empty(), "{place}: {bare:?} stands alone in {query}");
                for selector in selectors {
                    let Some(rule) = wrong_with(&selector, &kinds, &scraped) else {
                        known.insert(bound.clone());
                        continue;
                    };
                    assert!(!bound.is_empty() && rule == UNKNOWN, "{place}: {rule}: {selector:?}");
                    unknown.insert(format!("{selector:?}"));
                }
            }
            // A statistic need not have every companion, as long as some have it.
            assert!(!known.is_empty() || query.starts_with("vector("), "{place}: nobody has {unknown:?}");
        }
    }
}

const UNKNOWN: &str = "not in the catalogue";

fn wrong_with(selector: &boards::Selector, kinds: &BTreeMap<&str, Kind>, scraped: &[&str]) -> Option<&'static str> {
    let alerts = selector.name == "ALERTS";
    if !selector.matchers.contains("job=~\"$job\"") || !alerts && !selector.matchers.contains("instance=~\"$instance\"")
    {
        return Some("not of the chosen job and instance");
    }
    let named = selector.matchers.split("__name__=\"").nth(1).and_then(|rest| rest.split('"').next());
    let name = named.unwrap_or(&selector.name);
    if alerts || name.is_empty() || scraped.contains(&name) {
        return None;
    }
    let histogram = name.strip_suffix("_bucket").filter(|name| kinds.get(name) == Some(&Kind::Histogram));
    let Some(kind) = kinds.get(histogram.unwrap_or(name)) else { return Some(UNKNOWN) };
    let counts = *kind != Kind::Gauge;
    let rated = ["rate(", "increase("].iter().any(|function| selector.before.ends_with(function));
    match (&selector.range, counts) {
        (Some(range), true) if rated && range == "$__rate_interval" => None,
        (Some(_), true) if selector.before.ends_with("increase(") => None,
        (Some(range), false) if selector.before.ends_with("changes(") && range == "$__rate_interval" => None,
        (None, false) => None,
        _ => Some("a counter belongs in rate, a range has the length $__rate_interval"),
    }
}

/// What the variable of a repeated panel can stand for in its queries.
fn choices(board: &Board, kinds: &BTreeMap<&str, Kind>, query: &str) -> Vec<Bound> {
    let used = |variable: &&Value| {
        !text(&variable["regex"]).is_empty() && query.contains(&format!("_${{{}}}", text(&variable["name"])))
    };
    let Some(variable) = board.variables().iter().find(used) else { return vec![Bound::new()] };
    let names = captured(text(&variable["regex"]), kinds.keys().copied());
    assert!(!names.is_empty(), "{}: {} has no values", board.uid, variable["name"]);
    names.into_iter().map(|name| Bound::from([(text(&variable["name"]).to_owned(), name)])).collect()
}

impl Prometheus {
    /// The labels of what a query finds now.
    fn found(&mut self, query: &str) -> Vec<BTreeMap<String, String>> {
        let series = self.query(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        series.into_iter().map(|(labels, _)| labels).collect()
    }

    /// The values of a variable, as Grafana asks for them.
    fn values(&mut self, variable: &Value, bound: &Bound) -> Vec<String> {
        let query = text(&variable["query"]["query"]);
        let inside = query.strip_prefix("label_values(").unwrap().strip_suffix(')').unwrap();
        let (selector, label) = inside.rsplit_once(", ").unwrap();
        let path = format!("/api/v1/label/{label}/values?match[]={}", quoted(&expanded(selector, bound)));
        let values: Vec<String> = serde_json::from_value(self.ask(&path).unwrap()).unwrap();
        match text(&variable["regex"]) {
            "" => values,
            regex => captured(regex, values.iter().map(|value| &**value)),
        }
    }
}

/// What the variables stand for, for each model in turn, and the values to try of those that a panel is about.
fn bindings(prometheus: &mut Prometheus, board: &Board) -> Vec<(Bound, BTreeMap<String, Vec<String>>)> {
    let intervals = [("__rate_interval", "30s"), ("__interval", "15s")];
    let mut found = Vec::new();
    for model in fixture::MODELS {
        let mut bound: Bound = intervals.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for variable in board.variables().iter().filter(|variable| variable["type"] == "query") {
            let name = text(&variable["name"]).to_owned();
            let values = if variable.get("allValue").is_some() {
                vec![".+".to_owned()]
            } else if name == "model" {
                vec![model.to_owned()]
            } else {
                // A later variable may have other values for each feature.
                let features = lists.get("feature").cloned().unwrap_or_else(|| vec![String::new()]);
                let mut values = BTreeSet::new();
                for feature in features {
                    let mut bound = bound.clone();
                    bound.insert("feature".to_owned(), feature);
                    values.extend(prometheus.values(variable, &bound));
                }
                values.into_iter().collect()
            };
            // A ranking has no score, for example.
            let Some(last) = values.last() else { continue };
            bound.insert(name.clone(), last.clone());
            if ["feature", "performance", "output", "statistic", "estimate"].contains(&&*name) {
                lists.insert(name, values);
            }
        }
        found.push((bound, lists));
    }
    found
}

/// What the query of a panel finds for some choice of the variables that it has, with the labels of all its series.
fn found(
    prometheus: &mut Prometheus,
    query: &str,
    bindings: &[(Bound, BTreeMap<String, Vec<String>>)],
    wanted: &BTreeSet<&str>,
) -> Result<(), String> {
    let mut labels = BTreeSet::new();
    let mut any = false;
    for (bound, lists) in bindings {
        let mut choices = vec![bound.clone()];
        for (name, values) in lists
            .iter()
            .filter(|(name, _)| query.contains(&format!("${name}")) || query.contains(&format!("${{{name}}}")))
        {
            let with = |bound: &Bound| {
                values
                    .iter()
                    .map(|value| {
                        let mut bound = bound.clone();
                        bound.insert(name.clone(), value.clone());
                        bound
                    })
                    .collect::<Vec<_>>()
            };
            choices = choices.iter().flat_map(with).collect();
        }
        for choice in choices {
            let query = expanded(query, &choice);
            // Some models lack what a variable is about: a ranking has no score.
            if query.split('$').skip(1).any(|rest| rest.starts_with(|next: char| next == '{' || next.is_alphabetic())) {
                continue;
            }
            let series = prometheus.found(&query);
            any |= !series.is_empty();
            labels.extend(series.into_iter().flat_map(BTreeMap::into_keys));
            if any && wanted.iter().all(|label| labels.contains(*label)) {
                return Ok(());
            }
        }
    }
    let missing: Vec<_> = wanted.iter().filter(|label| !labels.contains(**label)).collect();
    Err(if any { format!("drops {missing:?}") } else { "no data".to_owned() })
}

#[test]
fn every_query_of_every_panel_has_data_and_the_labels_it_is_shown_with() {
    let demo = Demo::start();
    let tasks = fixture::start();
    let mut prometheus = Prometheus::start(&format!(
        "global: {{scrape_interval: 5s, scrape_timeout: 5s, evaluation_interval: 10s}}\nrule_files: [{:?}]\nscrape_configs:\n  \
         - {{job_name: driftgauge, static_configs: [{{targets: [\"{}\", \"{}\"]}}]}}\n",
        folder("alert-rules").join("driftgauge-*.yaml"),
        demo.address,
        tasks.address()
    ));
    eventually(|| match prometheus.number("count(up == 1)")? {
        2.0 => Ok(()),
        up => Err(format!("{up} of 2 are up")),
    });
    eventually(|| {
        let models = prometheus.found("count by (model) (driftgauge_predictions_total)").len();
        if models == fixture::MODELS.len() { Ok(()) } else { Err(format!("{models} models")) }
    });
    for board in boards() {
        let mut open: Vec<(String, String, BTreeSet<&str>)> = Vec::new();
        for panel in board.charts() {
            // What a table or a bar chart names of its queries.
            let shown = panel["transformations"].as_array().into_iter().flatten();
            let mut columns: BTreeSet<&str> = shown
                .filter_map(|step| step["options"]["indexByName"].as_object())
                .flat_map(|fields| fields.keys().map(|field| &**field))
                .filter(|field| !field.starts_with("Value"))
                .collect();
            for target in list(&panel["targets"]) {
                let mut wanted: BTreeSet<&str> = labels_of(text(&target["legendFormat"])).into_iter().collect();
                if target["refId"] == "A" && list(&panel["targets"]).len() == 1 {
                    wanted.append(&mut columns);
                }
                open.push((board.name(panel), text(&target["expr"]).to_owned(), wanted));
            }
        }
        let (unmarked, marked): (Vec<_>, Vec<_>) = board
            .annotations()
            .map(|note| {
                let formats = [&note["titleFormat"], &note["textFormat"]];
                let wanted = formats.iter().flat_map(|format| labels_of(text(format))).collect();
                (format!("{}: {}", board.uid, text(&note["name"])), text(&note["expr"]).to_owned(), wanted)
            })
            .partition(|(place, ..)| NO_MARKS.iter().any(|(name, _)| place.ends_with(&format!(": {name}"))));
        open.extend(marked);
        let expected = |place: &str| {
            let (uid, title) = place.split_once(": ").unwrap();
            NOT_HERE.iter().any(|(board, panel, _)| (*board, *panel) == (uid, title))
        };
        // Alarms need a minute of the demo.
        let mut looks = 0;
        loop {
            let bindings = bindings(&mut prometheus, &board);
            let mut reasons = Vec::new();
            open.retain(|(place, query, wanted)| match found(&mut prometheus, query, &bindings, wanted) {
                Ok(()) => {
                    assert!(!expected(place), "{place} has data after all: take it off NOT_HERE");
                    false
                }
                Err(_) if expected(place) => true,
                Err(reason) => {
                    reasons.push(format!("{place}: {reason}: {query}"));
                    true
                }
            });
            if reasons.is_empty() {
                break;
            }
            looks += 1;
            assert!(looks < LOOKS, "{}", reasons.join("\n"));
            std::thread::park_timeout(PAUSE);
        }
        let bindings = bindings(&mut prometheus, &board);
        for (place, query, wanted) in unmarked {
            let result = found(&mut prometheus, &query, &bindings, &wanted);
            assert!(result.is_err(), "{place} marks something after all: take it off NO_MARKS");
        }
    }
}
