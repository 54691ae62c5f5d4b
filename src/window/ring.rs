//! The levels and totals of one stream.

mod saved;

pub use saved::{SavedPane, SavedRing};

use super::level::Level;
use super::plan::WindowPlan;
use crate::aggregate::{Delta, Frozen, OpenPane, Tally, Totals};
use crate::time::{Length, Timestamp};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Where an event went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landed {
    /// Into the open pane of the finest level.
    Open,
    /// Into panes that had closed, or were coarser than the finest.
    Late,
    /// Into a pane that no window has come to yet, because of the lag.
    Waiting,
    /// Nowhere: every window has moved past it.
    TooLate,
}

/// What the closed panes of a window hold: equal as long as none closes or leaves and no late event comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The number of the open pane.
    pub open: i64,
    /// Late events that went into closed panes so far.
    pub late: u64,
}

/// Which changes a window has seen: as long as they are equal, so are its counts and sums, and what of them is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Events, of any time, that the ring was given.
    events: u64,
    /// Panes that were not empty when they closed, and those that left the window.
    panes: u64,
}

/// Panes and window totals of one stream.
#[derive(Clone, Debug)]
pub struct Ring {
    plan: Arc<WindowPlan>,
    counts: usize,
    sums: usize,
    levels: Vec<Level>,
    /// Sums of the closed panes of each window.
    totals: Vec<Totals>,
    /// How far the windows stay behind the newest time.
    lag: Length,
    /// Panes of the finest level that the windows have not come to.
    waiting: Level,
    /// The newest time.
    head: Option<Timestamp>,
    /// From when to when the open pane of the finest level is, of a ring without lag.
    open: (Timestamp, Timestamp),
    /// The earliest event ever added: before it no window can be full.
    first: Option<Timestamp>,
    /// Panes that go to whoever asks for settled ones; none are kept when nobody does.
    settled: Option<Settled>,
    /// Times that something was or may have been added to a pane.
    events: u64,
    /// For each window, the panes that closed or left and were not empty.
    moved: Vec<u64>,
}

/// Panes of the finest level, each given away once.
#[derive(Clone, Debug, Default)]
struct Settled {
    /// All panes before this one were given.
    next: i64,
    /// The open pane of the last look.
    looked: i64,
    /// Panes that no window holds any more and that have not settled.
    held: BTreeMap<i64, Frozen>,
    /// All closed panes before this one were given or are held.
    held_to: i64,
}

impl Settled {
    fn give_before(&mut self, id: i64, level: &Level, mut take: impl FnMut(i64, &Frozen)) {
        if id <= self.next {
            return;
        }
        let later = self.held.split_off(&id);
        std::mem::replace(&mut self.held, later).iter().for_each(|(pane, frozen)| take(*pane, frozen));
        let from = self.next.max(self.held_to);
        level.closed_between(from, id).for_each(|(pane, frozen)| take(pane, &frozen));
        self.next = id;
    }
}

impl Ring {
    /// An empty ring for tallies of this size.
    pub fn new(plan: Arc<WindowPlan>, counts: usize, sums: usize) -> Ring {
        Ring::lagging(plan, counts, sums, Length::ZERO)
    }

    /// An empty ring whose windows end `lag` before the newest time: in the pane of the finest level that holds that
    /// moment. What is newer waits in panes of the finest level, which are kept until the lag has passed, compact but
    /// for a few; a window that is behind holds exactly what a window without a lag held then, but for late events
    /// that came meanwhile, which it holds, too.
    pub fn lagging(plan: Arc<WindowPlan>, counts: usize, sums: usize, lag: Length) -> Ring {
        let levels = plan.levels.iter().map(|_| Level::new(counts, sums, i64::MIN)).collect();
        let totals = plan.windows.iter().map(|_| Totals::new(counts, sums)).collect();
        let waiting = Level::new(counts, sums, i64::MIN);
        let open = (Timestamp::EPOCH, Timestamp::EPOCH);
        let moved = vec![0; plan.windows.len()];
        let (head, first, settled, events) = (None, None, None, 0);
        Ring { plan, counts, sums, levels, totals, lag, waiting, head, open, first, settled, events, moved }
    }

    /// The same ring, of which [`Ring::give_settled`] gives panes away.
    pub fn giving(mut self) -> Ring {
        self.settled = Some(Settled { next: i64::MIN, looked: i64::MIN, held_to: i64::MIN, ..Settled::default() });
        self
    }

    /// Gives the panes of the finest level (number, counts and sums) that ended `lateness` or more before the open one
    /// began, oldest first; each once, empty ones never. A pane that no window holds any more is kept until then. What
    /// comes later for a pane that was given still goes to the windows. Ask after every event: what is given does not
    /// depend on when it is asked for then.
    #[inline]
    pub fn give_settled(&mut self, lateness: Length, take: impl FnMut(i64, &Frozen)) {
        let (Some(planned), Some(level), Some(settled)) =
            (self.plan.levels.first(), self.levels.first(), &mut self.settled)
        else {
            return;
        };
        let open = level.open_id;
        if settled.looked != open && open != i64::MIN {
            settled.looked = open;
            let before = Timestamp(open.saturating_mul(planned.pane.nanos())).minus(lateness).pane(planned.pane);
            settled.give_before(before, level, take);
        }
    }

    /// Whether the pane of the finest level that holds this moment was given away.
    pub fn is_given(&self, at: Timestamp) -> bool {
        let pane = self.plan.levels.first().map(|level| level.pane);
        self.settled.as_ref().zip(pane).is_some_and(|(settled, pane)| at.pane(pane) < settled.next)
    }

    /// Keeps what the finest level is about to forget.
    fn hold_before(&mut self, id: i64) {
        if let (Some(settled), Some(level)) = (&mut self.settled, self.levels.first()) {
            let from = settled.next.max(settled.held_to);
            if id > from {
                let leaving = level.closed_between(from, id);
                settled.held.extend(leaving.map(|(pane, frozen)| (pane, frozen.into_owned())));
                settled.held_to = id;
            }
        }
    }

    /// Adds to a pane of the finest level that no window holds, if it is still to be given.
    fn amend(&mut self, id: i64, delta: &Delta) {
        let Some(settled) = self.settled.as_mut().filter(|settled| id >= settled.next) else { return };
        let empty = || Tally::new(self.counts, self.sums);
        let mut tally = settled.held.get(&id).map_or_else(empty, |frozen| frozen.thaw(self.counts, self.sums));
        tally.apply(delta);
        settled.held.insert(id, tally.freeze());
    }

    /// The newest time; windows end behind it by the lag.
    pub fn head(&self) -> Option<Timestamp> {
        self.head
    }

    /// The end of the newest pane of window `index`.
    pub fn end(&self, index: usize) -> Option<Timestamp> {
        let pane = self.plan.levels.get(self.plan.windows.get(index)?.level)?.pane;
        let head = self.head?.minus(self.lag);
        Some(Timestamp((head.pane(pane) + 1).saturating_mul(pane.nanos())))
    }

    /// The share of window `index` that lies after the first event ever seen: 1 when the window is full.
    pub fn filled(&self, index: usize) -> Option<f64> {
        let length = self.plan.windows.get(index)?.length.seconds();
        Some((self.head?.minus(self.lag).seconds_since(self.first?) / length).clamp(0.0, 1.0))
    }

    /// Moves the windows to `now` less the lag; never back. Panes that end at or before that close.
    pub fn advance(&mut self, now: Timestamp) {
        if self.head.is_some_and(|head| now <= head) {
            return;
        }
        self.head = Some(now);
        let now = now.minus(self.lag);
        if let Some(finest) = self.plan.levels.first().map(|level| level.pane) {
            while let Some((id, tally)) = self.waiting.take_first_to(now.pane(finest)) {
                self.reach(Timestamp(id.saturating_mul(finest.nanos())));
                self.events += 1;
                if let Some(level) = self.levels.first_mut() {
                    level.open.any_place().add(&tally);
                }
            }
        }
        self.reach(now);
    }

    /// Closes the panes that end at or before `now`.
    fn reach(&mut self, now: Timestamp) {
        for index in 0..self.levels.len() {
            let id = now.pane(self.plan.levels[index].pane);
            if self.levels[index].open_id == i64::MIN {
                self.levels[index].open_id = id;
            } else if self.levels[index].open_id < id {
                self.close(index, id);
            }
        }
        let finest = self.plan.levels.first().zip(self.levels.first()).filter(|_| self.lag == Length::ZERO);
        let start = finest.and_then(|(planned, level)| level.open_id.checked_mul(planned.pane.nanos()));
        self.open = start.zip(finest).map_or((Timestamp::EPOCH, Timestamp::EPOCH), |(start, (planned, _))| {
            (Timestamp(start), Timestamp(start).plus(planned.pane))
        });
    }

    /// The open pane of the finest level and from when to when it is: events of that time go there. `None` before the
    /// first event, and when the windows lag behind.
    pub fn open_pane(&mut self) -> Option<(Range<Timestamp>, &mut OpenPane)> {
        let (start, end) = self.open;
        let level = self.levels.first_mut().filter(|_| start < end)?;
        self.events += 1;
        Some((start..end, &mut level.open))
    }

    /// An event of this time was added to the pane that is open.
    pub fn saw(&mut self, at: Timestamp) {
        self.head = self.head.max(Some(at));
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
    }

    /// Adds what events from `first` to `last` add, all of the pane that is open.
    pub fn apply_open(&mut self, first: Timestamp, last: Timestamp, delta: &Delta) {
        self.events += 1;
        self.saw(first);
        self.saw(last);
        if let Some(level) = self.levels.first_mut() {
            level.open.apply(delta);
        }
    }

    /// Adds one event; moves the windows when it is the newest.
    pub fn apply(&mut self, at: Timestamp, delta: &Delta) -> Landed {
        self.events += 1;
        // Most events are of the pane that is open already: no other pane opens or closes then.
        if let (true, Some(level)) = (self.open.0 <= at && at < self.open.1, self.levels.first_mut()) {
            self.head = self.head.max(Some(at));
            self.first = Some(self.first.map_or(at, |first| first.min(at)));
            level.open.apply(delta);
            return Landed::Open;
        }
        self.advance(at);
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        let finest = self.plan.levels.first().map(|level| at.pane(level.pane));
        match self.levels.first_mut() {
            Some(level) if finest == Some(level.open_id) => {
                level.open.apply(delta);
                Landed::Open
            }
            Some(level) if finest.is_some_and(|id| id > level.open_id) => {
                self.waiting.apply_late(finest.unwrap_or(i64::MAX), delta);
                Landed::Waiting
            }
            _ => self.apply_late(at, delta),
        }
    }

    /// Freezes closed panes that ended more than `lateness` before the head.
    pub fn settle(&mut self, lateness: Length) {
        let Some(head) = self.head else { return };
        if let Some(finest) = self.plan.levels.first() {
            self.waiting.freeze_before(head.minus(lateness).pane(finest.pane));
        }
        let settled = head.minus(self.lag).minus(lateness);
        for (level, planned) in self.levels.iter_mut().zip(&self.plan.levels) {
            level.freeze_before(settled.pane(planned.pane));
        }
    }

    /// The counts and sums of window `index`, its open pane included.
    pub fn window(&self, index: usize) -> Option<Totals> {
        let planned = self.plan.windows.get(index)?;
        let mut totals = self.totals.get(index)?.clone();
        // What is open on this level is open on the levels that feed it, too.
        let mut level = Some(planned.level);
        while let Some(at) = level {
            totals.add(self.levels.get(at)?.open.tally());
            level = self.plan.levels.get(at)?.feeder;
        }
        Some(totals)
    }

    /// What the closed panes of window `index` hold, for telling whether that has changed.
    pub fn revision(&self, index: usize) -> Option<Revision> {
        let level = self.levels.get(self.plan.windows.get(index)?.level)?;
        Some(Revision { open: level.open_id, late: level.late })
    }

    /// The changes that window `index` has seen since the ring was made.
    pub fn changes(&self, index: usize) -> Option<Changes> {
        Some(Changes { events: self.events, panes: *self.moved.get(index)? })
    }

    /// The closed panes of window `index` that are not empty, oldest first; neighbours are taken together when the
    /// window has more than `most` panes, so that there are never more.
    pub fn closed(&self, index: usize, most: usize) -> Vec<Tally> {
        let Some(planned) = self.plan.windows.get(index) else { return Vec::new() };
        let Some(level) = self.levels.get(planned.level) else { return Vec::new() };
        let first = level.open_id.saturating_sub(planned.panes - 1);
        let together = planned.panes.saturating_add(most as i64 - 1) / (most as i64).max(1);
        let mut blocks: Vec<(i64, Tally)> = Vec::new();
        for (id, tally) in level.closed_from(first) {
            let block = (id - first) / together.max(1);
            match blocks.last_mut() {
                Some((last, all)) if *last == block => all.add(&tally),
                _ => blocks.push((block, tally)),
            }
        }
        blocks.into_iter().map(|(_, tally)| tally).collect()
    }

    /// The panes of window `index`, oldest first, the open one last: (pane number, counts and sums).
    pub fn panes(&self, index: usize) -> Vec<(i64, Tally)> {
        let Some(planned) = self.plan.windows.get(index) else { return Vec::new() };
        let level = &self.levels[planned.level];
        let first = level.open_id.saturating_sub(planned.panes - 1);
        let mut panes: Vec<(i64, Tally)> = level.closed_from(first).collect();
        let mut open = Tally::new(self.counts, self.sums);
        let mut at = Some(planned.level);
        while let Some(index) = at {
            open.add(self.levels[index].open.tally());
            at = self.plan.levels[index].feeder;
        }
        panes.push((level.open_id, open));
        panes
    }

    /// Closes the open pane of a level: it joins its windows and the open panes it feeds; then what the windows have
    /// left behind goes.
    fn close(&mut self, index: usize, id: i64) {
        let (levels, coarser) = self.levels.split_at_mut(index + 1);
        let Some(level) = levels.last_mut() else { return };
        let before = level.open_id;
        let plans = self.plan.levels.iter().skip(index + 1);
        let fed = plans.zip(coarser).filter(|(planned, _)| planned.feeder == Some(index));
        let windows = self.plan.windows.iter().zip(&mut self.totals).filter(|(window, _)| window.level == index);
        let closed = level.advance(id, fed.map(|(_, coarser)| &mut coarser.open), windows.map(|(_, totals)| totals));
        let windows = self.plan.windows.iter().zip(self.totals.iter_mut().zip(&mut self.moved));
        for (window, (totals, moved)) in windows.filter(|(window, _)| window.level == index) {
            // Held until now: the closed panes after `before - panes`; from now on those after `id - panes`.
            let left = level.retire(before - window.panes + 1, id - window.panes + 1, totals);
            *moved += left + u64::from(closed);
        }
        let keep = self.plan.levels[index].keep;
        if index == 0 {
            self.hold_before(id.saturating_sub(keep - 1));
        }
        self.levels[index].forget_before(id - keep + 1);
    }

    fn apply_late(&mut self, at: Timestamp, delta: &Delta) -> Landed {
        let mut landed = Landed::TooLate;
        // Levels whose open pane holds the event, directly or through its feeder.
        let mut open = vec![false; self.levels.len()];
        for index in 0..self.levels.len() {
            let planned = &self.plan.levels[index];
            let id = at.pane(planned.pane);
            let level = &mut self.levels[index];
            if planned.feeder.is_some_and(|feeder| open[feeder]) {
                // The feeder's pane is still to be added here, when it closes.
                open[index] = true;
            } else if id == level.open_id {
                level.open.apply(delta);
                open[index] = true;
                landed = Landed::Late;
            } else if id > level.open_id - planned.keep {
                level.apply_late(id, delta);
                landed = Landed::Late;
                for (window, totals) in self.plan.windows.iter().zip(&mut self.totals) {
                    if window.level == index && id > level.open_id - window.panes {
                        totals.apply(delta);
                    }
                }
            } else if index == 0 {
                self.amend(id, delta);
            }
        }
        landed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan() -> Arc<WindowPlan> {
        // Panes of 1 s, 1 s, 5 s and 1 min.
        let lengths = ["10s", "1m", "5m", "1h"].map(|text| Length::parse(text).unwrap());
        Arc::new(WindowPlan::new(&lengths).unwrap())
    }

    fn one(index: usize, value: i128) -> Delta {
        let mut delta = Delta::default();
        delta.count(index);
        delta.sum(0, value);
        delta
    }

    /// Every event kept, summed up anew for each window.
    fn model(plan: &WindowPlan, events: &[(i64, usize, i128)], head: i64) -> Vec<Totals> {
        let windows = plan.windows.iter().map(|window| {
            let pane = plan.levels[window.level].pane.seconds() as i64;
            let mut totals = Totals::new(3, 1);
            for (second, index, value) in events {
                let age = head.div_euclid(pane) - second.div_euclid(pane);
                if (0..window.panes).contains(&age) {
                    totals.apply(&one(*index, *value));
                }
            }
            totals
        });
        windows.collect()
    }

    proptest! {
        #[test]
        fn windows_equal_a_recount_of_every_event(
            steps in prop::collection::vec((-400i64..120, 0usize..3, -9i128..9, any::<bool>()), 1..300),
        ) {
            let plan = plan();
            let mut ring = Ring::new(plan.clone(), 3, 1);
            let (mut head, mut first) = (1_000_000i64, true);
            let mut events = Vec::new();
            for (step, index, value, settle) in steps {
                // The first event sets the head; later ones come before or after it.
                let second = if first { head } else { head + step };
                first = false;
                head = head.max(second);
                ring.apply(Timestamp::from_seconds(second), &one(index, value));
                events.push((second, index, value));
                if settle {
                    ring.settle(Length::from_seconds(5));
                }
            }
            // An event that came before its window had any pane that old is in no total, and in none of the model's.
            for (window, expected) in model(&plan, &events, head).into_iter().enumerate() {
                prop_assert_eq!(Some(expected), ring.window(window), "window {}", window);
            }
        }

        #[test]
        fn a_window_that_saw_no_change_is_the_same(
            lag in prop_oneof![Just(0i64), Just(7), Just(60)],
            steps in prop::collection::vec((-400i64..90, any::<bool>(), any::<bool>()), 1..200),
        ) {
            let plan = plan();
            let mut ring = Ring::lagging(plan.clone(), 3, 1, Length::from_seconds(lag));
            let mut head = 1_000_000i64;
            let mut before: Vec<Option<(Changes, Totals, Vec<Tally>)>> = vec![None; plan.windows.len()];
            for (index, (step, is_event, settle)) in steps.into_iter().enumerate() {
                let second = if index == 0 { head } else { head + step };
                head = head.max(second);
                if is_event && index % 5 == 0 {
                    ring.apply(Timestamp::from_seconds(second), &one(index % 3, 1));
                } else {
                    ring.advance(Timestamp::from_seconds(head));
                }
                if settle {
                    ring.settle(Length::from_seconds(5));
                }
                for (window, before) in before.iter_mut().enumerate() {
                    let closed = ring.closed(window, 1_000);
                    let now = (ring.changes(window).unwrap(), ring.window(window).unwrap(), closed);
                    if let Some(before) = before.as_ref().filter(|(changes, ..)| *changes == now.0) {
                        prop_assert_eq!(before, &now, "window {}", window);
                    }
                    *before = Some(now);
                }
            }
        }

        #[test]
        fn lagging_windows_equal_a_recount_of_what_is_old_enough(
            lag in prop_oneof![Just(0i64), Just(7), Just(60), Just(1_000)],
            steps in prop::collection::vec((-1_500i64..400, 0usize..3, -9i128..9, any::<bool>(), 0i64..90), 1..300),
        ) {
            let plan = plan();
            let mut ring = Ring::lagging(plan.clone(), 3, 1, Length::from_seconds(lag));
            let mut head = 1_000_000i64;
            let mut events: Vec<(i64, usize, i128)> = Vec::new();
            for (index, (step, count, value, settle, pass)) in steps.into_iter().enumerate() {
                let second = if index == 0 { head } else { head + step };
                head = head.max(second);
                let landed = ring.apply(Timestamp::from_seconds(second), &one(count, value));
                prop_assert_eq!(second > head - lag, landed == Landed::Waiting, "{:?}", landed);
                events.push((second, count, value));
                if settle {
                    ring.settle(Length::from_seconds(5));
                    // Time also passes without events.
                    head += pass;
                    ring.advance(Timestamp::from_seconds(head));
                }
            }
            // The finest panes are seconds here, so that what waits is what is newer than the lagging head.
            let old_enough: Vec<_> = events.iter().copied().filter(|(second, ..)| *second <= head - lag).collect();
            for (window, expected) in model(&plan, &old_enough, head - lag).into_iter().enumerate() {
                prop_assert_eq!(Some(expected), ring.window(window), "window {}", window);
            }
            // Once the lag has passed, it is as if there had been none.
            ring.advance(Timestamp::from_seconds(head + lag));
            let without: Vec<_> = (0..4).map(|window| model(&plan, &events, head)[window].clone()).collect();
            for (window, expected) in without.into_iter().enumerate() {
                prop_assert_eq!(Some(expected), ring.window(window), "window {} after the lag", window);
            }
        }

        #[test]
        fn order_does_not_matter(mut events in prop::collection::vec((0i64..3000, 0usize..3, -9i128..9), 1..100), seed in any::<u64>()) {
            let run = |events: &[(i64, usize, i128)]| {
                let mut ring = Ring::new(plan(), 3, 1);
                for (second, index, value) in events {
                    ring.apply(Timestamp::from_seconds(*second), &one(*index, *value));
                }
                (0..4).map(|w| ring.window(w)).collect::<Vec<_>>()
            };
            let forward = run(&events);
            let mut state = seed | 1;
            for i in (1..events.len()).rev() {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                events.swap(i, (state >> 33) as usize % (i + 1));
            }
            prop_assert_eq!(forward, run(&events));
        }
    }

    #[test]
    fn closed_panes_are_joined_to_at_most_as_many_as_asked_for() {
        let mut ring = Ring::new(plan(), 3, 1);
        (0..59).for_each(|second| {
            ring.apply(Timestamp::from_seconds(second), &one(0, second.into()));
        });
        // The window of a minute has panes of a second, of which the last is open.
        for (most, expected) in [(100, 58), (60, 58), (20, 20), (7, 7), (1, 1)] {
            let blocks = ring.closed(1, most);
            assert_eq!(expected, blocks.len(), "{most}");
            let mut all = Totals::new(3, 1);
            blocks.iter().for_each(|block| all.add(block));
            assert_eq!(58, all.counts[0]);
        }
    }

    #[test]
    fn settled_panes_are_given_once_and_in_order() {
        let lateness = Length::from_seconds(5);
        let mut ring = Ring::new(plan(), 3, 1).giving();
        let mut given = Vec::new();
        // A second each, one that comes late but in time, one (100) that comes too late, then a leap over everything.
        for second in [100, 101, 102, 99, 103, 108, 100, 109, 110, 100_000, 100_001] {
            ring.apply(Timestamp::from_seconds(second), &one(0, second.into()));
            ring.give_settled(lateness, |id, pane| given.push((id, pane.thaw(3, 1).counts()[0])));
        }
        assert_eq!(vec![(99, 1), (100, 1), (101, 1), (102, 1), (103, 1), (108, 1), (109, 1), (110, 1)], given);
        assert!(ring.is_given(Timestamp::from_seconds(110)) && !ring.is_given(Timestamp::from_seconds(100_000)));
        // Windows are as they are without giving.
        assert_eq!(Some(2), ring.window(0).map(|totals| totals.counts[0]));
    }

    #[test]
    fn panes_of_a_window_add_up_to_it() {
        let mut ring = Ring::new(plan(), 3, 1);
        for second in 0..5000 {
            ring.apply(Timestamp::from_seconds(second), &one((second % 3) as usize, 1));
        }
        for window in 0..4 {
            let mut totals = Totals::new(3, 1);
            ring.panes(window).iter().for_each(|(_, tally)| totals.add(tally));
            assert_eq!(Some(totals), ring.window(window));
        }
    }

    #[test]
    fn an_idle_window_empties() {
        let mut ring = Ring::new(plan(), 3, 1);
        ring.apply(Timestamp::from_seconds(100), &one(0, 7));
        ring.advance(Timestamp::from_seconds(100_000));
        for window in 0..4 {
            assert_eq!(Some(Totals::new(3, 1)), ring.window(window));
        }
    }
}
