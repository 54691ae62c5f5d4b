//! Columns that have moved, or whose values are missing, unknown or out of range.

use super::facts::{Fact, Severity};
use crate::aggregate::Role;
use crate::http::status_page::judge::{self, FEW, PSI_LARGE, Shift, outcome, reading, records, rise, shift};
use crate::http::status_page::{anchor, numbers};
use crate::report::{ColumnView, WindowView};

/// A ratio that rose by this much is critical.
const RISE_CRITICAL: f64 = 0.1;

/// Ratios of a column and what they say when they rise.
const RATIOS: &[(&str, &str)] = &[
    ("missing_ratio", "missing"),
    ("invalid_ratio", "of the wrong kind"),
    ("unseen_ratio", "in categories the reference never had"),
    ("out_of_range_ratio", "outside the range of the reference"),
];

/// Adds what stands out in a window.
pub(super) fn window(stream: usize, window: &WindowView, reference_rows: u64, facts: &mut Vec<Fact>) {
    let mut unsure = 0;
    for (index, column) in window.columns.iter().enumerate() {
        let place = Place { stream, anchor: anchor::column(stream, index), column };
        match shift(column, window, reference_rows) {
            Shift::None => {}
            Shift::Unsure => unsure += 1,
            found => facts.extend(moved(&place, found, window, reference_rows)),
        }
        facts.extend(RATIOS.iter().filter_map(|(key, words)| risen(&place, key, words, window, reference_rows)));
    }
    if unsure > 0 {
        let columns = if unsure == 1 { "1 column has".to_owned() } else { format!("{unsure} columns have") };
        facts.push(Fact {
            severity: Severity::Note,
            excess: 0.0,
            subject: None,
            headline: format!("{columns} a PSI above its limit from few observations"),
            evidence: format!("chance alone can do that with n = {}", numbers::count(window.observations)),
            stream: Some(stream),
            anchor: anchor::stream(stream),
        });
    } else if (1..FEW).contains(&window.observations) {
        facts.push(Fact {
            severity: Severity::Note,
            excess: 0.0,
            subject: None,
            headline: "few observations".to_owned(),
            evidence: format!("n = {}; nothing is judged below {FEW}", numbers::count(window.observations)),
            stream: Some(stream),
            anchor: anchor::stream(stream),
        });
    }
}

struct Place<'a> {
    stream: usize,
    anchor: String,
    column: &'a ColumnView,
}

impl Place<'_> {
    fn fact(&self, severity: Severity, excess: f64, headline: String, evidence: String) -> Fact {
        let headline = match self.column.role {
            Role::Input => headline,
            role if role.as_str() == &*self.column.name => headline,
            role => format!("({}) {headline}", role.as_str()),
        };
        Fact {
            severity,
            excess,
            subject: Some(self.column.name.clone()),
            headline,
            evidence,
            stream: Some(self.stream),
            anchor: self.anchor.clone(),
        }
    }
}

fn moved(place: &Place<'_>, found: Shift, window: &WindowView, reference_rows: u64) -> Option<Fact> {
    let psi = outcome(place.column, "psi")?.value;
    let n = records(place.column, window);
    let (chance, _) = judge::chance(place.column, n, reference_rows);
    let threshold = reading(place.column, "psi").and_then(|reading| reading.threshold);
    let over = |custom: &str| threshold.map_or_else(|| custom.to_owned(), numbers::aligned);
    let (severity, word, limit) = match found {
        Shift::Large => (Severity::Critical, "large shift", over("0.2")),
        _ => (Severity::Warning, "moderate shift", over("0.1")),
    };
    let headline = format!("{word}, PSI {}", numbers::aligned(psi));
    let evidence = format!("over {limit}; chance alone {}; n {}", numbers::aligned(chance), numbers::count(n));
    Some(place.fact(severity, psi / PSI_LARGE, headline, evidence))
}

fn risen(place: &Place<'_>, key: &str, words: &str, window: &WindowView, reference_rows: u64) -> Option<Fact> {
    let ratio = reading(place.column, key)?;
    let n = records(place.column, window);
    let rise = rise(ratio, n, reference_rows)?;
    let value = ratio.outcome.ok()?.value;
    let severity = if rise >= RISE_CRITICAL { Severity::Critical } else { Severity::Warning };
    let headline = format!("{} {words}", numbers::share(value));
    let reference = numbers::share(ratio.reference.unwrap_or(0.0));
    let evidence = format!("reference {reference}; n {}", numbers::count(n));
    Some(place.fact(severity, rise / RISE_CRITICAL, headline, evidence))
}
