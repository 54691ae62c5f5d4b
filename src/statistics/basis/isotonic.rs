//! The calibration map: which share of the rows of a score turned out to be of the class, never falling as the score
//! rises.

/// Pools neighbouring cells that are in the wrong order (the pool adjacent violators algorithm): the nondecreasing
/// shares nearest to `hits / rows`, weighted by rows. Cells without rows lie on the line between their neighbours'
/// shares, at the ends they have the nearest share; `places` are the scores of the cells. `None` without any rows.
///
/// ```
/// use driftgauge::statistics::basis::isotonic;
/// // Three of 4 rows, then 1 of 4, are in the wrong order: both cells get 4 of 8.
/// let map = isotonic(&[0.1, 0.4, 0.5, 0.9], &[10, 4, 4, 10], &[1, 3, 1, 9]).unwrap();
/// assert_eq!(vec![0.1, 0.5, 0.5, 0.9], map);
/// ```
pub fn isotonic(places: &[f64], rows: &[u64], hits: &[u64]) -> Option<Vec<f64>> {
    struct Pool {
        rows: u64,
        hits: u64,
        last: usize,
    }
    let mut pools: Vec<Pool> = Vec::new();
    for (last, (rows, hits)) in rows.iter().zip(hits).enumerate() {
        if *rows == 0 {
            continue;
        }
        let mut pool = Pool { rows: *rows, hits: *hits, last };
        while let Some(before) = pools.last() {
            // before.hits / before.rows >= pool.hits / pool.rows, in integers.
            let falls =
                u128::from(before.hits) * u128::from(pool.rows) >= u128::from(pool.hits) * u128::from(before.rows);
            if !falls {
                break;
            }
            pool = Pool { rows: pool.rows + before.rows, hits: pool.hits + before.hits, last };
            pools.pop();
        }
        pools.push(pool);
    }
    let mut pools = pools.into_iter().peekable();
    pools.peek()?;
    let mut map: Vec<Option<f64>> = vec![None; places.len()];
    for (k, share) in map.iter_mut().enumerate() {
        while pools.peek().is_some_and(|pool| pool.last < k) {
            pools.next();
        }
        if rows.get(k).is_some_and(|rows| *rows > 0) {
            *share = pools.peek().map(|pool| pool.hits as f64 / pool.rows as f64);
        }
    }
    Some(filled(places, &map))
}

/// The cells that have no share get one from their neighbours.
fn filled(places: &[f64], map: &[Option<f64>]) -> Vec<f64> {
    let known = |k: usize| map.get(k).copied().flatten().map(|share| (k, share));
    let mut before: Option<(usize, f64)> = None;
    let mut after = (0..map.len()).filter_map(known).peekable();
    let mut filled = Vec::with_capacity(map.len());
    for k in 0..map.len() {
        while let Some(next) = after.next_if(|(next, _)| *next <= k) {
            before = Some(next);
        }
        filled.push(match (before, after.peek()) {
            (Some((at, share)), _) if at == k => share,
            (Some((left, low)), Some((right, high))) => {
                let part = (places[k] - places[left]) / (places[*right] - places[left]);
                low + (high - low) * if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.5 }
            }
            (Some((_, share)), None) => share,
            (None, Some((_, share))) => *share,
            (None, None) => 0.0,
        });
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cells_without_rows_lie_between_their_neighbours() {
        let map = isotonic(&[0.0, 0.1, 0.2, 0.5, 0.6], &[0, 10, 0, 10, 0], &[0, 2, 0, 6, 0]).unwrap();
        let expected = [0.2, 0.2, 0.3, 0.6, 0.6];
        assert!(map.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{map:?}");
        assert_eq!(None, isotonic(&[0.5], &[0], &[0]));
    }

    proptest! {
        #[test]
        fn it_never_falls_and_keeps_the_hits(cells in prop::collection::vec((0u64..50, 0u64..50), 1..40)) {
            let places: Vec<f64> = (0..cells.len()).map(|k| k as f64).collect();
            let rows: Vec<u64> = cells.iter().map(|(a, b)| a + b).collect();
            let hits: Vec<u64> = cells.iter().map(|(a, _)| *a).collect();
            prop_assume!(rows.iter().any(|n| *n > 0));
            let map = isotonic(&places, &rows, &hits).unwrap();
            prop_assert!(map.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
            let expected: f64 = rows.iter().zip(&map).map(|(n, share)| *n as f64 * share).sum();
            prop_assert!((expected - hits.iter().sum::<u64>() as f64).abs() < 1e-9);
        }
    }
}
