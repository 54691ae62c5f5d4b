//! Both formats are read by parsers that are not ours: the Python client's, and promtool's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

#[path = "support/families.rs"]
mod families;
#[path = "support/foreign.rs"]
mod foreign;

use driftgauge::exposition::{openmetrics, text};
use prometheus::proto::MetricFamily;
use proptest::prelude::*;

type Encode = fn(&[MetricFamily], &mut Vec<u8>);

const FORMATS: [(&str, Encode); 2] = [("text", text::encode), ("openmetrics", openmetrics::encode)];

fn encoded(encode: Encode, families: &[MetricFamily]) -> Vec<u8> {
    let mut out = Vec::new();
    encode(families, &mut out);
    out
}

/// One family of each kind, as a catalogue would have them.
fn every_kind() -> Vec<MetricFamily> {
    vec![
        families::gauges("driftgauge_build_info", "The running build.", &[(&[("version", "0.1.0")], 1.0)]),
        families::gauges(
            "driftgauge_feature_psi",
            "Population stability index.",
            &[(&[("feature", "a b"), ("window", "1h")], 0.1), (&[("feature", "c"), ("window", "1h")], f64::INFINITY)],
        ),
        families::histogram(
            "driftgauge_prediction_latency_seconds",
            "Latency of predictions.",
            &[("model", "churn")],
            &[(0.00001, 0), (0.5, 1), (1.0, 2), (2.5e6, 3)],
            4,
            3e6,
        ),
        families::counters("driftgauge_predictions_total", "Predictions seen.", &[(&[("model", "churn")], 1e18)]),
        families::gauges("driftgauge_window_filled_ratio", "Share of the window seen.", &[(&[], f64::NAN)]),
    ]
}

/// A parsed family in short: name, kind, unit, and its samples as the number behind `name{label=value,...}`.
fn understood(format: &str, encode: Encode) -> Vec<(String, Vec<(String, f64)>)> {
    foreign::parse(format, &encoded(encode, &every_kind()))
        .into_iter()
        .map(|family| {
            let samples = family.samples.iter().map(|sample| {
                let labels: Vec<_> = sample.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
                (format!("{}{{{}}}", sample.name, labels.join(",")), sample.value.parse().unwrap())
            });
            (format!("{} {} {:?} {}", family.name, family.kind, family.unit, family.help), samples.collect())
        })
        .collect()
}

fn expected(heads: [&str; 5]) -> Vec<(String, Vec<(String, f64)>)> {
    let samples: [&[(&str, f64)]; 5] = [
        &[("driftgauge_build_info{version=0.1.0}", 1.0)],
        &[
            ("driftgauge_feature_psi{feature=a b,window=1h}", 0.1),
            ("driftgauge_feature_psi{feature=c,window=1h}", f64::INFINITY),
        ],
        &[
            ("driftgauge_prediction_latency_seconds_bucket{le=1e-05,model=churn}", 0.0),
            ("driftgauge_prediction_latency_seconds_bucket{le=0.5,model=churn}", 1.0),
            ("driftgauge_prediction_latency_seconds_bucket{le=1.0,model=churn}", 2.0),
            ("driftgauge_prediction_latency_seconds_bucket{le=2.5e+06,model=churn}", 3.0),
            ("driftgauge_prediction_latency_seconds_bucket{le=+Inf,model=churn}", 4.0),
            ("driftgauge_prediction_latency_seconds_sum{model=churn}", 3e6),
            ("driftgauge_prediction_latency_seconds_count{model=churn}", 4.0),
        ],
        &[("driftgauge_predictions_total{model=churn}", 1e18)],
        &[("driftgauge_window_filled_ratio{}", f64::NAN)],
    ];
    let owned = |samples: &[(&str, f64)]| samples.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    heads.into_iter().zip(samples).map(|(head, samples)| (head.to_owned(), owned(samples))).collect()
}

#[test]
fn python_client_understands_every_kind_in_the_text_format() {
    let heads = [
        "driftgauge_build_info gauge \"\" The running build.",
        "driftgauge_feature_psi gauge \"\" Population stability index.",
        "driftgauge_prediction_latency_seconds histogram \"\" Latency of predictions.",
        "driftgauge_predictions counter \"\" Predictions seen.",
        "driftgauge_window_filled_ratio gauge \"\" Share of the window seen.",
    ];
    // Compared as text, in which NaN equals NaN.
    assert_eq!(format!("{:#?}", expected(heads)), format!("{:#?}", understood("text", text::encode)));
}

#[test]
fn python_client_understands_every_kind_in_openmetrics() {
    let heads = [
        "driftgauge_build info \"\" The running build.",
        "driftgauge_feature_psi gauge \"\" Population stability index.",
        "driftgauge_prediction_latency_seconds histogram \"seconds\" Latency of predictions.",
        "driftgauge_predictions counter \"\" Predictions seen.",
        "driftgauge_window_filled_ratio gauge \"ratio\" Share of the window seen.",
    ];
    assert_eq!(format!("{:#?}", expected(heads)), format!("{:#?}", understood("openmetrics", openmetrics::encode)));
}

#[test]
fn python_client_reads_summaries_and_untyped_families() {
    let families = [families::summary("a", &[(0.5, 2.0)], 3, 4.0), families::untyped("b", 5.0)];
    for (format, encode) in FORMATS {
        let parsed = foreign::parse(format, &encoded(encode, &families));
        let samples = parsed.iter().flat_map(|family| &family.samples);
        let values: Vec<f64> = samples.map(|sample| sample.value.parse().unwrap()).collect();
        assert_eq!(vec![2.0, 4.0, 3.0, 5.0], values);
    }
}

#[test]
fn promtool_has_no_complaint_about_the_text_format() {
    assert_eq!("", foreign::promtool_complaints(&encoded(text::encode, &every_kind())));
}

#[test]
fn promtool_accepts_every_escape() {
    let help = "Backslash \\, quote \", line\nfeed, return \r, accent \u{e9}.";
    let family = families::gauges("driftgauge_a", help, &[(&[("feature", help)], 1.0)]);
    assert_eq!("", foreign::promtool_complaints(&encoded(text::encode, &[family])));
}

/// Text that is hard on a line-based format, from time to time anything at all.
fn hostile_text() -> impl Strategy<Value = String> {
    prop_oneof![
        r#"[\\"\nnr,={}# \t\r]{0,12}"#,
        r"\PC{0,12}",
        proptest::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter),
    ]
}

/// Python's parser drops white space around a help text, and its idea of white space is wider than ours.
fn trimmed(help: &str) -> &str {
    help.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

proptest! {
    // Each case starts an interpreter twice, so a case holds many families.
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_label_value_and_help_survives_the_python_client(
        texts in proptest::collection::vec((hostile_text(), hostile_text(), hostile_text(), any::<f64>()), 1..60),
    ) {
        let families: Vec<_> = texts.iter().enumerate().map(|(index, (help, first, second, value))| {
            let labels: &[(&str, &str)] = &[("first", first), ("second", second)];
            families::gauges(&format!("driftgauge_f{index:03}"), &format!("A{help}"), &[(labels, *value)])
        }).collect();
        for (format, encode) in FORMATS {
            let parsed = foreign::parse(format, &encoded(encode, &families));
            prop_assert_eq!(texts.len(), parsed.len());
            for (family, (help, first, second, value)) in parsed.iter().zip(&texts) {
                let help = format!("A{help}");
                prop_assert_eq!(trimmed(&help), trimmed(&family.help));
                prop_assert_eq!(1, family.samples.len());
                prop_assert_eq!(first, &family.samples[0].labels["first"]);
                prop_assert_eq!(second, &family.samples[0].labels["second"]);
                let read: f64 = family.samples[0].value.parse().unwrap();
                prop_assert!(read == *value || (read.is_nan() && value.is_nan()));
            }
        }
    }
}
