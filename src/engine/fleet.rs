//! Counters of the coarse cells of the columns that replicas are pooled by.

use super::config::{Fleet, name_matches};
use crate::aggregate::{Column, Delta, Role, Shape};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Counts of each coarse cell since the counters began, by column. Another grid goes on with them, cell by cell: a
/// counter does not fall.
pub(super) type BinCounts = BTreeMap<ColumnKey, Vec<u64>>;

/// A column by its name and role.
pub(super) type ColumnKey = (Arc<str>, Role);

/// The columns that are counted, and where an event's counts belong.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    /// With the names of their bins.
    columns: Vec<(ColumnKey, Vec<Arc<str>>)>,
    /// By index of a count: column and coarse cell.
    places: Vec<Option<(u16, u16)>>,
}

impl Counted {
    /// The columns of these that `settings` names.
    pub(super) fn new(columns: &[Column], settings: &Fleet) -> Counted {
        let mut counted = Counted::default();
        for column in columns.iter().filter(|column| settings.has(&column.name)) {
            let place = counted.columns.len() as u16;
            let end = column.counts + column.shape.counts();
            counted.places.resize(counted.places.len().max(end), None);
            for (slot, cell) in counted.places.iter_mut().skip(column.counts).zip(column.shape.coarse_places()) {
                *slot = cell.map(|cell| (place, cell as u16));
            }
            counted.columns.push(((column.name.clone(), column.role), bins(&column.shape)));
        }
        counted
    }

    /// Whether none is.
    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Adds an event.
    pub(super) fn count(&self, delta: &Delta, counts: &mut BinCounts) {
        if self.columns.is_empty() {
            return;
        }
        for index in delta.counts() {
            let place = self.places.get(*index as usize).copied().flatten();
            let Some((column, cell)) = place.map(|(column, cell)| (usize::from(column), usize::from(cell))) else {
                continue;
            };
            let Some((key, _)) = self.columns.get(column) else { continue };
            let counts = counts.entry(key.clone()).or_default();
            if counts.len() <= cell {
                counts.resize(cell + 1, 0);
            }
            counts[cell] += 1;
        }
    }

    /// Name, role, bin and count of each cell; 0 where nothing was counted.
    pub(super) fn read<'a>(
        &'a self,
        counts: &'a BinCounts,
    ) -> impl Iterator<Item = (&'a Arc<str>, Role, &'a Arc<str>, u64)> {
        self.columns.iter().flat_map(move |(key, bins)| {
            let counts = counts.get(key).map_or(&[][..], Vec::as_slice);
            let count = |cell: usize| counts.get(cell).copied().unwrap_or(0);
            bins.iter().enumerate().map(move |(cell, bin)| (&key.0, key.1, bin, count(cell)))
        })
    }
}

impl Fleet {
    /// Whether the coarse cells of a column of this name are exposed.
    pub(super) fn has(&self, name: &str) -> bool {
        self.features.iter().any(|pattern| name_matches(pattern, name))
    }

    /// Whether its fine cells are.
    pub(super) fn has_fine(&self, name: &str) -> bool {
        self.fine.iter().any(|pattern| name_matches(pattern, name))
    }
}

/// The label `bin` of each coarse cell: numbered from the left, or by the order of the profile; the special ones by name.
pub(super) fn bins(shape: &Shape) -> Vec<Arc<str>> {
    let (cells, special): (usize, &[&str]) = match shape {
        Shape::Numeric { grid, .. } => (grid.coarse_cells(), &["missing", "invalid"]),
        Shape::Categorical { dictionary } => {
            (dictionary.categories().len(), &["other", "unseen", "missing", "invalid"])
        }
    };
    (0..cells).map(bin).chain(special.iter().map(|name| Arc::from(*name))).collect()
}

/// The label `bin` of a numbered cell.
pub(super) fn bin(cell: usize) -> Arc<str> {
    format!("{cell:03}").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{FixedPoint, Grid, Layout, Observed};

    #[test]
    fn each_value_counts_in_its_coarse_cell_and_what_is_not_named_does_not() {
        let mut layout = Layout::default();
        layout.reserve(2, 0);
        let grid = Arc::new(Grid::new(vec![1.0, 2.0, 3.0], &[2.0]));
        let shape = Shape::Numeric { grid, fixed: FixedPoint::UNIT };
        for name in ["other", "age"] {
            layout.push(name.into(), Role::Input, shape.clone());
        }
        let settings = Fleet { features: vec!["a*".to_owned()], ..Fleet::default() };
        let counted = Counted::new(&layout.columns, &settings);
        let mut counts = BinCounts::new();
        for value in [Observed::Number(0.5), Observed::Coerced(1.5), Observed::Number(2.5), Observed::Missing] {
            let mut delta = Delta::default();
            layout.columns.iter().for_each(|column| {
                column.observe(value, &mut delta);
            });
            counted.count(&delta, &mut counts);
        }
        let read = counted.read(&counts).map(|(name, _, bin, count)| format!("{name} {bin} {count}"));
        assert_eq!(vec!["age 000 2", "age 001 1", "age missing 1", "age invalid 0"], read.collect::<Vec<_>>());
    }
}
