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
//!
//! A request whose header is complete may take longer, up to the deadline of requests; a client that takes no byte of a
//! response has a shorter one.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_rustls::server::TlsStream;

use super::places::{Standing, Wait};
use super::{Config, Traffic};

/// A stream over TCP.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin {
    /// The connection below.
    fn tcp(&self) -> &TcpStream;
}

impl Transport for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Transport for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Header,
    Write,
    Idle,
}

/// A connection with a deadline per phase.
pub(super) struct Paced<S: Transport> {
    stream: TokioIo<S>,
    config: Arc<Config>,
    traffic: Arc<Traffic>,
    standing: Arc<Standing>,
    phase: Phase,
    since: Instant,
    deadline: Pin<Box<Sleep>>,
}

impl<S: Transport> Paced<S> {
    /// Begins with the header phase.
    pub(super) fn new(stream: S, config: Arc<Config>, traffic: Arc<Traffic>, standing: Arc<Standing>) -> Paced<S> {
        let deadline = Box::pin(tokio::time::sleep(config.header_timeout));
        standing.note(Wait::Request);
        let stream = TokioIo::new(stream);
        Paced { stream, config, traffic, standing, phase: Phase::Header, since: Instant::now(), deadline }
    }

    fn enter(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase;
            self.since = Instant::now();
            let (wait, limit) = match phase {
                Phase::Header => (Wait::Request, self.config.header_timeout),
                Phase::Write => (Wait::Reader, self.config.stall_timeout.min(self.config.write_timeout)),
                Phase::Idle => (Wait::Request, self.config.idle_timeout),
            };
            self.standing.note(wait);
            self.deadline.as_mut().reset(self.since + limit);
        }
    }

    /// The client took some bytes.
    fn progress(&mut self) {
        self.standing.note(Wait::Reader);
        let end = self.since + self.config.write_timeout;
        self.deadline.as_mut().reset(end.min(Instant::now() + self.config.stall_timeout));
    }

    /// Fails when the deadline is over, else wakes the task when it is.
    fn check<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        ready!(self.deadline.as_mut().poll(context));
        if self.phase == Phase::Header && self.standing.is(Wait::Answer) {
            // The header was in time; it is us who are asked for the response.
            let end = self.since + self.config.request_timeout;
            if end > Instant::now() {
                self.deadline.as_mut().reset(end);
                ready!(self.deadline.as_mut().poll(context));
            }
        }
        if self.phase != Phase::Idle {
            self.traffic.count_cut_off();
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn written(&mut self, context: &mut Context<'_>, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if result.is_pending() {
            return self.check(context);
        }
        self.progress();
        result
    }
}

impl<S: Transport> Drop for Paced<S> {
    fn drop(&mut self) {
        // What the client did not read is thrown away with the connection, not kept by the system for it.
        if self.phase == Phase::Write {
            let _ = self.stream.inner().tcp().set_zero_linger();
        }
    }
}

impl<S: Transport> Read for Paced<S> {
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

impl<S: Transport> Write for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.enter(Phase::Write);
        let result = Pin::new(&mut self.stream).poll_write(context, buf);
        self.written(context, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.enter(Phase::Write);
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, bufs);
        self.written(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes when all of a response is written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if self.phase != Phase::Write {
            return flushed;
        }
        if flushed.is_pending() {
            return self.check(context);
        }
        self.enter(Phase::Idle);
        // hyper may have asked for bytes already, so that nobody else would look at the new deadline.
        match self.check(context) {
            Poll::Pending => flushed,
            late => late,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(context) {
            Poll::Pending => self.check(context),
            closed => closed,
        }
    }
}
