//! ADWIN, DDM and Page-Hinkley fire where river's do, on the streams of errors and scores of real cases.
//!
//! elec's streams are computed from the logs of `examples/elec`; `oracle/companions.json` has river's detections. With
//! `DRIFTGAUGE_CASES` set to a folder that has elec, car_loan, car_price and covtype, all four are compared.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod case;
}

use driftgauge::evidence::companions::adwin::{self, Adwin};
use driftgauge::evidence::companions::ddm::{self, Ddm};
use driftgauge::evidence::companions::page_hinkley::{self, Mode, PageHinkley};
use driftgauge::time::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use support::case::Case;

/// The streams of a case by name: `error/log`, `error/label`, `score/log`.
fn streams(case: &Case, scale: &Value) -> BTreeMap<&'static str, Vec<f64>> {
    let parsed = |lines: Vec<String>| lines.into_iter().map(|line| serde_json::from_str::<Value>(&line).unwrap());
    let id = |record: &Value| record["request_id"].as_str().unwrap().to_owned();
    let labels: Vec<Value> = parsed(support::case::lines(&case.labels)).collect();
    let by_id: HashMap<String, &Value> = labels.iter().map(|label| (id(label), label)).collect();

    let (mut errors, mut scores, mut error_by_id) = (Vec::new(), Vec::new(), HashMap::new());
    for record in parsed(case.lines()).filter(|record| record["status"] == "ok") {
        let Some(label) = by_id.get(&id(&record)) else { continue };
        let (prediction, actual) = (&record["prediction"], &label["label"]);
        let regression = scale["mae_reference"].as_f64();
        let error = match regression {
            Some(mae) => (prediction.as_f64().unwrap() - actual.as_f64().unwrap()).abs() / mae,
            None => f64::from(prediction != actual),
        };
        let largest = || record["scores"].as_object().unwrap().values().map(|s| s.as_f64().unwrap()).reduce(f64::max);
        scores.push(match (regression, record["score"].as_f64()) {
            (Some(_), _) => prediction.as_f64().unwrap() / scale["prediction_mean_reference"].as_f64().unwrap(),
            (None, Some(score)) => score,
            (None, None) => largest().unwrap(),
        });
        errors.push(error);
        error_by_id.insert(id(&record), error);
    }

    let mut known: Vec<(Timestamp, f64)> = labels
        .iter()
        .filter_map(|label| {
            let at = Timestamp::parse_rfc3339(label["ts"].as_str().unwrap().as_bytes()).unwrap();
            error_by_id.get(&id(label)).map(|error| (at, *error))
        })
        .collect();
    known.sort_by_key(|(at, _)| *at);
    let by_label = known.into_iter().map(|(_, error)| error).collect();
    BTreeMap::from([("error/log", errors), ("error/label", by_label), ("score/log", scores)])
}

/// Where a detector with river's parameters fires, and how often it warns.
fn detections(detector: &str, parameters: &Value, values: &[f64]) -> Option<(Vec<u64>, Option<u64>)> {
    let number = |name: &str| parameters[name].as_f64().unwrap();
    let count = |name: &str| parameters[name].as_u64().unwrap();
    let places = |mut fires: Box<dyn FnMut(f64) -> bool>| {
        (0..).zip(values).filter(|(_, value)| fires(**value)).map(|(at, _)| at).collect()
    };
    Some(match detector {
        "ADWIN" => {
            let mut adwin = Adwin::new(adwin::Settings {
                delta: number("delta"),
                clock: count("clock"),
                max_buckets: count("max_buckets") as usize,
                least: count("min_window_length"),
                grace: count("grace_period"),
            });
            (places(Box::new(move |value| adwin.update(value))), None)
        }
        "PageHinkley" => {
            let mode = match parameters["mode"].as_str().unwrap() {
                "up" => Mode::Up,
                "down" => Mode::Down,
                _ => Mode::Both,
            };
            let mut page_hinkley = PageHinkley::new(page_hinkley::Settings {
                least: count("min_instances"),
                delta: number("delta"),
                threshold: number("threshold"),
                alpha: number("alpha"),
                mode,
            });
            (places(Box::new(move |value| page_hinkley.update(value))), None)
        }
        "DDM" => {
            let (least, warning, drift) = (count("warm_start"), number("warning_threshold"), number("drift_threshold"));
            let mut ddm = Ddm::new(ddm::Settings { least, warning, drift });
            let (mut warnings, mut fired) = (0, Vec::new());
            for (at, value) in (0..).zip(values) {
                if ddm.update(*value == 1.0) {
                    fired.push(at);
                }
                warnings += u64::from(ddm.is_warned());
            }
            (fired, Some(warnings))
        }
        _ => return None,
    })
}

/// Compares all detectors on all streams; returns how many detections there were.
fn compare(case: &Case, river: &Value) -> usize {
    let mut compared = 0;
    for (stream, values) in streams(case, &river["scale"]) {
        for (name, expected) in river["detectors"][stream].as_object().unwrap() {
            let detector = expected["detector"].as_str().unwrap();
            let Some((places, warnings)) = detections(detector, &expected["parameters"], &values) else { continue };
            let context = format!("{}, {stream}, {name}", case.name);
            assert_eq!(expected["n"].as_u64(), Some(values.len() as u64), "{context}");
            let detected = expected["detections"].as_array().unwrap();
            let expected_places: Vec<u64> = detected.iter().map(|d| d["index"].as_u64().unwrap()).collect();
            assert_eq!(expected_places, places, "{context}");
            if warnings.is_some() {
                assert_eq!(expected["n_warnings"].as_u64(), warnings, "{context}");
            }
            compared += places.len();
        }
    }
    compared
}

#[test]
fn detections_on_elec_are_rivers() {
    let [elec, _] = Case::bundled();
    let river: Value = serde_json::from_str(include_str!("oracle/companions.json")).unwrap();
    assert!(compare(&elec, &river) > 500);
}

#[test]
fn detections_on_the_whole_cases_are_rivers() {
    let Some(folder) = std::env::var_os("DRIFTGAUGE_CASES") else { return };
    for name in ["elec", "car_loan", "car_price", "covtype"] {
        let case = Case::open(&Path::new(&folder).join(name));
        assert!(compare(&case, &case.expected["river"]) > 10, "{name}");
    }
}
