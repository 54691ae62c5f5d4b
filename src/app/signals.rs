//! What the process is asked by signals.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that do not end the process by themselves any more.
pub(super) struct Signals {
    pub(super) end: End,
    pub(super) hangups: Hangups,
}

/// SIGTERM and SIGINT.
pub(super) struct End {
    terminate: Signal,
    interrupt: Signal,
}

/// SIGHUP.
pub(super) struct Hangups(Signal);

impl Signals {
    /// From now on, in the context of a runtime.
    pub(super) fn listen() -> io::Result<Signals> {
        let end = End { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? };
        Ok(Signals { end, hangups: Hangups(signal(SignalKind::hangup())?) })
    }
}

impl End {
    /// The process is asked to end.
    pub(super) async fn asked(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

impl Hangups {
    /// Passes every one on; never ends.
    pub(super) async fn pass_on(mut self, pass: impl Fn()) {
        while self.0.recv().await.is_some() {
            pass();
        }
        std::future::pending().await
    }
}
