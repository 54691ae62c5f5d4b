//! The coarse cells of a column, as the status page shows them.

use crate::aggregate::{Column, Grid, Shape, Totals};
use crate::report::CellView;
use hashbrown::HashSet;
use std::sync::Arc;

/// Names of the coarse cells, then of MISSING and INVALID. They never change, so they are made once. Intervals have
/// different names; categories that the profile does not name share one.
pub(super) fn names(column: &Column) -> Vec<Arc<str>> {
    let mut names: Vec<String> = match &column.shape {
        Shape::Numeric { grid, .. } => {
            let names = intervals(grid, short);
            let differ = names.iter().collect::<HashSet<_>>().len() == names.len();
            if differ { names } else { intervals(grid, |edge| edge.to_string()) }
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

/// The names of intervals, their ends written by `number`.
fn intervals(grid: &Grid, number: fn(f64) -> String) -> Vec<String> {
    let mut names = Vec::new();
    let mut last: Option<f64> = None;
    for edge in grid.coarse_edges() {
        names.push(match last {
            None => format!("≤ {}", number(edge)),
            Some(last) if last.next_up() == edge => format!("= {}", number(edge)),
            Some(last) => format!("{} … {}", number(last), number(edge)),
        });
        last = Some(edge);
    }
    names.push(last.map_or_else(|| "all".to_owned(), |last| format!("> {}", number(last))));
    names
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
    use crate::aggregate::{FixedPoint, Role};

    #[test]
    fn intervals_that_four_digits_do_not_tell_apart_have_all_digits() {
        let names = |edges: &[f64]| {
            let grid = Arc::new(Grid::new(Vec::new(), edges));
            let shape = Shape::Numeric { grid, fixed: FixedPoint::UNIT };
            let column = Column { name: "x".into(), role: Role::Input, shape, counts: 0, sums: 0 };
            super::names(&column).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(vec!["≤ 0.1235", "0.1235 … 2", "> 2", "missing", "invalid"], names(&[0.123456, 2.0]));
        let times = [1_700_000_000.0, 1_700_000_100.0, 1_700_000_200.0];
        assert_eq!(
            vec!["≤ 1700000000", "1700000000 … 1700000100", "1700000100 … 1700000200", "> 1700000200"],
            names(&times)[..4]
        );
    }

    #[test]
    fn short_numbers_keep_four_digits() {
        for (value, text) in
            [(0.0, "0"), (1234.5678, "1235"), (0.012345, "0.01235"), (12.0, "12"), (1e-9, "1.000e-9"), (-0.5, "-0.5")]
        {
            assert_eq!(text, short(value));
        }
    }
}
