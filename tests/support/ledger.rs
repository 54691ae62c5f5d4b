//! Comparisons, counted: a test that compares nothing must not pass.
#![allow(dead_code, reason = "each test uses its part")]

/// Differences up to this are rounding: relative above 1, absolute below.
pub const EXACT: f64 = 1e-9;

/// What was compared, and what was wrong.
#[derive(Debug, Default)]
pub struct Ledger {
    compared: usize,
    wrong: Vec<String>,
}

impl Ledger {
    /// Both must be there and equal up to `tolerance`.
    pub fn equal(&mut self, what: &str, expected: f64, observed: Option<f64>, tolerance: f64) {
        self.compared += 1;
        let close = |observed: f64| (observed - expected).abs() <= tolerance * expected.abs().max(1.0);
        if !observed.is_some_and(close) {
            self.wrong.push(format!("{what}: expected {expected}, observed {observed:?}"));
        }
    }

    /// The exact value must lie in `[observed - below, observed + above]`.
    pub fn inside(&mut self, what: &str, expected: f64, observed: Option<f64>, below: Option<f64>, above: Option<f64>) {
        self.compared += 1;
        let slack = EXACT * expected.abs().max(1.0);
        match (observed, below, above) {
            (Some(value), Some(below), Some(above))
                if value - below - slack <= expected && expected <= value + above + slack => {}
            _ => self.wrong.push(format!("{what}: expected {expected}, observed {observed:?} -{below:?} +{above:?}")),
        }
    }

    /// Nothing may be there.
    pub fn absent(&mut self, what: &str, observed: Option<f64>) {
        self.compared += 1;
        if let Some(observed) = observed {
            self.wrong.push(format!("{what}: expected nothing, observed {observed}"));
        }
    }

    /// Fails with everything that was wrong, or when fewer than `least` comparisons were made.
    pub fn settle(&self, of: &str, least: usize) {
        println!("{of}: {} comparisons", self.compared);
        let shown: Vec<&str> = self.wrong.iter().take(40).map(String::as_str).collect();
        assert!(
            self.wrong.is_empty(),
            "{of}: {} of {} comparisons failed:\n{}",
            self.wrong.len(),
            self.compared,
            shown.join("\n")
        );
        assert!(self.compared >= least, "{of}: only {} comparisons, expected at least {least}", self.compared);
    }
}
