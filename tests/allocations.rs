//! In the steady state nothing is allocated for a line, from its bytes to the windows.

#![allow(clippy::unwrap_used, reason = "the stream is that of the benchmarks")]

#[path = "../benches/support/stream.rs"]
#[allow(dead_code)]
mod stream;

use driftgauge::time::Timestamp;
use stream::{Path, Shape};

/// Lines of one block.
const LINES: u64 = 1_000;
/// What a block may take: the table of waiting ids grows now and then.
const PER_BLOCK: u64 = 4;

#[test]
fn nothing_is_allocated_for_a_line() {
    let shape = Shape { numeric: 20, categorical: 3 };
    // All within one pane of five seconds.
    let at = |index: u64| Timestamp(1_793_697_300_000_000_000 + index as i64 * 100_000);
    let lines: Vec<String> = (0..8 * LINES).map(|index| stream::line(shape, index, at(index))).collect();
    let mut path = Path::new(shape, 2_000);
    let mut blocks = lines.chunks(LINES as usize);
    let mut take = |path: &mut Path| path.take(blocks.next().into_iter().flatten().map(String::as_bytes));
    (0..4).for_each(|_| take(&mut path));
    for block in 4..8 {
        let counted = allocation_counter::measure(|| take(&mut path));
        assert!(counted.count_total <= PER_BLOCK, "block {block}: {counted:?}");
    }
}
