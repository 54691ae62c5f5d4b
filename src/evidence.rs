//! Evidence that accumulates: has a column, a loss or a statistic left its reference, when one looks all the time?
//!
//! A p-value answers for one look. A gauge is looked at every few seconds for months, for thousands of series. The
//! detectors here may be looked at after each pane, for ever: with a threshold of `A` the expected number of panes to
//! the first false alarm is at least `A`, whatever the sample size, with no simulation and no independence of series.
//!
//! | file | what it has |
//! |---|---|
//! | [`pane`] | counts of a length of time *and* of at least so many events, consumed once |
//! | [`chunks`] | how much the reference varies beyond chance, from one chunk of a pane's size to the next |
//! | [`box_null`] | what a column may do without drift: an interval for the share of each cell |
//! | [`multinomial`] | evidence that the shares of a column's cells left that box |
//! | [`bounded_loss`] | evidence that the mean of a loss in [0, 1] left its reference |
//! | [`conformal`] | evidence that any number per pane is larger than it was in reference panes |
//! | [`accumulate`] | the recursion that all three share |
//! | [`budget`] | the threshold, from "1 per 30d"; and which of many series drifted |
//! | [`alarm`] | the latch: evidence and effect raise it, a cool-down ends it |
//! | [`companions`] | ADWIN, Page-Hinkley and DDM, for those who know them; they guarantee no run length |
//!
//! **E-values.** A nonnegative number whose expectation is at most 1 as long as nothing is wrong, given everything
//! before; large when something is. Products of them over panes, sums of those products over the panes at which a
//! change may have begun, and averages over alternatives keep what is needed: see [`accumulate`]. All are kept as
//! natural logarithms ("nats"): a threshold of 43,200 is 10.7 nats.
//!
//! Nothing here reads a clock, draws a random number, or knows where counts come from.
//!
//! **References.** Shin, Ramdas, Rinaldo 2023, E-detectors: a nonparametric framework for sequential change detection
//! (NEJSDS); Ramdas, Wang 2025, Hypothesis testing with e-values; Larsson, Ramdas, Ruf 2025, The numeraire e-variable
//! and reverse information projection; Dandapanthula, Ramdas 2025, Multiple testing in multi-stream sequential change
//! detection.

pub mod accumulate;
pub mod alarm;
pub mod bounded_loss;
pub mod box_null;
pub mod budget;
pub mod chunks;
pub mod companions;
pub mod conformal;
pub mod multinomial;
pub mod pane;

pub use accumulate::{Accumulated, Total};
