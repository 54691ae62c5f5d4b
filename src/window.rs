//! Rolling windows of event time, kept as panes of integer counts.
//!
//! A pane is a slice of time aligned to the Unix epoch, the same on every replica. Each window length has a pane
//! length ([`plan::pane_of`]); lengths with the same pane share a level. An event adds to the open pane of the finest
//! level only; when a pane closes, it is added once to the totals of its windows and to the open pane of the coarser
//! levels. So the cost of an event does not depend on the number of windows. A late event goes straight to the pane
//! it belongs to, as long as that pane exists, and to the totals which hold that pane.
//!
//! A window of length `W` with panes of length `p` covers the pane of the newest time and the `W/p - 1` panes before
//! it.

mod level;
pub mod plan;
mod ring;

pub use plan::{PaneError, WindowPlan};
pub use ring::{Changes, Landed, Revision, Ring, SavedPane, SavedRing};
