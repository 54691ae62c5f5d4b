//! The coarse cells of a column, as the status page shows them.

use crate::aggregate::{Column, Shape, Totals};
use crate::report::CellView;
use std::sync::Arc;

/// Names of the coarse cells, then of MISSING and INVALID. They never change, so they are made once.
pub(super) fn names(column: &Column) -> Vec<Arc<str>> {
    let mut names: Vec<String> = match &column.shape {
        Shape::Numeric { grid, .. } => {
            let mut names = Vec::new();
            let mut last: Option<f64> = None;
            for edge in grid.coarse_edges() {
                names.push(match last {
                    None => format!("≤ {}", short(edge)),
                    Some(last) if last.next_up() == edge => format!("= {}", short(edge)),
                    Some(last) => format!("{} … {}", short(last), short(edge)),
                });
                last = Some(edge);
            }
            names.push(last.map_or_else(|| "all".to_owned(), |last| format!("> {}", short(last))));
            names
        }
        Shape::Categorical { dictionary } => {
            let own = dictionary.categories().iter();
            let mut names: Vec<String> =
                own.map(|category| category.text().map_or_else(|| "(rare)".to_owned(), str::to_owned)).collect();
            names.extend(["other".to_owned(), "unseen".to_owned()]);
            names
        }
    };
    names.extend(["missing".to_owned(), "invalid".to_owned()]);
    names.into_iter().map(Arc::from).collect()
}

/// Shares of both sides in the coarse cells, those empty on both sides left out.
pub(super) fn shares(column: &Column, names: &[Arc<str>], reference: &Totals, current: &Totals) -> Vec<CellView> {
    let counts = |totals: &Totals| -> Option<Vec<u64>> {
        let counts = totals.counts.get(column.counts..column.counts + column.shape.counts())?;
        Some(match &column.shape {
            Shape::Numeric { grid, .. } => {
                let mut coarse = grid.coarsen(counts);
                coarse.extend(&counts[grid.cells()..grid.cells() + 2]);
                coarse
            }
            Shape::Categorical { .. } => counts.to_vec(),
        })
    };
    let (Some(reference), Some(current)) = (counts(reference), counts(current)) else { return Vec::new() };
    let all = |counts: &[u64]| counts.iter().sum::<u64>().max(1) as f64;
    let (all_reference, all_current) = (all(&reference), all(&current));
    let cells = names.iter().zip(reference.iter().zip(&current)).filter(|(_, (r, c))| **r + **c > 0);
    cells
        .map(|(name, (r, c))| CellView {
            label: name.clone(),
            reference: *r as f64 / all_reference,
            current: *c as f64 / all_current,
        })
        .collect()
}

/// Four significant digits.
fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if !(-4.0..7.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let digits = (3.0 - magnitude).max(0.0) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_keep_four_digits() {
        for (value, text) in
            [(0.0, "0"), (1234.5678, "1235"), (0.012345, "0.01235"), (12.0, "12"), (1e-9, "1.000e-9"), (-0.5, "-0.5")]
        {
            assert_eq!(text, short(value));
        }
    }
}
