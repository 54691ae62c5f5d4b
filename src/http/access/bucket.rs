//! A rate with a burst: a bucket that fills steadily and is emptied by takers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A bucket of up to `burst` turns, one more each `interval`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    interval: Duration,
    burst: u32,
    /// When the bucket was, or will be, empty had nobody waited: turns before it are taken.
    empty_at: Option<Instant>,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn new(interval: Duration, burst: u32) -> Bucket {
        Bucket { interval, burst, empty_at: None }
    }

    /// Takes a turn when there is one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let full = self.interval.saturating_mul(self.burst);
        // The bucket holds what has filled it since it was empty, and no more than its size.
        let empty_at = match (self.empty_at, now.checked_sub(full)) {
            (Some(at), Some(least)) => at.max(least),
            (Some(at), None) => at,
            (None, least) => least.unwrap_or(now),
        };
        let next = empty_at + self.interval;
        if self.empty_at.is_some() && next > now {
            return false;
        }
        self.empty_at = Some(next);
        true
    }

    /// Whether nobody has taken a turn for so long that it is full.
    pub(super) fn is_full(&self, now: Instant) -> bool {
        self.empty_at.is_none_or(|at| at + self.interval.saturating_mul(self.burst) <= now)
    }
}

/// A bucket for all.
#[derive(Debug)]
pub(super) struct Shared(Mutex<Bucket>);

impl Shared {
    /// A full bucket.
    pub(super) fn new(interval: Duration, burst: u32) -> Shared {
        Shared(Mutex::new(Bucket::new(interval, burst)))
    }

    /// Takes a turn when there is one.
    pub(super) fn take(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_followed_by_the_rate() {
        let start = Instant::now() + Duration::from_secs(1_000);
        let mut bucket = Bucket::new(Duration::from_secs(2), 3);
        let taken: Vec<u64> = (0..20).filter(|second| bucket.take(start + Duration::from_secs(*second))).collect();
        assert_eq!(vec![0, 1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18], taken);
        assert!(!bucket.is_full(start + Duration::from_secs(20)));
        let later = start + Duration::from_secs(1_000);
        assert!(bucket.is_full(later));
        assert_eq!(3, (0..10).filter(|_| bucket.take(later)).count());
    }

    #[test]
    fn an_interval_longer_than_the_clock_has_run_still_lets_its_burst_through() {
        let mut bucket = Bucket::new(Duration::from_secs(u32::MAX.into()), 2);
        assert!(bucket.take(Instant::now()));
    }
}
