//! A real Prometheus scrapes the demo and finds every family that applies to it; other parsers read the same bytes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

#[path = "support/fetch.rs"]
mod fetch;
#[path = "support/foreign.rs"]
mod foreign;
#[path = "support/programs.rs"]
mod programs;
#[path = "support/promql.rs"]
mod promql;

use driftgauge::report::Kind;
use driftgauge::report::catalog::{CatalogEntry, catalog};
use fetch::get;
use programs::{Demo, Prometheus, eventually};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// Statistics, with their companions, and families that the demo has no data for, and why. The demo is a binary task
/// with scores, a profile and actuals.
const NOT_IN_THE_DEMO: &[(&str, &[&str])] = &[
    (
        "more than two classes",
        &[
            "driftgauge_roc_auc_class",
            "driftgauge_roc_auc_macro",
            "driftgauge_average_precision_class",
            "driftgauge_average_precision_macro",
            "driftgauge_brier_score_class",
            "driftgauge_estimated_roc_auc_macro",
        ],
    ),
    (
        "a profile fitted for random features",
        &[
            "driftgauge_maximum_mean_discrepancy",
            "driftgauge_maximum_mean_discrepancy_threshold",
            "driftgauge_maximum_mean_discrepancy_sigma",
            "driftgauge_maximum_mean_discrepancy_pvalue",
        ],
    ),
    (
        "a ranking",
        &[
            "driftgauge_click_through_ratio",
            "driftgauge_hit_ratio",
            "driftgauge_mean_reciprocal_rank",
            "driftgauge_normalized_discounted_cumulative_gain",
            "driftgauge_relevant_request_ratio",
        ],
    ),
    (
        "a regression",
        &[
            "driftgauge_root_mean_squared_error",
            "driftgauge_mean_absolute_error",
            "driftgauge_mean_error",
            "driftgauge_error_variance",
            "driftgauge_mean_absolute_percentage_error_ratio",
            "driftgauge_symmetric_mean_absolute_percentage_error_ratio",
            "driftgauge_weighted_absolute_percentage_error_ratio",
            "driftgauge_r_squared",
            "driftgauge_explained_variance_ratio",
            "driftgauge_correlation",
            "driftgauge_median_absolute_error",
            "driftgauge_absolute_error_p90",
            "driftgauge_interval_coverage_ratio",
            "driftgauge_interval_width",
            "driftgauge_pinball_loss",
            "driftgauge_estimated_mean_absolute_error",
            "driftgauge_estimated_root_mean_squared_error",
            "driftgauge_segment_mean_absolute_error",
            "driftgauge_segment_mean_error",
            "driftgauge_window_residual_moment",
        ],
    ),
    ("a reference that is still learned", &["driftgauge_warmup_progress_ratio"]),
    ("a state directory", &["driftgauge_commit_failing"]),
    (
        "a config file of its own, and one of the web",
        &[
            "driftgauge_config_reload_success",
            "driftgauge_config_reload_timestamp_seconds",
            "driftgauge_web_config_reload_success",
            "driftgauge_certificate_expiry_timestamp_seconds",
        ],
    ),
    ("a reference with latencies", &["driftgauge_window_latency_reference_seconds"]),
];

const TEXT: &str = "text/plain;version=0.0.4";
const OPENMETRICS: &str = "application/openmetrics-text;version=1.0.0";

/// Jobs of the Prometheus under test: the demo itself, where OpenMetrics is agreed on, and the demo behind a relay that
/// asks for text.
const JOBS: [&str; 2] = ["openmetrics", "text"];

/// The names of the catalogue that the demo must have, and those it must not.
fn expected() -> (BTreeSet<String>, BTreeSet<String>) {
    let bases: Vec<&str> = NOT_IN_THE_DEMO.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let companion_of = |name: &str, base: &str| {
        let companions = ["", "_reference", "_error_bound", "_threshold", "_lower", "_upper"];
        name.strip_prefix(base).is_some_and(|rest| companions.contains(&rest))
    };
    // The demo's config sets none for performance.
    let chosen = |entry: &CatalogEntry| entry.group == "performance" && entry.name.ends_with("_threshold");
    let chosen: BTreeSet<String> = catalog().into_iter().filter(chosen).map(|entry| entry.name).collect();
    let names: Vec<String> = catalog().into_iter().map(|entry| entry.name).collect();
    for base in &bases {
        assert!(names.iter().any(|name| name == base), "{base} is not in the catalogue");
    }
    names.into_iter().partition(|name| !chosen.contains(name) && !bases.iter().any(|base| companion_of(name, base)))
}

/// The family of a series: its own name, or that of its histogram.
fn family(series: &str, histograms: &BTreeSet<String>) -> String {
    let histogram = ["_bucket", "_count", "_sum"].into_iter().find_map(|suffix| series.strip_suffix(suffix));
    histogram.filter(|name| histograms.contains(*name)).unwrap_or(series).to_owned()
}

fn histograms() -> BTreeSet<String> {
    catalog().into_iter().filter(|entry| entry.kind == Kind::Histogram).map(|entry| entry.name).collect()
}

/// Hands the demo's text format to whoever asks, whatever the asker would rather have.
fn relay_text(demo: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let relay = move |stream: TcpStream| -> std::io::Result<()> {
        let head = BufReader::new(&stream).lines().map_while(Result::ok);
        head.take_while(|line| !line.is_empty()).for_each(drop);
        let answer = get(demo, "/metrics", TEXT)?;
        let head = format!("HTTP/1.1 {} -\r\nContent-Type: {}", answer.status, answer.content_type);
        let mut stream = stream;
        stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes())?;
        stream.write_all(&answer.body)
    };
    // Ends with the test's process.
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(relay(stream))));
    address
}

impl Prometheus {
    /// Whether all targets are up, without a complaint.
    fn all_up(&mut self) -> Result<(), String> {
        let data = self.ask("/api/v1/targets")?;
        let targets = data["activeTargets"].as_array().ok_or("no targets")?;
        let up = |target: &&Value| target["health"] == "up" && target["lastError"] == "";
        if targets.iter().filter(up).count() == JOBS.len() { Ok(()) } else { Err(data.to_string()) }
    }

    /// The families a job has series of, now.
    fn families(&mut self, job: &str) -> Result<BTreeSet<String>, String> {
        let histograms = histograms();
        let series = self.query(&format!("count by (__name__) ({{job={job:?}}})"))?;
        let names = series.iter().map(|(labels, _)| labels["__name__"].as_str());
        let own = names.filter(|name| *name != "up" && !name.starts_with("scrape_"));
        Ok(own.map(|name| family(name, &histograms)).collect())
    }
}

#[test]
fn prometheus_finds_every_family_that_applies() {
    let demo = Demo::start();
    let mut config = "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n".to_owned();
    for (job, address) in JOBS.into_iter().zip([demo.address, relay_text(demo.address)]) {
        config.push_str(&format!("  - {{job_name: {job}, static_configs: [{{targets: [\"{address}\"]}}]}}\n"));
    }
    let mut prometheus = Prometheus::start(&config);
    eventually(|| prometheus.all_up());

    let (applicable, inapplicable) = expected();
    for job in JOBS {
        // Empty until something happened: failures, for example, need a failure.
        eventually(|| {
            let missing: Vec<_> = applicable.difference(&prometheus.families(job)?).cloned().collect();
            if missing.is_empty() { Ok(()) } else { Err(format!("{job}: no data of {missing:?}")) }
        });
        let found = prometheus.families(job).unwrap();
        let surprising: Vec<_> = found.intersection(&inapplicable).collect();
        assert!(surprising.is_empty(), "{job}: {surprising:?} have data after all: take them off NOT_IN_THE_DEMO");
        let unknown: Vec<_> = found.difference(&applicable).collect();
        assert!(unknown.is_empty(), "{job}: {unknown:?} are not in the catalogue");
        let scraped = prometheus.number(&format!("scrape_samples_scraped{{job={job:?}}}")).unwrap();
        let kept = prometheus.number(&format!("scrape_samples_post_metric_relabeling{{job={job:?}}}")).unwrap();
        assert!(scraped > 0.0 && scraped == kept, "{job}: {scraped} samples scraped, {kept} kept");
    }

    // The demo writes 60 predictions a second, and each has an actual.
    for counter in ["driftgauge_predictions_total", "driftgauge_actuals_total"] {
        eventually(|| {
            let rate = prometheus.number(&format!("sum(rate({counter}{{job=\"openmetrics\"}}[10s]))"))?;
            if (50.0..=70.0).contains(&rate) { Ok(()) } else { Err(format!("{counter} has a rate of {rate}")) }
        });
    }
    for entry in catalog().into_iter().filter(|entry| applicable.contains(&entry.name)) {
        let series: &[&str] = match entry.kind {
            Kind::Counter => &[""],
            Kind::Histogram => &["_bucket", "_count", "_sum"],
            Kind::Gauge => continue,
        };
        for suffix in series {
            let name = format!("{}{suffix}", entry.name);
            assert_eq!(Ok(0.0), prometheus.number(&format!("sum(resets({name}[10m]))")), "{name} went down");
            let rates = prometheus.query(&format!("rate({name}[10m])")).unwrap();
            assert!(!rates.is_empty() && rates.iter().all(|(_, rate)| *rate >= 0.0), "{name}: {rates:?}");
        }
    }
    eventually(|| prometheus.all_up());
    let log = prometheus.program.log();
    let scraping = log.lines().filter(|line| line.contains("scrape manager")).map(str::to_lowercase);
    let complaints: Vec<_> =
        scraping.filter(|line| line.contains("level=warn") || line.contains("level=error")).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
fn other_parsers_read_the_demo_in_the_format_they_ask_for() {
    let mut demo = Demo::start();
    let (applicable, _) = expected();
    for (format, accept) in [("text", TEXT), ("openmetrics", OPENMETRICS)] {
        eventually(|| {
            demo.program.running().unwrap_or_else(|reason| panic!("{reason}"));
            let answer = get(demo.address, "/metrics", accept).map_err(|error| error.to_string())?;
            let (asked, _) = accept.split_once(';').unwrap();
            if answer.status == 503 {
                return Err("nothing was published yet".to_owned());
            }
            assert!(answer.status == 200 && answer.content_type.starts_with(asked), "{}", answer.content_type);
            let families = foreign::parse(format, &answer.body);
            let names = families.into_iter().filter(|family| !family.samples.is_empty()).map(|family| {
                // The parsers drop what the kind implies.
                let suffix = match family.kind.as_str() {
                    "counter" => "_total",
                    "info" => "_info",
                    _ => "",
                };
                format!("{}{suffix}", family.name)
            });
            let missing: Vec<_> = applicable.difference(&names.collect()).cloned().collect();
            if missing.is_empty() { Ok(()) } else { Err(format!("{format}: no data of {missing:?}")) }
        });
    }
    let text = get(demo.address, "/metrics", TEXT).unwrap();
    assert_eq!("", foreign::promtool_complaints(&text.body));
}
