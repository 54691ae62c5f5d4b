//! The detectors of the field as a user meets them: `replay` of elec counts what river's find on its errors.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod case;
    pub mod program;
    pub mod prom_text;
    pub mod small;
}

use serde_json::Value;
use std::fs;
use support::case::Case;
use support::program::printed;
use support::prom_text::Exposition;
use support::small::{self, CONFIG, Small};

const PROFILE: [&str; 7] = ["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
const REPLAY: [&str; 3] = ["replay", "--config", "driftgauge.toml"];
const CHOSEN: &str = "companions = [\"adwin\", \"page_hinkley\", \"ddm\"]\n";

#[test]
fn detections_of_a_replay_are_rivers() {
    let [elec, _] = Case::bundled();
    let folder = tempfile::tempdir().unwrap();
    let config = elec.config(&elec.predictions, &["24h".to_owned()], CHOSEN);
    fs::write(folder.path().join("driftgauge.toml"), config).unwrap();
    let reference = elec.reference.to_str().unwrap();
    printed(folder.path(), ["profile", "--config", "driftgauge.toml", "--input", reference, "-o", "profile.json"]);
    let found = Exposition::parse(&printed(folder.path(), REPLAY));
    let found = found.within(&[("model", elec.schema("model")), ("version", elec.schema("version"))]);
    let river: Value = serde_json::from_str(include_str!("oracle/companions.json")).unwrap();
    for (detector, name) in [("adwin", "ADWIN"), ("page_hinkley", "PageHinkley"), ("ddm", "DDM")] {
        // A replay reads actuals by their time: pairs are joined in the order of river's labels.
        let detections = river["detectors"]["error/label"][name]["detections"].as_array().unwrap().len();
        let get = |name: &str| found.get(name, &[("detector", detector)]);
        assert_eq!(Some(detections as f64), get("driftgauge_error_detections_total"), "{detector}");
        assert_eq!(detector == "ddm", get("driftgauge_error_detector_warning").is_some(), "{detector}");
    }
    let width = found.get("driftgauge_adwin_width", &[]).unwrap();
    let last = river["detectors"]["error/label"]["ADWIN"]["detections"].as_array().unwrap().last().unwrap();
    assert!(width >= 36_070.0 - last["index"].as_f64().unwrap(), "all since the last detection: {width}");
    assert!((0.0..1.0).contains(&found.get("driftgauge_adwin_mean", &[]).unwrap()));
}

#[test]
fn without_a_choice_there_are_none_and_without_a_reference_there_are() {
    let log = small::predictions(0..600) + &small::actuals(0..600);
    let counted = |config: &str| {
        let small = Small::new(config);
        small.write("log.jsonl", &log);
        if config.contains("profile.json") {
            printed(small.path(), PROFILE);
        }
        let found = Exposition::parse(&printed(small.path(), REPLAY));
        found.get("driftgauge_adwin_width", &[("model", "churn"), ("version", "1")])
    };
    assert_eq!(None, counted(CONFIG));
    let learning = CONFIG.replace("profile = \"profile.json\"", "warmup = \"30d\"") + "[drift]\n" + CHOSEN;
    assert_eq!(counted(&(CONFIG.to_owned() + "[drift]\n" + CHOSEN)), counted(&learning));
    assert!(counted(&learning).unwrap() >= 32.0);
}
