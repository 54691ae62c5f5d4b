//! A stream that fails when its client is too slow.
//!
//! hyper bounds the time for a header but counts the pause between two requests as part of it, and does not bound the
//! time a client takes to read. Here each of the three phases has a deadline that is set when the phase begins and is
//! not moved by a byte now and then:
//!
//! | phase | from | to |
//! |---|---|---|
//! | header | the connection, or the first byte of a request | the first byte of its response |
//! | write | the first byte of a response | all of it given to the system |
//! | idle | the end of a response | the first byte of a request |

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::{Config, Traffic};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Header,
    Write,
    Idle,
}

/// A connection with a deadline per phase.
pub(super) struct Paced {
    stream: TokioIo<TcpStream>,
    config: Arc<Config>,
    traffic: Arc<Traffic>,
    phase: Phase,
    deadline: Pin<Box<Sleep>>,
}

impl Paced {
    /// Begins with the header phase.
    pub(super) fn new(stream: TcpStream, config: Arc<Config>, traffic: Arc<Traffic>) -> Paced {
        let deadline = Box::pin(tokio::time::sleep(config.header_timeout));
        Paced { stream: TokioIo::new(stream), config, traffic, phase: Phase::Header, deadline }
    }

    fn enter(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase;
            self.deadline.set(tokio::time::sleep(self.limit()));
        }
    }

    fn limit(&self) -> Duration {
        match self.phase {
            Phase::Header => self.config.header_timeout,
            Phase::Write => self.config.write_timeout,
            Phase::Idle => self.config.idle_timeout,
        }
    }

    /// Fails when the deadline is over, else wakes the task when it is.
    fn check<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        ready!(self.deadline.as_mut().poll(context));
        // What the client did not read is thrown away with the connection, not kept by the system for it.
        let _ = self.stream.inner().set_zero_linger();
        if self.phase != Phase::Idle {
            self.traffic.count_cut_off();
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Read for Paced {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(context, buf) {
            Poll::Pending => self.check(context),
            Poll::Ready(result) => {
                if self.phase == Phase::Idle {
                    self.enter(Phase::Header);
                }
                Poll::Ready(result)
            }
        }
    }
}

impl Write for Paced {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.enter(Phase::Write);
        match Pin::new(&mut self.stream).poll_write(context, buf) {
            Poll::Pending => self.check(context),
            written => written,
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.enter(Phase::Write);
        match Pin::new(&mut self.stream).poll_write_vectored(context, bufs) {
            Poll::Pending => self.check(context),
            written => written,
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes when all of a response is written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_pending() || self.phase != Phase::Write {
            return flushed;
        }
        self.enter(Phase::Idle);
        // hyper may have asked for bytes already, so that nobody else would look at the new deadline.
        match self.check(context) {
            Poll::Pending => flushed,
            late => late,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
