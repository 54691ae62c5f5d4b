//! What chunks of the reference tell about counts that vary more than chance.
//!
//! **What it answers.** How much more do counts of a pane vary than those of independent rows, and does the share of a
//! cell wander by itself?
//!
//! **Definition.** The reference is cut into `C` chunks of the size of a pane, by time or by row order, with counts
//! `n_cb` and sums `n_c`. The dispersion is `phi = max(1, sum over c, b of (n_cb - n_c p_b)^2 / (n_c p_b) / ((C - 1)
//! (B - 1)))` over the `B` cells seen at all. With `v_b` the variance (ddof 1) over chunks of the cell's share and
//! `e_b` the mean of `p_b (1 - p_b) / n_c`, the share wanders by `s_b = sqrt(v_b - e_b)` where `v_b > e_b (1 + 3
//! sqrt(2 / (C - 1)))`, else by 0.
//!
//! **Why not wherever `v_b > e_b`.** Chance alone makes that true of every second cell, and a box that is wider by
//! three such `s_b` is twice as wide as it should be. Three standard errors of a variance leave one cell in 700.
//!
//! **Range.** `phi` from 1 (independent rows) up; for clusters of equal size it is that size. `s_b` is a share.
//!
//! **Least data.** Two chunks with observations; below 20 both are guesses.
//!
//! **Pitfalls.** Clusters raise both, so that the box gets wider as well: safe, and slower. Chunks of shuffled rows say
//! nothing.
//!
//! **References.** McCullagh, Nelder 1989, Generalized linear models (section 4.5, the dispersion); Rao, Scott 1981.
//!
//! **Example.** Two cells, chunks of ten rows: 2 and 8, then 8 and 2. `p = 1/2`, each chunk adds `2 * 9/5`.
//!
//! ```
//! use driftgauge::evidence::chunks::Variation;
//! let variation = Variation::of(&[vec![2, 8], vec![8, 2]]).unwrap();
//! assert!((variation.dispersion - 7.2).abs() < 1e-12);
//! ```

/// How counts of chunks vary.
#[derive(Clone, Debug, PartialEq)]
pub struct Variation {
    /// `phi`, at least 1.
    pub dispersion: f64,
    /// `s_b` of each cell.
    pub between: Vec<f64>,
}

impl Variation {
    /// Of the counts of chunks, all in the same cells; empty chunks are left out. `None` with fewer than two others.
    pub fn of(chunks: &[Vec<u64>]) -> Option<Variation> {
        let cells = chunks.iter().map(Vec::len).max()?;
        let of = |chunk: &Vec<u64>, cell: usize| chunk.get(cell).copied().unwrap_or(0) as f64;
        let sized: Vec<(&Vec<u64>, f64)> =
            chunks.iter().map(|chunk| (chunk, chunk.iter().sum::<u64>() as f64)).filter(|(_, n)| *n > 0.0).collect();
        if sized.len() < 2 {
            return None;
        }
        let count = sized.len() as f64;
        let total: f64 = sized.iter().map(|(_, n)| n).sum();
        let (mut chi_square, mut seen) = (0.0, 0.0);
        let mut between = vec![0.0; cells];
        for (cell, between) in between.iter_mut().enumerate() {
            let p = sized.iter().map(|(chunk, _)| of(chunk, cell)).sum::<f64>() / total;
            if p == 0.0 {
                continue;
            }
            seen += 1.0;
            chi_square += sized.iter().map(|(chunk, n)| (of(chunk, cell) - n * p).powi(2) / (n * p)).sum::<f64>();
            let mean = sized.iter().map(|(chunk, n)| of(chunk, cell) / n).sum::<f64>() / count;
            let variance =
                sized.iter().map(|(chunk, n)| (of(chunk, cell) / n - mean).powi(2)).sum::<f64>() / (count - 1.0);
            let expected = sized.iter().map(|(_, n)| p * (1.0 - p) / n).sum::<f64>() / count;
            if variance > expected * (1.0 + 3.0 * (2.0 / (count - 1.0)).sqrt()) {
                *between = (variance - expected).sqrt();
            }
        }
        let freedom = (count - 1.0) * (seen - 1.0);
        let dispersion = if freedom > 0.0 { (chi_square / freedom).max(1.0) } else { 1.0 };
        Some(Variation { dispersion, between })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_clusters_have_their_size() {
        // Two rows of each: twice the chi-square of the same chunks with single rows. scipy 1.17.1:
        // chi2_contingency([[30, 20, 50], [20, 40, 40], [40, 30, 30]]).statistic == 18.3333333333333, on 4 degrees.
        let single = [vec![30, 20, 50], vec![20, 40, 40], vec![40, 30, 30]];
        let double: Vec<Vec<u64>> = single.iter().map(|chunk| chunk.iter().map(|n| 2 * n).collect()).collect();
        let (single, double) = (Variation::of(&single).unwrap(), Variation::of(&double).unwrap());
        assert!((single.dispersion - 18.3333333333333 / 4.0).abs() < 1e-10, "{}", single.dispersion);
        assert!((double.dispersion - 2.0 * single.dispersion).abs() < 1e-12);
    }

    #[test]
    fn a_cell_that_wanders_is_told_from_chance() {
        // The first moves between .3 and .7 with 10,000 rows a chunk: s = .2 * sqrt(40 / 39); the third stays.
        let chunks: Vec<Vec<u64>> =
            (0..40).map(|at| if at % 2 == 0 { vec![3000, 5000, 2000] } else { vec![7000, 1000, 2000] }).collect();
        let variation = Variation::of(&chunks).unwrap();
        assert!((variation.between[0] - 0.2 * (40f64 / 39.0).sqrt()).abs() < 1e-3);
        assert_eq!(0.0, variation.between[2]);
        assert!(variation.dispersion > 100.0);
    }

    #[test]
    fn too_few_chunks_tell_nothing() {
        assert_eq!(None, Variation::of(&[]));
        assert_eq!(None, Variation::of(&[vec![3, 4], vec![0, 0]]));
        let constant = Variation::of(&[vec![5, 0], vec![7, 0]]).unwrap();
        assert_eq!((1.0, vec![0.0, 0.0]), (constant.dispersion, constant.between));
    }
}
