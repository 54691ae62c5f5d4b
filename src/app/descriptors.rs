//! File descriptors, shared so that neither the log files nor the clients can take those of the other.

use crate::config::Config;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Besides log files and connections: standard streams, the runtime, the listener and the connection being accepted,
/// profiles and certificates while they are read, the state.
const OTHERS: u64 = 24;
/// Of each source: hints of changes, and the folder being looked at.
const OF_SOURCE: u64 = 4;

/// How many descriptors may be used for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Log files open at one time, of each source.
    pub open_files: usize,
    /// Connections at one time.
    pub connections: usize,
}

/// Raises the limit of the process to what the config needs, as far as the system allows, and shares out what there is.
pub fn reserve(config: &Config) -> Shares {
    let wanted = Shares { open_files: config.max_open_files, connections: config.max_connections };
    let sources = config.sources.len();
    let needed = needed(wanted, sources);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(mut limit) = current else { return wanted };
    if limit < needed {
        let raised = maximum.map_or(needed, |maximum| maximum.min(needed));
        if setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).is_ok() {
            limit = raised;
        }
    }
    let shares = share(limit, wanted, sources);
    if shares != wanted {
        let Shares { open_files, connections } = shares;
        tracing::warn!(limit, needed, open_files, connections, "few file descriptors: log files take turns");
    }
    shares
}

/// The limit on open descriptors; `None` when there is none.
pub fn limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

fn needed(wanted: Shares, sources: usize) -> u64 {
    let of_source = OF_SOURCE.saturating_add(wanted.open_files as u64);
    OTHERS.saturating_add(of_source.saturating_mul(sources as u64)).saturating_add(wanted.connections as u64)
}

/// A quarter of what is free for connections, the rest for log files, and at least one each.
fn share(limit: u64, wanted: Shares, sources: usize) -> Shares {
    if limit >= needed(wanted, sources) {
        return wanted;
    }
    let sources = (sources as u64).max(1);
    let free = limit.saturating_sub(OTHERS + OF_SOURCE * sources);
    let connections = (free / 4).clamp(1, wanted.connections as u64);
    let open_files = ((free - connections.min(free)) / sources).clamp(1, wanted.open_files as u64);
    Shares { open_files: open_files as usize, connections: connections as usize }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_is_shared_and_nobody_gets_nothing() {
        let wanted = Shares { open_files: 256, connections: 128 };
        for (limit, sources, open_files, connections) in [
            (1_048_576, 1, 256, 128),
            (412, 1, 256, 128),
            (411, 1, 256, 95),
            (64, 1, 27, 9),
            (64, 2, 12, 8),
            (32, 1, 3, 1),
            (8, 1, 1, 1),
            (0, 40, 1, 1),
        ] {
            let expected = Shares { open_files, connections };
            let shares = share(limit, wanted, sources);
            assert_eq!(expected, shares, "{limit} {sources}");
            let fits = needed(shares, sources) <= limit;
            assert!(fits || shares.open_files == 1, "{limit} {sources}");
        }
    }
}
