//! From two logs to a message: two driftgauge processes over the halves of real logs, a Prometheus with the shipped rules
//! and an Alertmanager with the shipped routing. What is pooled is what one process over the whole logs says, and the
//! alerts that are due arrive with their cause.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

#[path = "support/fetch.rs"]
mod fetch;
#[path = "support/inbox.rs"]
mod inbox;
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

use flate2::read::GzDecoder;
use inbox::Inbox;
use programs::{Alertmanager, Prometheus, eventually};
use sidecar::Sidecar;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Lines of the electricity log that are used: seven months in which it drifts.
const LINES: usize = 10_000;

/// The columns whose fine cells are exposed.
const FINE: &str = "nswdemand|km_driven|score|prediction";

/// The window that holds both logs.
const WINDOW: &str = "1200d";

const CONFIG: &str = r#"
[[source]]
name = "elec"
paths = ["elec.jsonl"]
role = "predictions"
max_line_bytes = "4KiB"

[[source]]
name = "elec-actuals"
paths = ["elec-actuals.jsonl"]
role = "actuals"

[[source]]
name = "cars"
paths = ["cars.csv"]
role = "predictions"

[[source]]
name = "cars-actuals"
paths = ["cars-actuals.csv"]
role = "actuals"

[[model]]
name = "elec-price-up"
task = "binary"
profile = "elec.json"

[[model]]
name = "car-price"
task = "regression"
profile = "cars.json"

[windows]
lengths = ["7d", "1200d"]
idle_timeout = "365d"

[drift]
statistics = ["psi", "psi_debiased", "kullback_leibler", "jensen_shannon", "hellinger", "total_variation",
  "largest_difference", "chi_square", "kolmogorov_smirnov", "wasserstein"]
cool_down = "3650d"

[performance]
max_delay = "9000d"

[fleet]
features = ["*"]
fine = ["nswdemand", "km_driven", "score", "prediction"]
performance = true
scores = true

[http]
listen = "127.0.0.1:0"
"#;

/// What one process and the pooled replicas must agree on, to 1e-9.
const EQUAL: &[&str] = &[
    "driftgauge_feature_psi",
    "driftgauge_feature_psi_debiased",
    "driftgauge_feature_kullback_leibler_divergence",
    "driftgauge_feature_jensen_shannon_distance",
    "driftgauge_feature_hellinger_distance",
    "driftgauge_feature_total_variation",
    "driftgauge_feature_largest_difference",
    "driftgauge_feature_kolmogorov_smirnov",
    "driftgauge_feature_wasserstein_sd",
    "driftgauge_accuracy_ratio",
    "driftgauge_balanced_accuracy_ratio",
    "driftgauge_precision_ratio",
    "driftgauge_recall_ratio",
    "driftgauge_f1_ratio",
    "driftgauge_f1_macro_ratio",
    "driftgauge_f1_micro_ratio",
    "driftgauge_f1_weighted_ratio",
    "driftgauge_matthews_correlation",
    "driftgauge_cohen_kappa",
    "driftgauge_log_loss",
    "driftgauge_brier_score",
    "driftgauge_root_mean_squared_error",
    "driftgauge_mean_absolute_error",
    "driftgauge_mean_error",
    "driftgauge_r_squared",
];

/// What may differ by the bounds of both. Chi-square and the variance of errors are compared by their size.
const BOUNDED: &[&str] = &["driftgauge_roc_auc", "driftgauge_average_precision", "driftgauge_score_kolmogorov_smirnov"];
const RELATIVE: &[&str] = &["driftgauge_feature_chi_square", "driftgauge_error_variance"];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn unpacked(path: &str) -> Vec<String> {
    let mut text = String::new();
    GzDecoder::new(File::open(repository().join(path)).unwrap()).read_to_string(&mut text).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// A log of predictions and that of its actuals.
struct Log {
    header: Option<[String; 2]>,
    predictions: Vec<String>,
    actuals: BTreeMap<String, Vec<String>>,
    id: fn(&str) -> String,
}

impl Log {
    fn elec() -> Log {
        let id = |line: &str| line.split("\"request_id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let mut predictions = unpacked("examples/elec/predictions.jsonl.gz");
        predictions.truncate(LINES);
        Log { header: None, predictions, actuals: by_id(unpacked("examples/elec/actuals.jsonl.gz"), id), id }
    }

    fn cars() -> Log {
        let id = |line: &str| line.split(',').nth(1).unwrap().to_owned();
        let mut predictions = unpacked("examples/car-price/predictions.csv.gz");
        let mut actuals = unpacked("examples/car-price/actuals.csv.gz");
        let header = Some([predictions.remove(0), actuals.remove(0)]);
        Log { header, predictions, actuals: by_id(actuals, id), id }
    }

    /// Writes every line whose number leaves this rest, with its actuals.
    fn write(&self, folder: &Path, names: [&str; 2], keep: impl Fn(usize) -> bool) {
        let mut texts = self.header.clone().map_or_else(Default::default, |header| header.map(|line| line + "\n"));
        for (_, line) in self.predictions.iter().enumerate().filter(|(number, _)| keep(*number)) {
            texts[0].push_str(&format!("{line}\n"));
            for actual in self.actuals.get(&(self.id)(line)).into_iter().flatten() {
                texts[1].push_str(&format!("{actual}\n"));
            }
        }
        for (name, text) in names.iter().zip(texts) {
            fs::write(folder.join(name), text).unwrap();
        }
    }
}

fn by_id(lines: Vec<String>, id: fn(&str) -> String) -> BTreeMap<String, Vec<String>> {
    let mut by_id: BTreeMap<String, Vec<String>> = BTreeMap::new();
    lines.into_iter().for_each(|line| by_id.entry(id(&line)).or_default().push(line));
    by_id
}

/// The profile of an example.
fn profile(example: &str, to: &Path) {
    let config = format!("examples/{example}/driftgauge.toml");
    let input = format!("examples/{example}/reference.csv.gz");
    let to = to.display().to_string();
    program::printed(repository(), ["profile", "--config", &config, "--input", &input, "-o", &to]);
}

/// One driftgauge over a part of the lines.
struct Replica {
    folder: TempDir,
    sidecar: Sidecar,
}

impl Replica {
    fn start(profiles: &Path, logs: [&Log; 2], keep: impl Fn(usize) -> bool + Copy) -> Replica {
        let folder = tempfile::tempdir().unwrap();
        for name in ["elec.json", "cars.json"] {
            fs::copy(profiles.join(name), folder.path().join(name)).unwrap();
        }
        logs[0].write(folder.path(), ["elec.jsonl", "elec-actuals.jsonl"], keep);
        logs[1].write(folder.path(), ["cars.csv", "cars-actuals.csv"], keep);
        fs::write(folder.path().join("driftgauge.toml"), CONFIG).unwrap();
        let sidecar = Sidecar::start(folder.path());
        Replica { folder, sidecar }
    }

    /// A line longer than the config allows: it is lost, and counted as such.
    fn lose_a_line(&self) {
        let mut file = OpenOptions::new().append(true).open(self.folder.path().join("elec.jsonl")).unwrap();
        file.write_all(format!("{{\"x\":\"{}\"}}\n", "x".repeat(5000)).as_bytes()).unwrap();
    }
}

/// Prometheus with the shipped rules, looking every other second.
fn prometheus(replicas: &[Replica], whole: &Replica, alertmanager: SocketAddr) -> Prometheus {
    let rules = |name: &str| repository().join("alert-rules").join(name).display().to_string();
    let targets: Vec<String> = replicas.iter().map(|replica| format!("\"{}\"", replica.sidecar.address())).collect();
    Prometheus::start(&format!(
        "global: {{scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 2s}}\n\
         rule_files: [{:?}, {:?}]\n\
         alerting: {{alertmanagers: [{{static_configs: [{{targets: [\"{alertmanager}\"]}}]}}]}}\n\
         scrape_configs:\n\
         \x20 - {{job_name: replicas, static_configs: [{{targets: [{}]}}]}}\n\
         \x20 - {{job_name: whole, static_configs: [{{targets: [\"{}\"]}}]}}\n",
        rules("driftgauge-alerts.yaml"),
        rules("driftgauge-fleet.yaml"),
        targets.join(", "),
        whole.sidecar.address(),
    ))
}

/// The shipped routing with its secrets in files here, its receivers at the inbox and no patience.
fn routing(folder: &Path, inbox: SocketAddr) -> PathBuf {
    let shipped = repository().join("alert-rules");
    let mut text = fs::read_to_string(shipped.join("alertmanager.yaml")).unwrap();
    for (secret, value) in [
        ("smtp-password", "secret".to_owned()),
        ("slack-url", format!("http://{inbox}/slack")),
        ("pagerduty-key", "0123456789abcdef0123456789abcdef".to_owned()),
    ] {
        let file = folder.join(secret);
        fs::write(&file, value).unwrap();
        text = replaced(&text, &format!("/etc/alertmanager/secrets/{secret}\n"), &format!("{}\n", file.display()));
    }
    for (shipped, here) in [
        ("smtp.example.com:587", "127.0.0.1:9"),
        ("  resolve_timeout: 5m\n", &format!("  resolve_timeout: 5m\n  pagerduty_url: http://{inbox}/pagerduty\n")),
        ("group_wait: 30s", "group_wait: 5s"),
        ("group_wait: 10s", "group_wait: 5s"),
        ("templates/*.tmpl", &shipped.join("templates/*.tmpl").display().to_string()),
        ("model=~\"recsys-.*\"", "model=\"nobody\""),
        ("model=~\"search-.*\"", "model=\"car-price\""),
        ("http://127.0.0.1:8060/dingtalk/models/send", &format!("http://{inbox}/dingtalk")),
    ] {
        text = replaced(&text, shipped, here);
    }
    let file = folder.join("alertmanager.yaml");
    fs::write(&file, text).unwrap();
    file
}

fn replaced(text: &str, shipped: &str, here: &str) -> String {
    assert!(text.contains(shipped), "{shipped:?} is not in alertmanager.yaml");
    text.replace(shipped, here)
}

/// The series of both sides by their labels, apart from the name, the job and the process.
fn both(prometheus: &mut Prometheus, family: &str) -> Result<Vec<(String, f64, f64)>, String> {
    let mut sides = Vec::new();
    let fine =
        ["kolmogorov_smirnov", "wasserstein_sd"].iter().any(|name| family == format!("driftgauge_feature_{name}"));
    let of = if fine { format!("window=\"{WINDOW}\",feature=~\"{FINE}\"") } else { format!("window=\"{WINDOW}\"") };
    for query in [format!("fleet:{family}{{job=\"replicas\",{of}}}"), format!("{family}{{job=\"whole\",{of}}}")] {
        let series = prometheus.query(&query)?.into_iter().map(|(mut labels, value)| {
            labels.retain(|name, _| !["__name__", "job", "instance"].contains(&name.as_str()));
            // One process says the area of the positive class without naming it.
            if BOUNDED.contains(&family) {
                labels.remove("class");
            }
            (format!("{labels:?}"), value)
        });
        sides.push(series.collect::<BTreeMap<String, f64>>());
    }
    let (whole, fleet) = (sides.pop().unwrap_or_default(), sides.pop().unwrap_or_default());
    if whole.is_empty() || !whole.keys().eq(fleet.keys()) {
        return Err(format!("{family}: one process has {:?}, the fleet {:?}", whole.keys(), fleet.keys()));
    }
    Ok(fleet.into_iter().map(|(labels, value)| (labels.clone(), value, whole[&labels])).collect())
}

/// Whether all of a family agree, as far as `allowed` says for a value.
fn agree(prometheus: &mut Prometheus, family: &str, allowed: impl Fn(f64) -> f64) -> Result<usize, String> {
    let pairs = both(prometheus, family)?;
    for (labels, fleet, whole) in &pairs {
        if (fleet - whole).abs() > allowed(*whole) || !fleet.is_finite() {
            return Err(format!("{family}{labels}: the fleet has {fleet}, one process {whole}"));
        }
    }
    Ok(pairs.len())
}

/// Job, model and name of every alert that fires.
fn firing(prometheus: &mut Prometheus) -> Result<BTreeSet<[String; 3]>, String> {
    let data = prometheus.ask("/api/v1/alerts")?;
    let alerts = data["alerts"].as_array().ok_or("no alerts")?.iter().filter(|alert| alert["state"] == "firing");
    let label = |alert: &serde_json::Value, name: &str| alert["labels"][name].as_str().unwrap_or_default().to_owned();
    Ok(alerts.map(|alert| ["job", "model", "alertname"].map(|name| label(alert, name))).collect())
}

/// The alerts without a `for` that are due by what the processes themselves say of their evidence.
fn due(job: &str, replicas: &[&Replica]) -> BTreeSet<[String; 3]> {
    let mut due = BTreeSet::new();
    for replica in replicas {
        let metrics = replica.sidecar.metrics();
        let alarms = metrics.iter().filter(|(name, _, value)| *name == "driftgauge_drift_alarm" && *value == 1.0);
        for (_, labels, _) in alarms {
            let label = |name: &str| labels.iter().find(|(label, _)| *label == name).map_or("", |(_, value)| value);
            let alert = match (label("role"), label("statistic")) {
                ("input" | "derived", _) | (_, "maximum_mean_discrepancy") => "DriftgaugeFeatureDrift",
                ("score" | "prediction" | "actual", _) => "DriftgaugePredictionDrift",
                _ => "DriftgaugeConceptDrift",
            };
            due.insert([job, label("model"), alert].map(str::to_owned));
        }
    }
    due
}

#[test]
fn replicas_are_pooled_exactly_and_their_drift_is_told() {
    let folder = tempfile::tempdir().unwrap();
    profile("elec", &folder.path().join("elec.json"));
    profile("car-price", &folder.path().join("cars.json"));
    let (elec, cars) = (Log::elec(), Log::cars());
    let lines = (elec.predictions.len() + cars.predictions.len()) as f64;
    let start = |keep: fn(usize) -> bool| Replica::start(folder.path(), [&elec, &cars], keep);
    let replicas = [start(|line| line % 2 == 0), start(|line| line % 2 == 1)];
    let whole = start(|_| true);

    let inbox = Inbox::open();
    let alertmanager = Alertmanager::start(&routing(folder.path(), inbox.address));
    let mut prometheus = prometheus(&replicas, &whole, alertmanager.address);
    whole.sidecar.wait_for_predictions(lines);
    let read: f64 = replicas
        .iter()
        .zip([0, 1])
        .map(|(replica, odd)| {
            let half = [&elec, &cars].map(|log| (log.predictions.len() + 1 - odd) / 2).iter().sum::<usize>() as f64;
            replica.sidecar.wait_for_predictions(half).sum("driftgauge_predictions_total")
        })
        .sum();
    assert_eq!(lines, read);

    // All the same lines, in other processes: what is added up is the same integers.
    for family in EQUAL {
        eventually(|| agree(&mut prometheus, family, |_| 1e-9));
    }
    for family in RELATIVE {
        eventually(|| agree(&mut prometheus, family, |value| 1e-9 * value.abs().max(1e-9)));
    }
    for family in BOUNDED {
        let bound = format!("sum({family}_error_bound{{job=\"whole\"}}) or vector(0)");
        let own = eventually(|| prometheus.number(&bound));
        eventually(|| agree(&mut prometheus, family, |_| own + 1e-9));
    }

    // A counter has to be seen before it can be seen to rise.
    eventually(|| {
        prometheus.number("min(driftgauge_lines_lost_total{job=\"replicas\",reason=\"line_too_long\",source=\"elec\"})")
    });
    replicas[0].lose_a_line();
    let mut expected = due("replicas", &[&replicas[0], &replicas[1]]);
    expected.extend(due("whole", &[&whole]));
    let of_elec = |alert: &str| ["replicas", "elec-price-up", alert].map(str::to_owned);
    assert!(expected.contains(&of_elec("DriftgaugeFeatureDrift")), "the log does not drift: {expected:?}");
    expected.insert(["replicas", "", "DriftgaugeLinesLost"].map(str::to_owned));
    eventually(|| {
        let firing = firing(&mut prometheus)?;
        if firing == expected { Ok(()) } else { Err(format!("{firing:?} fire instead of {expected:?}")) }
    });

    // One message for the model, with everything in it, and the page for what is critical.
    let message = eventually(|| {
        let about = |text: &&String| text.contains("elec-price-up") && text.contains("DriftgaugeFeatureDrift");
        inbox.of("/slack").iter().find(about).cloned().ok_or_else(|| format!("{:?}", inbox.of("/slack")))
    });
    let alerts = expected.iter().filter(|[job, model, _]| job == "replicas" && model == "elec-price-up");
    for [_, _, alert] in alerts {
        assert!(message.contains(alert), "{alert} is not in the message {message}");
    }
    for part in ["moved by", "counts from", "evidence", "alarm from", "since 199", "n = ", "vicprice", "runbooks"] {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
    assert!(!message.contains("n = ."), "{message}");
    let lost = eventually(|| {
        let about = |text: &&String| text.contains("DriftgaugeLinesLost");
        inbox.of("/slack").iter().find(about).cloned().ok_or_else(|| "no word of the lost line".to_owned())
    });
    assert!(lost.contains("#platform") && lost.contains("line_too_long"), "{lost}");
    if expected.contains(&of_elec("DriftgaugePredictionDrift")) {
        eventually(|| {
            let pages = inbox.of("/pagerduty");
            let about = |text: &String| text.contains("elec-price-up") && text.contains("DriftgaugePredictionDrift");
            if pages.iter().any(about) { Ok(()) } else { Err(format!("{pages:?}")) }
        });
    }

    // Nothing else has begun in the meantime.
    assert_eq!(expected, firing(&mut prometheus).unwrap());
}
