//! One column and the totals of values observed in it.

use driftgauge::aggregate::{Column, Delta, Dictionary, FixedPoint, Grid, Layout, Observed, Role, Shape, Totals};
use std::sync::Arc;

/// A layout of one numeric column.
pub fn numeric(grid: Grid, fixed: FixedPoint) -> Layout {
    one(Shape::Numeric { grid: Arc::new(grid), fixed })
}

/// A layout of one categorical column.
pub fn categorical(dictionary: Dictionary) -> Layout {
    one(Shape::Categorical { dictionary: Arc::new(dictionary) })
}

fn one(shape: Shape) -> Layout {
    let mut layout = Layout::default();
    layout.push("x".into(), Role::Input, shape);
    layout
}

/// The only column of such a layout.
pub fn column(layout: &Layout) -> &Column {
    &layout.columns[0]
}

/// What is counted of values observed one after the other.
#[allow(dead_code, reason = "each test uses its part")]
pub fn totals<'a>(layout: &Layout, values: impl IntoIterator<Item = Observed<'a>>) -> Totals {
    let mut totals = Totals::new(layout.counts(), layout.sums());
    for value in values {
        let mut delta = Delta::default();
        column(layout).observe(value, &mut delta);
        totals.apply(&delta);
    }
    totals
}
