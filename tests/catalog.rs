//! Laws of the catalogue: names that no reader takes for another, a page that is up to date, and output that the
//! parsers of others accept for every family.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

#[path = "support/foreign.rs"]
mod foreign;

use driftgauge::exposition::render;
use driftgauge::report::catalog::{CatalogEntry, GROUPS, catalog, markdown};
use driftgauge::report::{Kind, Report, Sample, Value};
use std::collections::BTreeSet;
use std::path::Path;

/// What a format adds to the name of a family, or an info to what it is about.
const SUFFIXES: [&str; 6] = ["_total", "_sum", "_count", "_bucket", "_created", "_info"];

/// Labels that Prometheus, or what scrapes for it, adds itself.
const TAKEN: [&str; 18] = [
    "cluster",
    "container",
    "endpoint",
    "env",
    "environment",
    "instance",
    "job",
    "le",
    "name",
    "namespace",
    "owner",
    "pod",
    "quantile",
    "region",
    "service",
    "stage",
    "type",
    "zone",
];

fn is_word(text: &str) -> bool {
    let parts = text.split('_').all(|part| !part.is_empty());
    parts && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[test]
fn names_are_unique_and_well_formed() {
    let mut names = BTreeSet::new();
    for CatalogEntry { name, .. } in catalog() {
        assert!(is_word(&name) && name.starts_with(|c: char| c.is_ascii_lowercase()), "{name}");
        assert!(name.starts_with("driftgauge_") || name.starts_with("process_"), "{name}");
        assert!(names.insert(name.clone()), "{name} twice");
    }
}

#[test]
fn no_family_is_taken_for_a_part_of_another() {
    let entries = catalog();
    let names: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    for name in &names {
        for suffix in SUFFIXES {
            let longer = format!("{name}{suffix}");
            assert!(!names.contains(longer.as_str()), "{longer} would be taken for {name}");
        }
    }
    // Nor once a format has taken the suffix off.
    let mut bare = BTreeSet::new();
    for name in names {
        let base = name.strip_suffix("_total").or_else(|| name.strip_suffix("_info")).unwrap_or(name);
        assert!(bare.insert(base), "{base} is two families in OpenMetrics");
    }
}

#[test]
fn suffixes_say_the_kind() {
    for CatalogEntry { name, kind, help, .. } in catalog() {
        assert_eq!(kind == Kind::Counter, name.ends_with("_total"), "{name}");
        let suffix = SUFFIXES.into_iter().find(|suffix| name.ends_with(suffix));
        match (kind, suffix) {
            // The one suffix of a gauge: always 1, which the help text says first.
            (Kind::Gauge, Some("_info")) => assert!(help.starts_with('1'), "{name}: {help}"),
            (Kind::Gauge | Kind::Histogram, suffix) => assert_eq!(None, suffix, "{name}"),
            (Kind::Counter, suffix) => assert_eq!(Some("_total"), suffix, "{name}"),
        }
    }
}

#[test]
fn help_and_labels_are_well_formed() {
    for CatalogEntry { name, help, labels, .. } in catalog() {
        assert!(help.ends_with('.') && !help.contains('\n'), "{name}: {help}");
        assert_eq!(labels.len(), labels.iter().collect::<BTreeSet<_>>().len(), "{name}: {labels:?}");
        for label in labels {
            assert!(is_word(label) && !TAKEN.contains(&label), "{name}: {label}");
        }
    }
}

#[test]
fn families_are_in_the_order_of_the_groups() {
    let mut groups: Vec<_> = catalog().iter().map(|entry| entry.group).collect();
    groups.dedup();
    assert_eq!(GROUPS.iter().map(|(group, _)| *group).collect::<Vec<_>>(), groups);
}

#[test]
fn the_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/METRICS.md");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    let generated = markdown();
    let place = written.lines().zip(generated.lines()).position(|(written, generated)| written != generated);
    let line = place.unwrap_or_else(|| written.lines().count().min(generated.lines().count())) + 1;
    assert!(
        written == generated,
        "docs/METRICS.md differs from the catalogue from line {line} on; regenerate it with \
         `driftgauge catalog --markdown > docs/METRICS.md`"
    );
}

/// A report with two series of every family.
fn every_family() -> Report {
    let mut report = Report::default();
    for entry in catalog() {
        for end in ["1", "2"] {
            let labels: Vec<_> = entry.labels.iter().map(|label| (*label, format!("{label} {end}").into())).collect();
            let value = match entry.kind {
                Kind::Histogram => Value::Histogram { bounds: &[0.5, 1.0], counts: vec![1, 0, 2], sum: 7.5 },
                Kind::Counter | Kind::Gauge => Value::Number(1.0),
            };
            report.samples.push(Sample { of: entry.of, labels: labels.into(), value });
            if entry.labels.is_empty() {
                break;
            }
        }
    }
    report
}

#[test]
fn promtool_has_no_complaint_about_any_family() {
    let (text, _) = render(&every_family());
    assert_eq!("", foreign::promtool_complaints(&text));
}

#[test]
fn python_client_reads_every_family_in_both_formats() {
    let (text, openmetrics) = render(&every_family());
    let mut expected: Vec<_> = catalog().into_iter().map(|entry| (entry.name, entry.help)).collect();
    expected.sort();
    for (format, exposition) in [("text", text), ("openmetrics", openmetrics)] {
        // The parsers drop what the kind implies.
        let observed = foreign::parse(format, &exposition).into_iter().map(|family| {
            let suffix = match family.kind.as_str() {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            };
            (format!("{}{suffix}", family.name), family.help)
        });
        let mut observed: Vec<_> = observed.collect();
        observed.sort();
        assert_eq!(expected, observed, "{format}");
    }
}
