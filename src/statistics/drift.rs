//! Statistics of two sides of a column: the reference and a window.

mod anderson_darling;
mod chi_square;
mod chi_square_pvalue;
mod cramer_von_mises;
mod drift_auc;
mod energy_distance;
mod hellinger;
mod jensen_shannon;
mod jensen_shannon_divergence;
mod kolmogorov_smirnov;
mod kolmogorov_smirnov_pvalue;
mod kullback_leibler;
mod largest_difference;
mod mean_shift;
mod psi;
mod psi_debiased;
mod total_variation;
mod variance_ratio;
mod wasserstein;
mod wasserstein_distance;

pub use anderson_darling::anderson_darling;
pub use chi_square::chi_square;
pub use chi_square_pvalue::chi_square_pvalue;
pub use cramer_von_mises::cramer_von_mises;
pub use drift_auc::drift_auc;
pub use energy_distance::energy_distance;
pub use hellinger::hellinger_distance;
pub use jensen_shannon::jensen_shannon_distance;
pub use jensen_shannon_divergence::jensen_shannon_divergence;
pub use kolmogorov_smirnov::kolmogorov_smirnov;
pub use kolmogorov_smirnov_pvalue::kolmogorov_smirnov_pvalue;
pub use kullback_leibler::kullback_leibler_divergence;
pub use largest_difference::largest_difference;
pub use mean_shift::mean_shift;
pub use psi::{population_stability_index, sigma};
pub use psi_debiased::population_stability_index_debiased;
pub use total_variation::total_variation;
pub use variance_ratio::variance_ratio;
pub use wasserstein::wasserstein;

pub use super::threshold::{Chance, Threshold, cells_of};

use super::{Evaluated, Spec, Undefined};
use crate::aggregate::numeric::{Categories, Numbers};
use crate::aggregate::{Column, Shape, Totals};

/// Every drift statistic, in the order they are shown in.
pub static ENTRIES: &[Entry] = &[
    psi::ENTRY,
    psi_debiased::ENTRY,
    kullback_leibler::ENTRY,
    jensen_shannon::ENTRY,
    jensen_shannon_divergence::ENTRY,
    hellinger::ENTRY,
    total_variation::ENTRY,
    largest_difference::ENTRY,
    chi_square::ENTRY,
    chi_square_pvalue::ENTRY,
    kolmogorov_smirnov::ENTRY,
    kolmogorov_smirnov_pvalue::ENTRY,
    wasserstein::ENTRY,
    wasserstein_distance::ENTRY,
    drift_auc::ENTRY,
    mean_shift::ENTRY,
    variance_ratio::ENTRY,
    cramer_von_mises::ENTRY,
    anderson_darling::ENTRY,
    energy_distance::ENTRY,
];

/// One drift statistic.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it is.
    pub spec: Spec,
    /// Which kinds of column show it when the config names no statistics.
    pub default: Default,
    /// Computes it.
    pub evaluate: fn(&Comparison<'_>) -> Evaluated,
    /// How its threshold is computed.
    pub threshold: Threshold,
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
    /// Whether missing and invalid values are among the coarse cells.
    pub missing_as_category: bool,
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

/// One fine cell as both sides see it. `F` is the share of the reference up to a point, `G` that of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FineCell {
    /// Its width; infinite for the two tails.
    pub width: f64,
    /// Whether it can hold one value only.
    pub atomic: bool,
    /// `F` at its left and its right edge, `F_{k-1}` and `F_k`.
    pub reference: (f64, f64),
    /// `G` at its left and its right edge, `G_{k-1}` and `G_k`.
    pub current: (f64, f64),
    /// The mean offsets of reference and window, `U_k` and `V_k`.
    pub offsets: (f64, f64),
    /// The integral of `F - G` over the cell, `A_k`.
    pub area: f64,
}

impl FineCell {
    /// The shares of reference and window in the cell, `p_k` and `q_k`.
    pub fn shares(&self) -> (f64, f64) {
        (self.reference.1 - self.reference.0, self.current.1 - self.current.0)
    }

    /// The largest that `F - G`, and that `G - F`, can be anywhere in the cell.
    pub fn extremes(&self) -> (f64, f64) {
        (self.reference.1 - self.current.0, self.current.1 - self.reference.0)
    }

    /// By how much the integral of `|F - G|` over the cell can exceed `|A_k|`: twice the most that the smaller of the
    /// integrals `P` of `(F - G)+` and `N` of `(G - F)+` can be, where `P - N = A_k` is known.
    ///
    /// In a tail they are at most `U_k` and `V_k`. Inside, let `f` and `g` be `F` and `G` brought to [0, 1] by their
    /// common range `s`. Then `(g - f)+ <= g (1 - f)`, and as one factor grows where the other falls, Chebyshev's
    /// integral inequality gives `N <= w s mean(g) (1 - mean(f))`, where the means follow from the offsets; and
    /// neither `P` nor `N` exceeds the width times the largest difference of its sign.
    pub fn slack(&self) -> f64 {
        let (f, g) = (self.reference, self.current);
        if self.atomic {
            return 0.0;
        }
        if self.width.is_infinite() {
            return 2.0 * self.offsets.0.min(self.offsets.1);
        }
        let (low, high) = (f.0.min(g.0), f.1.max(g.1));
        if high <= low {
            return 0.0;
        }
        let mean = |edges: (f64, f64), offset: f64| (edges.1 - offset / self.width).max(edges.0).min(edges.1);
        let (mean_f, mean_g) = (mean(f, self.offsets.0), mean(g, self.offsets.1));
        let (above, below) = self.extremes();
        let (major, minor, lesser, greater) =
            if self.area >= 0.0 { (above, below, mean_g, mean_f) } else { (below, above, mean_f, mean_g) };
        let chebyshev = (lesser - low) * (high - greater) / (high - low);
        2.0 * self.width * chebyshev.min(minor).min(major - self.area.abs() / self.width).max(0.0)
    }
}

/// The fine cells of two sides of a numeric column, from left to right.
pub fn fine_cells(reference: &Numbers<'_>, current: &Numbers<'_>) -> Vec<FineCell> {
    let grid = reference.grid();
    let (m, n) = (reference.present().max(1) as f64, current.present().max(1) as f64);
    let mut before = (0u64, 0u64);
    let counts = reference.cells().iter().zip(current.cells());
    counts
        .enumerate()
        .map(|(k, (r, c))| {
            let after = (before.0 + r, before.1 + c);
            let reference_edges = (before.0 as f64 / m, after.0 as f64 / m);
            let current_edges = (before.1 as f64 / n, after.1 as f64 / n);
            before = after;
            let offsets = (reference.offset_mean(k), current.offset_mean(k));
            let (width, area) = match (grid.lower(k), grid.upper(k)) {
                (Some(lower), Some(upper)) if grid.is_atomic(k) => {
                    (upper - lower, (upper - lower) * (reference_edges.0 - current_edges.0))
                }
                (Some(lower), Some(upper)) => {
                    let width = upper - lower;
                    (width, width * (reference_edges.1 - current_edges.1) - (offsets.0 - offsets.1))
                }
                (None, _) => (f64::INFINITY, offsets.0 - offsets.1),
                (_, None) => (f64::INFINITY, offsets.1 - offsets.0),
            };
            FineCell {
                width,
                atomic: grid.is_atomic(k),
                reference: reference_edges,
                current: current_edges,
                offsets,
                area,
            }
        })
        .collect()
}

/// The reference's standard deviation (dividing by its size) as a unit; undefined when it is zero.
fn deviation(reference: &Numbers<'_>) -> Result<f64, Undefined> {
    let variance = reference.variance(0).ok_or(Undefined::NoObservations)?;
    if reference.is_constant() { Err(Undefined::ConstantReference) } else { Ok(variance.sqrt()) }
}

/// The share of both sides in cells that can hold more than one value: there alone are offsets rounded.
fn spread_share(cells: &[FineCell]) -> f64 {
    cells.iter().filter(|cell| !cell.atomic).map(|cell| cell.shares().0 + cell.shares().1).sum()
}

/// The share of a normal column that a shift by this many standard deviations moves to where it was not.
fn share_moved(shift: f64) -> f64 {
    2.0 * super::null::normal_share(shift / 2.0) - 1.0
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
        let (mut counts, extras): (Vec<_>, [_; 2]) = match &sides {
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
        Comparison { sides, cells: Cells::new(counts), missing_as_category }
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
