//! One driftgauge with a model of each task that the demo has not, over the logs of `examples`.

use super::boards::folder;
use super::program::printed;
use super::sidecar::Sidecar;
use flate2::read::GzDecoder;
use std::fs::File;
use std::path::Path;
use tempfile::TempDir;

/// The models of the fixture and of the demo.
pub const MODELS: [&str; 5] = ["elec-price-up", "car-price", "cover-type", "shop-search", "grid-load"];

/// Files of the examples, and what they are called here.
const FILES: [(&str, &str); 10] = [
    ("car-price/predictions.csv.gz", "car-price.csv"),
    ("car-price/actuals.csv.gz", "car-price-actuals.csv"),
    ("car-price/reference.csv.gz", "car-price-reference.csv"),
    ("cover-type/predictions.logfmt.gz", "cover-type.logfmt"),
    ("cover-type/actuals.jsonl.gz", "cover-type-actuals.jsonl"),
    ("cover-type/reference.csv.gz", "cover-type-reference.csv"),
    ("ranking/requests.jsonl.gz", "shop-search.jsonl"),
    ("ranking/clicks.jsonl.gz", "shop-search-clicks.jsonl"),
    ("regression-intervals/predictions.csv", "grid-load.csv"),
    ("regression-intervals/actuals.csv", "grid-load-actuals.csv"),
];

/// The references of the models. The log of a ranking stands for its own: it has latencies, which the others lack.
const REFERENCES: [(&str, &str); 3] = [
    ("car-price", "car-price-reference.csv"),
    ("cover-type", "cover-type-reference.csv"),
    ("shop-search", "shop-search.jsonl"),
];

const CONFIG: &str = r#"
[[model]]
name = "car-price"
task = "regression"
profile = "car-price.json"
drift = { statistics = ["psi", "mean_shift", "drift_auc"] }
multivariate = { mmd = true }

[[model]]
name = "cover-type"
task = "multiclass"
profile = "cover-type.json"
performance = { class_scores = true }

[[model]]
name = "shop-search"
task = "ranking"
profile = "shop-search.json"
performance = { k = 5 }

# Learns its reference as long as the test looks.
[[model]]
name = "grid-load"
task = "regression"
warmup = "3650d"

[windows]
lengths = ["7d"]
idle_timeout = "3650d"

# The logs are read one beside the other: an actual may come long before its prediction.
[performance]
max_delay = "3650d"

[thresholds]
accuracy_ratio = 0.85
mean_error = 100
recall_ratio = 0.5
root_mean_squared_error = "reference * 1.1"

[causes]
losses = true

[segments]
features = ["fuel", "device"]

[fleet]
features = ["*"]

[state]
commit_interval = "5s"

[http]
listen = "127.0.0.1:0"
"#;

/// The process and its folder.
pub struct Tasks {
    sidecar: Sidecar,
    _folder: TempDir,
}

impl Tasks {
    pub fn address(&self) -> String {
        self.sidecar.address()
    }
}

/// Builds the profiles and follows the logs.
pub fn start() -> Tasks {
    let directory = tempfile::tempdir().unwrap();
    let mut config = String::new();
    for (source, name) in FILES {
        unpack(&folder("examples").join(source), &directory.path().join(name));
        if !name.contains("reference") {
            let role = if name.contains("-actuals") || name.contains("-clicks") { "actuals" } else { "predictions" };
            config.push_str(&format!("[[source]]\npaths = [\"{name}\"]\nrole = \"{role}\"\n"));
            config.push_str(if name.ends_with("logfmt") { "format = \"logfmt\"\n\n" } else { "\n" });
        }
    }
    config.push_str(CONFIG);
    std::fs::write(directory.path().join("driftgauge.toml"), config).unwrap();
    for (model, input) in REFERENCES {
        let profile = format!("{model}.json");
        let arguments = ["profile", "--config", "driftgauge.toml", "--model", model, "--input", input, "-o", &profile];
        printed(directory.path(), arguments);
    }
    Tasks { sidecar: Sidecar::start(directory.path()), _folder: directory }
}

fn unpack(from: &Path, to: &Path) {
    let file = File::open(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    let mut out = File::create(to).unwrap();
    if from.extension().is_some_and(|extension| extension == "gz") {
        std::io::copy(&mut GzDecoder::new(file), &mut out).unwrap();
    } else {
        let mut file = file;
        std::io::copy(&mut file, &mut out).unwrap();
    }
}
