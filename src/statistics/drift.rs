//! Statistics of two sides of a column: the reference and a window.

mod psi;

pub use psi::population_stability_index;

use super::{Evaluated, Spec, Undefined};
use crate::aggregate::numeric::{Categories, Numbers};
use crate::aggregate::{Column, Shape, Totals};

/// Every drift statistic, in the order they are shown in.
pub static ENTRIES: &[Entry] = &[psi::ENTRY];

/// One drift statistic.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it is.
    pub spec: Spec,
    /// Which kinds of column show it when the config names no statistics.
    pub default: Default,
    /// Computes it.
    pub evaluate: fn(&Comparison<'_>) -> Evaluated,
}

/// The kinds of input column that show a statistic by default. Scores, predictions and actuals always show all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// Every column.
    Every,
    /// Numeric columns.
    Numeric,
    /// Categorical columns.
    Categorical,
    /// None: only when the config asks for it.
    No,
}

impl Default {
    /// Whether a column of this shape shows the statistic by default.
    pub fn includes(self, shape: &Shape) -> bool {
        match self {
            Default::Every => true,
            Default::Numeric => matches!(shape, Shape::Numeric { .. }),
            Default::Categorical => matches!(shape, Shape::Categorical { .. }),
            Default::No => false,
        }
    }
}

/// The two sides of a column, made ready once for all statistics.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    /// The column's own cells.
    pub sides: Sides<'a>,
    /// The coarse cells on which the divergences are computed.
    pub cells: Cells,
}

/// The two sides by kind.
#[derive(Clone, Copy, Debug)]
pub enum Sides<'a> {
    /// Numbers.
    Numeric {
        /// The reference.
        reference: Numbers<'a>,
        /// The window.
        current: Numbers<'a>,
    },
    /// Categories.
    Categorical {
        /// The reference.
        reference: Categories<'a>,
        /// The window.
        current: Categories<'a>,
    },
}

/// Counts of the coarse cells of both sides. A cell that is empty on both sides is left out: it says nothing, and
/// with smoothing it would add a difference that comes from the two sizes alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cells {
    /// Reference counts, `r_b`.
    pub reference: Vec<u64>,
    /// Window counts, `c_b`.
    pub current: Vec<u64>,
    /// Reference size, `m`.
    pub m: u64,
    /// Window size, `n`.
    pub n: u64,
}

impl Cells {
    /// Cells of bare counts, those empty on both sides left out.
    pub fn new(counts: impl IntoIterator<Item = (u64, u64)>) -> Cells {
        let (reference, current): (Vec<u64>, Vec<u64>) = counts.into_iter().filter(|(r, c)| r + c > 0).unzip();
        Cells { m: reference.iter().sum(), n: current.iter().sum(), reference, current }
    }

    /// The number of cells, `B`.
    pub fn len(&self) -> usize {
        self.reference.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.reference.is_empty()
    }

    /// The effective size `n m / (n + m)`.
    pub fn effective(&self) -> f64 {
        let (n, m) = (self.n as f64, self.m as f64);
        if n + m == 0.0 { 0.0 } else { n * m / (n + m) }
    }

    /// Shares `(p_b, q_b)` of reference and window as they are.
    pub fn raw(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.smoothed_by(0.0)
    }

    /// Shares `(p_b, q_b)` smoothed by Jeffreys' half observation in each cell.
    pub fn smoothed(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.smoothed_by(0.5)
    }

    fn smoothed_by(&self, extra: f64) -> impl Iterator<Item = (f64, f64)> + '_ {
        let cells = self.len() as f64;
        let (m, n) = (self.m as f64 + extra * cells, self.n as f64 + extra * cells);
        self.reference.iter().zip(&self.current).map(move |(r, c)| ((*r as f64 + extra) / m, (*c as f64 + extra) / n))
    }

    /// Whether both sides have the observations a statistic needs.
    pub fn require(&self, least: u64) -> Result<(), Undefined> {
        match self.n.min(self.m) {
            0 => Err(Undefined::NoObservations),
            n if n < least => Err(Undefined::TooFew),
            _ => Ok(()),
        }
    }
}

impl<'a> Comparison<'a> {
    /// Reads a column from both totals. `None` when they are not of the column's layout.
    pub fn new(
        column: &'a Column,
        reference: &'a Totals,
        current: &'a Totals,
        missing_as_category: bool,
    ) -> Option<Comparison<'a>> {
        let sides = match column.shape {
            Shape::Numeric { .. } => {
                Sides::Numeric { reference: Numbers::of(column, reference)?, current: Numbers::of(column, current)? }
            }
            Shape::Categorical { .. } => Sides::Categorical {
                reference: Categories::of(column, reference)?,
                current: Categories::of(column, current)?,
            },
        };
        Some(Comparison::of(sides, missing_as_category))
    }

    /// Coarse cells of two sides: for numbers the deciles after atoms, for categories their cells with OTHER and
    /// UNSEEN; then MISSING and INVALID when `missing_as_category`.
    pub fn of(sides: Sides<'a>, missing_as_category: bool) -> Comparison<'a> {
        let (mut counts, extras): (Vec<(u64, u64)>, [(u64, u64); 2]) = match &sides {
            Sides::Numeric { reference, current } => {
                let grid = reference.grid();
                let cells = grid.coarsen(reference.cells()).into_iter().zip(grid.coarsen(current.cells())).collect();
                (cells, [(reference.missing(), current.missing()), (reference.invalid(), current.invalid())])
            }
            Sides::Categorical { reference, current } => {
                let cells = reference.cells().iter().copied().zip(current.cells().iter().copied()).collect();
                (cells, [(reference.missing(), current.missing()), (reference.invalid(), current.invalid())])
            }
        };
        if missing_as_category {
            counts.extend(extras);
        }
        Comparison { sides, cells: Cells::new(counts) }
    }

    /// Both sides of a numeric column with values on both; otherwise why not.
    pub fn numbers(&self) -> Result<(Numbers<'a>, Numbers<'a>), Undefined> {
        match self.sides {
            Sides::Numeric { reference, current } if reference.present() > 0 && current.present() > 0 => {
                Ok((reference, current))
            }
            Sides::Numeric { .. } => Err(Undefined::NoObservations),
            Sides::Categorical { .. } => Err(Undefined::NotApplicable),
        }
    }
}

/// The entry with this key.
pub fn entry(key: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.spec.key == key)
}
