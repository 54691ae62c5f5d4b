//! What waiting ids take: memory and its peak for each million, CPU time for each call, and the longest few calls, which
//! the reading of logs has to wait for.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/resident.rs"]
mod resident;

use cpu_time::ThreadTime;
use driftgauge::pairing::{Held, Pairing, Waiting};
use driftgauge::time::{Length, Timestamp};
use std::hint::black_box;
use std::time::Duration;

const MILLION: u64 = 1_000_000;

/// An id as a hash gives it.
fn id(index: u64) -> u64 {
    let mixed = (index ^ 0x5851_f42d_4c95_7f2d).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// A thousand predictions a second.
fn at(index: u64) -> Timestamp {
    Timestamp(1_793_664_000_000_000_000 + index as i64 * 1_000_000)
}

fn predict(pairing: &mut Pairing, index: u64) {
    let waiting = Waiting { stream: (index % 3) as u32, model: 0, class: (index % 2) as u32, value: index as f64 };
    black_box(pairing.predict(id(index), at(index), waiting, None));
}

/// Calls that are timed together.
const TOGETHER: usize = 16;

/// Calls `act` with each index; the CPU time of all, and of the longest few.
fn timed(indices: impl Iterator<Item = u64>, mut act: impl FnMut(u64)) -> (Duration, Duration) {
    let (mut indices, begin) = (indices.peekable(), ThreadTime::now());
    let mut longest = Duration::ZERO;
    while indices.peek().is_some() {
        let few = ThreadTime::now();
        indices.by_ref().take(TOGETHER).for_each(&mut act);
        longest = longest.max(few.elapsed());
    }
    (begin.elapsed(), longest)
}

fn tell(what: &str, calls: u64, (all, longest): (Duration, Duration)) {
    let each = all.as_nanos() as f64 / calls as f64;
    println!("{what:<44} {each:6.0} ns a call, longest {TOGETHER} {:7.2} ms", longest.as_secs_f64() * 1e3);
}

fn main() {
    let most = 4;
    let mut pairing = Pairing::new((most * MILLION) as usize, Length::from_seconds(7 * 86_400));
    let before = resident::now();
    for million in 0..most {
        resident::forget_peak();
        let taken = timed(million * MILLION..(million + 1) * MILLION, |index| predict(&mut pairing, index));
        let count = pairing.len() as f64;
        let each = |mebibytes: f64| (mebibytes - before) * f64::from(1 << 20) / count;
        println!("{count:9} ids: {:5.1} bytes each, {:5.1} at the peak", each(resident::now()), each(resident::peak()));
        tell("    a prediction that waits", MILLION, taken);
    }
    let actual = |pairing: &mut Pairing, index: u64| {
        black_box(pairing.know(id(index), at(index + 5_000), Held::Class(1), None));
    };
    let known = timed((0..MILLION).map(|index| index * 4), |index| actual(&mut pairing, index));
    tell("an actual for a prediction", MILLION, known);
    let count = pairing.len() as f64;
    println!("{count:9} ids: {:5.1} bytes each", (resident::now() - before) * f64::from(1 << 20) / count);
    resident::forget_peak();
    let full = timed(most * MILLION..(most + 1) * MILLION, |index| predict(&mut pairing, index));
    tell("a prediction when the table is full", MILLION, full);
    println!("at the peak {:.1} MiB more", resident::peak() - resident::now());
    let day = Length::from_seconds(86_400).nanos();
    let swept = timed(0..70, |step| pairing.expire(at(0).plus(Length::from_nanos(7 * day + step as i64 * day / 64))));
    tell("forgetting what waited too long", 70, swept);
    println!("{:9} ids: {:.1} MiB", pairing.len(), resident::now() - before);
}
