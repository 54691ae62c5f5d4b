//! Performance that is clearly worse than the reference's: one line for a stream, as the statistics move together.

use super::facts::{Fact, Severity};
use crate::http::status_page::judge::{MUCH_WORSE, Verdict, verdict, worsening};
use crate::http::status_page::performance::{is_headline, shown};
use crate::http::status_page::{anchor, numbers, words};
use crate::report::{Reading, StreamView, WindowView};

/// What the line is about, when it is among the worse: the statistic that people ask for first.
const FIRST: &[&str] =
    &["accuracy_ratio", "root_mean_squared_error", "mean_absolute_error", "roc_auc", "balanced_accuracy_ratio"];

/// Further statistics that are named; more are counted only.
const NAMED: usize = 3;

/// Adds what stands out in a window.
pub(super) fn window(index: usize, stream: &StreamView, window: &WindowView, facts: &mut Vec<Fact>) {
    if window.pairs == 0 && window.observations > 0 && stream.reference.is_some() {
        facts.push(Fact {
            severity: Severity::Note,
            excess: 0.0,
            subject: None,
            headline: "no actuals".to_owned(),
            evidence: format!("none joined to {} predictions: no performance", numbers::count(window.observations)),
            stream: Some(index),
            anchor: anchor::performance(index),
        });
    }
    let mut worse: Vec<&Reading> = window
        .performance
        .iter()
        .filter(|reading| is_headline(reading) && verdict(reading, window.pairs) == Verdict::Worse)
        .collect();
    let rank = |reading: &Reading| FIRST.iter().position(|key| *key == reading.spec.key).unwrap_or(FIRST.len());
    worse.sort_by_key(|reading| rank(reading));
    let Some((first, others)) = worse.split_first() else { return };
    let Ok(outcome) = first.outcome else { return };
    let value = shown(first.spec, outcome.value);
    let by = worsening(first).unwrap_or(0.0);
    let mut evidence: Vec<String> = Vec::new();
    evidence.extend(first.threshold.map(|threshold| format!("threshold {}", shown(first.spec, threshold))));
    evidence.extend(first.reference.map(|reference| format!("reference {}", shown(first.spec, reference))));
    evidence.extend((by > 0.0).then(|| format!("{} worse", numbers::share(by))));
    let evidence = evidence.join(", ");
    let also = others_in_words(others);
    let pairs = numbers::count(window.pairs);
    facts.push(Fact {
        severity: if by >= MUCH_WORSE { Severity::Critical } else { Severity::Warning },
        // Ahead of features of the same severity: this is what the features are watched for.
        excess: 2e6 + by.min(1e6),
        subject: None,
        headline: format!("{} {value}", words::statistic(first.spec)),
        evidence: format!("{evidence}; n {pairs} pairs{also}"),
        stream: Some(index),
        anchor: anchor::performance(index),
    });
}

fn others_in_words(others: &[&Reading]) -> String {
    let named: Vec<String> =
        others.iter().take(NAMED).map(|reading| words::inside(&words::statistic(reading.spec))).collect();
    match others.len() {
        0 => String::new(),
        n if n > NAMED => format!("; also {} and {} more", named.join(", "), n - NAMED),
        _ => format!("; also {}", named.join(", ")),
    }
}
