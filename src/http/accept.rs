//! Accepting connections, whatever the system is short of.

use std::io;
use std::time::Duration;

use super::publication::Traffic;

/// The pause after a first failure, doubled with each one that follows.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// The longest pause: a scraper that waits for it is not yet late.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Accepts the next connection. Without a free file descriptor the waiting connection stays in the queue and every
/// attempt fails at once, hence the pause.
///
/// # Errors
///
/// When trying again cannot help.
pub(super) async fn accept<T>(mut attempt: impl AsyncFnMut() -> io::Result<T>, traffic: &Traffic) -> io::Result<T> {
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match attempt().await {
            Ok(accepted) => return Ok(accepted),
            Err(error) if is_final(&error) => return Err(error),
            Err(error) => error,
        };
        traffic.count_accept_failure();
        if pause == FIRST_PAUSE {
            tracing::warn!(%error, "cannot accept connections");
        }
        tokio::time::sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// The listener itself is broken, as opposed to the connection at hand or the state of the system.
fn is_final(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EBADF | libc::EINVAL | libc::ENOTSOCK | libc::EOPNOTSUPP | libc::EFAULT))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// Accepts as told, with the number of failures that were counted.
    fn accepted(results: &[Result<u8, i32>]) -> (Result<u8, Option<i32>>, u64) {
        let traffic = Traffic::default();
        let mut results: VecDeque<_> =
            results.iter().map(|result| result.map_err(io::Error::from_raw_os_error)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let outcome = runtime.block_on(accept(async || results.pop_front().unwrap(), &traffic));
        (outcome.map_err(|error| error.raw_os_error()), traffic.accept_failures())
    }

    #[test]
    fn shortages_are_waited_out_and_counted() {
        let table: [(&[Result<u8, i32>], _); 3] = [
            (&[Ok(1)], (Ok(1), 0)),
            (&[Err(libc::EMFILE), Err(libc::ENFILE), Ok(1)], (Ok(1), 2)),
            (&[Err(libc::ECONNABORTED), Ok(1)], (Ok(1), 1)),
        ];
        for (results, expected) in table {
            assert_eq!(expected, accepted(results));
        }
    }

    #[test]
    fn broken_listener_is_an_error() {
        assert_eq!((Err(Some(libc::EBADF)), 0), accepted(&[Err(libc::EBADF)]));
    }
}
