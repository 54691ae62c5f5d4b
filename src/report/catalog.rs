//! The catalogue: every family that a report can hold, from the lists in the code.

mod tables;

pub use tables::{markdown, plain};

use super::{Kind, Of, families};
use crate::statistics::performance::Entry;
use crate::statistics::{Companion, Spec, causes, drift, estimates, moments, performance, quality, segments};

/// The groups in the order they are shown in, each with what it is about.
pub const GROUPS: &[(&str, &str)] = &[
    ("stream", "What was read of a model and version since the counters began."),
    ("windows", "What a window holds, and which statistics have no value in it."),
    ("drift", "How far a column of the window is from the reference."),
    ("quality", "The state of the data of a column."),
    ("moments", "Where the values of a numeric column lie. They describe: nothing is better or worse."),
    ("evidence", "Whether a column or a loss has left its reference, with a budget of false alarms over all series."),
    ("causes", "Which features account for what changed: of each ranking the first ones only."),
    ("performance", "How predictions compare with the actuals that arrived."),
    ("estimates", "What performance to expect before actuals arrive, and whether what is known still fits."),
    (
        "segments",
        "How the model does in parts of the traffic, and the gaps between them; of the features in `segments.features` only.",
    ),
    ("actuals", "How actuals arrive and find their predictions."),
    ("reference", "What windows are compared with."),
    ("fleet", "Counts from which recording rules pool replicas, of what `[fleet]` names only; alone they mean little."),
    ("ourselves", "How driftgauge itself is doing."),
];

/// A family that can be exposed.
#[derive(Clone, Debug)]
pub struct CatalogEntry {
    /// What its samples belong to.
    pub of: Of,
    /// Its name on the wire.
    pub name: String,
    /// Counter, gauge or histogram.
    pub kind: Kind,
    /// Its help text.
    pub help: String,
    /// Every label its samples can have, in their order.
    pub labels: Vec<&'static str>,
    /// One of [`GROUPS`].
    pub group: &'static str,
}

impl CatalogEntry {
    fn new(of: Of, labels: Vec<&'static str>, group: &'static str) -> CatalogEntry {
        let (name, suffix) = of.name();
        CatalogEntry { of, name: format!("{name}{suffix}"), kind: of.kind(), help: of.help(), labels, group }
    }
}

/// Every family, in the order of the groups; a companion follows its statistic.
pub fn catalog() -> Vec<CatalogEntry> {
    let mut entries: Vec<_> = families::ALL
        .iter()
        .map(|family| CatalogEntry::new(Of::Family(family), family.labels.to_vec(), family.group))
        .collect();
    for entry in drift::ENTRIES {
        push(&mut entries, &entry.spec, COLUMN, "drift");
    }
    for entry in quality::ENTRIES {
        push(&mut entries, &entry.spec, COLUMN, "quality");
    }
    for entry in moments::ENTRIES {
        push(&mut entries, &entry.spec, COLUMN, "moments");
    }
    for entry in causes::ENTRIES {
        push(&mut entries, &entry.spec, COLUMN, "causes");
    }
    for entry in segments::ENTRIES {
        let own: &[&str] = if entry.is_per_segment() { &["feature", "segment"] } else { &["feature"] };
        push(&mut entries, &entry.spec, own, "segments");
    }
    for entry in performance::ENTRIES {
        push(&mut entries, &entry.spec, classes(entry), "performance");
    }
    for entry in estimates::ENTRIES {
        let own: &[&str] = if entry.is_per_class() { &["class"] } else { &[] };
        push(&mut entries, &entry.spec, own, "estimates");
    }
    entries.sort_by_key(|entry| GROUPS.iter().position(|(group, _)| *group == entry.group));
    entries
}

/// The labels that name a column.
const COLUMN: &[&str] = &["feature", "role"];

fn classes(entry: &Entry) -> &'static [&'static str] {
    if entry.is_per_class() { &["axis", "class"] } else { &["axis"] }
}

/// Adds a statistic and its companions. `own` are the labels beside those of the stream and the window.
fn push(entries: &mut Vec<CatalogEntry>, spec: &'static Spec, own: &[&'static str], group: &'static str) {
    entries.push(CatalogEntry::new(Of::Statistic(spec), labels(None, own), group));
    entries.extend(
        spec.companions
            .iter()
            .map(|companion| CatalogEntry::new(Of::Companion(spec, *companion), labels(Some(*companion), own), group)),
    );
}

/// A reference has no window.
fn labels(companion: Option<Companion>, own: &[&'static str]) -> Vec<&'static str> {
    let stream: &[&str] = match companion {
        Some(Companion::Reference) => &["model", "version"],
        Some(Companion::Lower | Companion::Upper) => &["model", "version", "window", "level"],
        Some(Companion::ErrorBound | Companion::Threshold | Companion::Sigma) | None => &["model", "version", "window"],
    };
    let own = own.iter().filter(|label| **label != "axis" || companion != Some(Companion::Reference));
    stream.iter().chain(own).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_has_families_and_each_family_a_group() {
        let entries = catalog();
        for (group, about) in GROUPS {
            assert!(entries.iter().any(|entry| entry.group == *group), "{group} is empty");
            assert!(about.ends_with('.'), "{about}");
        }
        for entry in entries {
            assert!(GROUPS.iter().any(|(group, _)| *group == entry.group), "{} is in {}", entry.name, entry.group);
        }
    }

    #[test]
    fn labels_follow_from_what_a_family_is_of() {
        let entries = catalog();
        let table: [(&str, &[&str]); 8] = [
            ("driftgauge_source_lines_total", &["source"]),
            ("driftgauge_feature_psi", &["model", "version", "window", "feature", "role"]),
            ("driftgauge_feature_kolmogorov_smirnov_error_bound", &["model", "version", "window", "feature", "role"]),
            ("driftgauge_feature_missing_ratio_reference", &["model", "version", "feature", "role"]),
            ("driftgauge_feature_mean_reference", &["model", "version", "feature", "role"]),
            ("driftgauge_accuracy_ratio_reference", &["model", "version"]),
            ("driftgauge_roc_auc_class_error_bound", &["model", "version", "window", "axis", "class"]),
            ("driftgauge_precision_ratio_reference", &["model", "version", "class"]),
        ];
        for (name, expected) in table {
            let observed = entries.iter().find(|entry| entry.name == name).map(|entry| entry.labels.as_slice());
            assert_eq!(Some(expected), observed, "{name}");
        }
    }
}
