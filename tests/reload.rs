//! What changes while the program runs, and what does not: config, profiles, signals.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod program;
    pub mod prom_text;
    pub mod sidecar;
    pub mod small;
}

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use support::program::{driftgauge, printed};
use support::prom_text::Exposition;
use support::sidecar::Sidecar;
use support::small::{CONFIG, Small, predictions};

const GOOD: &str = "driftgauge_config_reload_success";
const WHEN: &str = "driftgauge_config_reload_timestamp_seconds";

fn ready() -> Small {
    let small = Small::new(CONFIG);
    let arguments = ["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
    printed(small.path(), arguments);
    small.write("log.jsonl", &predictions(0..100));
    small
}

fn signal(sidecar: &Sidecar, name: &str) {
    assert!(Command::new("kill").args([name, &sidecar.pid().to_string()]).status().unwrap().success());
}

/// Writes a config, says so, and waits until it is taken or not.
fn reload(small: &Small, sidecar: &Sidecar, config: &str, good: f64) -> Exposition {
    let before = sidecar.metrics().get(WHEN, &[]);
    small.write("new.toml", config);
    fs::rename(small.file("new.toml"), small.file("driftgauge.toml")).unwrap();
    signal(sidecar, "-HUP");
    sidecar.wait("the reload", |metrics| {
        metrics.get(GOOD, &[]) == Some(good) && (good == 0.0 || metrics.get(WHEN, &[]) > before)
    })
}

/// The threshold of the PSI of a feature in the longer window.
fn threshold(metrics: &Exposition) -> Option<f64> {
    metrics.get(
        "driftgauge_feature_psi_threshold",
        &[("model", "churn"), ("version", "1"), ("window", "1h"), ("feature", "age"), ("role", "input")],
    )
}

fn observations(metrics: &Exposition) -> f64 {
    metrics.get("driftgauge_window_observations", &[("model", "churn"), ("version", "1"), ("window", "1h")]).unwrap()
}

#[test]
fn models_change_while_running_and_windows_go_on_unless_something_else_is_counted() {
    let small = ready();
    let sidecar = Sidecar::start(small.path());
    let before = sidecar.wait_for_predictions(100.0);
    assert_eq!(Some(1.0), before.get(GOOD, &[]));
    assert_ne!(Some(0.375), threshold(&before));
    let limits = format!("{CONFIG}[thresholds]\nfeature_psi = 0.375\n[performance]\nlevel = 0.9\n");
    reload(&small, &sidecar, &limits, 1.0);
    let after = sidecar.wait("the threshold", |metrics| threshold(metrics) == Some(0.375));
    assert_eq!(observations(&before), observations(&after));
    // Segments are counted from now on: the windows begin anew, the counters go on.
    reload(&small, &sidecar, &format!("{limits}[segments]\nfeatures = [\"plan\"]\n"), 1.0);
    let after = sidecar.wait("empty windows", |metrics| observations(metrics) == 0.0);
    assert_eq!(100.0, after.sum("driftgauge_predictions_total"));
    small.append("log.jsonl", &predictions(100..110));
    let after = sidecar.wait_for_predictions(110.0);
    assert!(after.iter().any(|(name, _, _)| name == "driftgauge_segment_observations"));
    assert!(sidecar.terminate().success());
}

#[test]
fn a_model_can_be_added_with_its_profile_and_not_without() {
    let small = ready();
    let other = predictions(0..20).replace("\"churn\"", "\"upsell\"");
    small.append("log.jsonl", &other);
    let sidecar = Sidecar::start(small.path());
    sidecar.wait_for_predictions(100.0);
    let added = format!("{CONFIG}[[model]]\nname = \"upsell\"\ntask = \"binary\"\nprofile = \"upsell.json\"\n");
    reload(&small, &sidecar, &added, 0.0);
    assert!(sidecar.log().contains("upsell.json"), "{}", sidecar.log());
    // The same config is good once its profile is there.
    fs::copy(small.file("profile.json"), small.file("upsell.json")).unwrap();
    sidecar.wait("the profile", |metrics| metrics.get(GOOD, &[]) == Some(1.0));
    small.append("log.jsonl", &other);
    let after = sidecar.wait_for_predictions(120.0);
    let own = after.within(&[("model", "upsell"), ("version", "1")]);
    assert_eq!(20.0, own.sum("driftgauge_predictions_total"));
}

#[test]
fn what_cannot_change_or_be_read_leaves_the_old_config_whole() {
    let small = ready();
    let sidecar = Sidecar::start(small.path());
    sidecar.wait_for_predictions(100.0);
    let stricter = format!("{CONFIG}[thresholds]\nfeature_psi = 0.375\n");
    for (config, told) in [
        (stricter.replace("\"5m\", \"1h\"", "\"5m\", \"2h\""), "windows.lengths: cannot change without a restart"),
        (stricter.replace("127.0.0.1:0", "127.0.0.1:1"), "http.listen: cannot change without a restart"),
        (stricter.replace("log*.jsonl", "other*.jsonl"), "source: cannot change without a restart"),
        (stricter.replace("name = \"churn\"", "name = \"other\""), "model.name: cannot change without a restart"),
        (stricter.replace("profile = \"profile.json\"\n", ""), "model.profile: cannot change without a restart"),
        (format!("{stricter}[limits]\nstreams = 7\n"), "limits.streams: cannot change without a restart"),
        (stricter.replace("0.375", "high"), "driftgauge.toml:1"),
        (stricter.replace("profile.json", "nowhere.json"), "nowhere.json"),
        ("[[source".to_owned(), "not TOML"),
    ] {
        let metrics = reload(&small, &sidecar, &config, 0.0);
        assert_ne!(Some(0.375), threshold(&metrics), "{told}");
        sidecar.wait(told, |_| sidecar.log().contains(told));
        reload(&small, &sidecar, CONFIG, 1.0);
    }
    small.append("log.jsonl", &predictions(100..110));
    sidecar.wait_for_predictions(110.0);
}

#[test]
fn a_swapped_config_map_is_loaded_once_and_as_a_whole() {
    let small = ready();
    let volume = small.file("volume");
    let version = |name: &str, psi: &str| {
        let folder = volume.join(name);
        fs::create_dir_all(&folder).unwrap();
        let config = CONFIG.replace("log*.jsonl", &small.file("log*.jsonl").display().to_string());
        let config = config.replace("profile.json", &volume.join("profile.json").display().to_string());
        fs::write(folder.join("driftgauge.toml"), format!("{config}[thresholds]\nfeature_psi = {psi}\n")).unwrap();
        let profile = fs::read_to_string(small.file("profile.json")).unwrap();
        fs::write(folder.join("profile.json"), profile).unwrap();
    };
    version("..v1", "0.25");
    symlink("..v1", volume.join("..data")).unwrap();
    for name in ["driftgauge.toml", "profile.json"] {
        symlink(format!("..data/{name}"), volume.join(name)).unwrap();
    }
    let mut command = driftgauge(small.path());
    command.arg("run").arg("--config").arg(volume.join("driftgauge.toml"));
    let sidecar = Sidecar::spawn(command);
    sidecar.wait_for_predictions(100.0);
    sidecar.wait("the first", |metrics| threshold(metrics) == Some(0.25));
    version("..v2", "0.5");
    symlink("..v2", volume.join("..new")).unwrap();
    fs::rename(volume.join("..new"), volume.join("..data")).unwrap();
    fs::remove_dir_all(volume.join("..v1")).unwrap();
    let metrics = sidecar.wait("the second", |metrics| threshold(metrics) == Some(0.5));
    assert_eq!(Some(1.0), metrics.get(GOOD, &[]));
    assert_eq!(1, sidecar.log().matches("config loaded again").count(), "{}", sidecar.log());
    assert_eq!(100.0, metrics.sum("driftgauge_predictions_total"));
}

#[test]
fn a_storm_of_hangups_loses_and_repeats_nothing() {
    let small = ready();
    let sidecar = Sidecar::start(small.path());
    sidecar.wait_for_predictions(100.0);
    for round in 0..20 {
        for _ in 0..20 {
            signal(&sidecar, "-HUP");
        }
        small.append("log.jsonl", &predictions(100 + 10 * round..110 + 10 * round));
    }
    let metrics = sidecar.wait_for_predictions(300.0);
    assert_eq!(Some(1.0), metrics.get(GOOD, &[]));
    signal(&sidecar, "-HUP");
    assert!(sidecar.terminate().success());
}
