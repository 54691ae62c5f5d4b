//! The files of a replay, each with a block in hand, and threads that read the next block of each meanwhile.
//!
//! What is in a block does not depend on when it is read, so the threads change nothing but the time it takes.

use super::AppError;
use crate::engine::Engine;
use crate::event::{Batch, Event};
use crate::source::{Block, Whole};
use std::io;
use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;

/// A file, and a block whose memory is used again.
type Job = (usize, Whole, Block);

/// A file, and its next block; none at its end.
type Read = (Whole, io::Result<Option<Block>>);

/// Where the rest of a file is.
enum Rest {
    /// It is read when it is needed.
    Waiting(Whole, Block),
    /// A thread reads it.
    Elsewhere,
    /// The next block was read.
    Ahead(Read),
    /// There is none.
    Over,
}

/// A file with its block in hand.
struct Lane {
    source: usize,
    block: Block,
    /// The place of the next event in it.
    next: usize,
    rest: Rest,
}

/// The files.
pub(super) struct Lanes {
    /// One for each thread.
    jobs: Vec<Sender<Job>>,
    results: Receiver<(usize, Read)>,
    lanes: Vec<Lane>,
}

impl Lanes {
    /// No file yet, and so many threads; without any, blocks are read when they are needed.
    pub(super) fn start<'scope>(threads: usize, scope: &'scope Scope<'scope, '_>) -> Lanes {
        let (done, results) = channel();
        let jobs = (0..threads).map(|_| {
            let (jobs, receiver) = channel::<Job>();
            let done = done.clone();
            scope.spawn(move || {
                for (index, file, spare) in receiver {
                    if done.send((index, read(file, spare))).is_err() {
                        return;
                    }
                }
            });
            jobs
        });
        Lanes { jobs: jobs.collect(), results, lanes: Vec::new() }
    }

    /// Adds a file and reads as far as its first event. Its number, if it has one.
    pub(super) fn add(&mut self, file: Whole, engine: &mut Engine) -> Result<Option<usize>, AppError> {
        let index = self.lanes.len();
        let (source, rest) = (file.source, Rest::Waiting(file, Block::default()));
        self.lanes.push(Lane { source, block: Block::default(), next: 0, rest });
        Ok(self.fill(index, engine)?.then_some(index))
    }

    /// The events in hand of a file.
    pub(super) fn events(&self, index: usize) -> &[Event] {
        let lane = self.lanes.get(index);
        lane.and_then(|lane| lane.block.batch.events.get(lane.next..)).unwrap_or_default()
    }

    /// Takes so many of the events in hand: their batch and their places in it.
    pub(super) fn take(&mut self, index: usize, count: usize) -> Option<(&Batch, Range<usize>)> {
        let lane = self.lanes.get_mut(index)?;
        let start = lane.next;
        lane.next += count;
        Some((&lane.block.batch, start..lane.next))
    }

    /// Reads on until there is an event in hand; `false` at the end of the file.
    pub(super) fn fill(&mut self, index: usize, engine: &mut Engine) -> Result<bool, AppError> {
        while self.events(index).is_empty() {
            let Some((file, block)) = self.next(index) else { return Ok(false) };
            let failed = |source| AppError::Read { path: file.path().display().to_string(), source };
            let Some(block) = block.map_err(failed)? else { return Ok(false) };
            let Some(lane) = self.lanes.get_mut(index) else { return Ok(false) };
            engine.count(lane.source, &block.counts);
            for (path, offset, reject) in &block.rejects {
                let path = path.display().to_string();
                tracing::debug!(path, end_offset = offset, reason = %reject, "line rejected");
            }
            lane.next = 0;
            let spare = std::mem::replace(&mut lane.block, block);
            self.read_ahead(index, file, spare);
        }
        Ok(true)
    }

    /// The rest of a file, with its next block.
    fn next(&mut self, index: usize) -> Option<Read> {
        loop {
            match std::mem::replace(&mut self.lanes.get_mut(index)?.rest, Rest::Over) {
                Rest::Waiting(file, spare) => return Some(read(file, spare)),
                Rest::Ahead(read) => return Some(read),
                Rest::Over => return None,
                Rest::Elsewhere => {
                    self.lanes.get_mut(index)?.rest = Rest::Elsewhere;
                    let (done, read) = self.results.recv().ok()?;
                    self.lanes.get_mut(done)?.rest = Rest::Ahead(read);
                }
            }
        }
    }

    /// Has the next block of a file read, if there is a thread for it.
    fn read_ahead(&mut self, index: usize, file: Whole, spare: Block) {
        let rest = match self.jobs.get(index % self.jobs.len().max(1)) {
            None => Rest::Waiting(file, spare),
            Some(thread) => match thread.send((index, file, spare)) {
                Ok(()) => Rest::Elsewhere,
                Err(unsent) => Rest::Waiting(unsent.0.1, unsent.0.2),
            },
        };
        if let Some(lane) = self.lanes.get_mut(index) {
            lane.rest = rest;
        }
    }
}

fn read(mut file: Whole, mut spare: Block) -> Read {
    let block = file.read(&mut spare).map(|more| more.then_some(spare));
    (file, block)
}
