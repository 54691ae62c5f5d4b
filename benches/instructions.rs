//! Instructions a line, counted by callgrind: unlike times they are the same in every run and on a busy machine.
//!
//! `cargo bench --bench instructions` runs itself under `valgrind --tool=callgrind` twice for each row, with few lines
//! and with many, so that what happens once drops out of the difference. `cargo bench --bench instructions -- clock`
//! tells the CPU time of the thread instead, beside that of `sonic-rs` on the same lines. CSV and logfmt are beside a
//! plain loop that splits the same lines and parses the numbers by the standard library.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "support/shapes.rs"]
#[allow(dead_code)]
mod shapes;
#[path = "support/stream.rs"]
#[allow(dead_code)]
mod stream;
#[path = "support/typed.rs"]
mod typed;

use cpu_time::ThreadTime;
use driftgauge::time::Timestamp;
use shapes::Variation;
use std::hint::black_box;
use std::process::Command;
use stream::{Path, Shape};
use typed::{Loose, Typed};

const SHAPE: Shape = Shape { numeric: 20, categorical: 3 };
const LINES: u64 = 1_000;
/// Rows of the reference: few, as building it is not what is counted.
const REFERENCE: u64 = 2_000;
const FEW: u64 = 4;
const MANY: u64 = 14;
/// Lines between two looks at the clock.
const CLOCKED: usize = 500;
/// Formats without types, and who reads them.
const FLAT: [&str; 2] = ["csv", "logfmt"];
const FLAT_WHO: [&str; 2] = ["driftgauge", "split and parse"];
const WHO: [&str; 4] = ["driftgauge", "sonic-rs", "simd-json", "serde_json"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.as_slice() {
        [who, format, rounds] if FLAT.contains(&format.as_str()) => flat(who, format, rounds.parse().unwrap()),
        [who, variation, rounds] => work(who, &named(variation), rounds.parse().unwrap()),
        [one] if one == "clock" => clock(),
        [] => table(),
        _ => panic!("no arguments, or: who variation rounds"),
    }
}

fn named(name: &str) -> Variation {
    Variation::ALL.into_iter().find(|(known, _)| *known == name).unwrap().1
}

/// Goes through so many thousands of lines, of a stream in which time goes on and no id comes twice.
fn work(who: &str, variation: &Variation, rounds: u64) {
    let at = |index: u64| Timestamp::from_seconds(1_793_697_302 + index as i64 / 50);
    // All of them are made in any case, so that this drops out of the difference.
    let lines: Vec<Vec<u8>> = (0..MANY * LINES).map(|index| variation.line(SHAPE, index, at(index))).collect();
    let one_shape = *variation == Variation::None;
    let mut path = (who == "driftgauge").then(|| Path::new(SHAPE, REFERENCE));
    let mut buffers = simd_json::Buffers::new(1_024);
    let mut copy = Vec::new();
    for lines in lines.chunks(LINES as usize).take(rounds as usize) {
        if let Some(path) = &mut path {
            path.take(lines.iter().map(Vec::as_slice));
            continue;
        }
        for line in lines {
            match (who, one_shape) {
                ("sonic-rs", true) => keep(black_box(sonic_rs::from_slice::<Typed<'_>>(line).unwrap())),
                ("sonic-rs", false) => keep(black_box(sonic_rs::from_slice::<Loose<'_>>(line).unwrap())),
                ("serde_json", true) => keep(black_box(serde_json::from_slice::<Typed<'_>>(line).unwrap())),
                ("serde_json", false) => keep(black_box(serde_json::from_slice::<Loose<'_>>(line).unwrap())),
                _ => {
                    // It writes into what it reads.
                    copy.clear();
                    copy.extend_from_slice(line);
                    match one_shape {
                        true => keep(black_box(
                            simd_json::serde::from_slice_with_buffers::<Typed<'_>>(&mut copy, &mut buffers).unwrap(),
                        )),
                        false => keep(black_box(
                            simd_json::serde::from_slice_with_buffers::<Loose<'_>>(&mut copy, &mut buffers).unwrap(),
                        )),
                    }
                }
            }
        }
    }
}

/// The same of lines of a format without types.
fn flat(who: &str, format: &str, rounds: u64) {
    let at = |index: u64| Timestamp::from_seconds(1_793_697_302 + index as i64 / 50);
    let fields = |index: u64| shapes::fields(SHAPE, index, at(index));
    let write = if format == "csv" { shapes::csv } else { shapes::logfmt };
    let lines: Vec<Vec<u8>> = (0..MANY * LINES).map(|index| write(&fields(index))).collect();
    let mut path = (who == "driftgauge").then(|| Path::new(SHAPE, REFERENCE).reading(format));
    if let Some(path) = path.as_mut().filter(|_| format == "csv") {
        path.take([shapes::header(&fields(0)).as_slice()]);
    }
    for lines in lines.chunks(LINES as usize).take(rounds as usize) {
        if let Some(path) = &mut path {
            path.take(lines.iter().map(Vec::as_slice));
            continue;
        }
        for line in lines {
            let line = std::str::from_utf8(line).unwrap();
            if format == "csv" {
                line.split(',').for_each(|value| keep(black_box(value.parse::<f64>())));
            } else {
                for (name, value) in line.split(' ').filter_map(|pair| pair.split_once('=')) {
                    keep(black_box((name, value.parse::<f64>())));
                }
            }
        }
    }
}

fn table() {
    println!(
        "instructions a line ({} numeric and {} categorical features), of sonic-rs",
        SHAPE.numeric, SHAPE.categorical
    );
    for (name, _) in Variation::ALL {
        let counts = WHO.map(|who| {
            let [few, many] = [FEW, MANY].map(|rounds| counted(who, name, rounds));
            (many - few) / ((MANY - FEW) * LINES)
        });
        println!("{name}");
        for (who, count) in WHO.iter().zip(counts) {
            println!("  {who:<12} {count:>8}  {:.2}", count as f64 / counts[1] as f64);
        }
    }
    for name in FLAT {
        println!("{name}");
        for who in FLAT_WHO {
            let [few, many] = [FEW, MANY].map(|rounds| counted(who, name, rounds));
            println!("  {who:<15} {:>8}", (many - few) / ((MANY - FEW) * LINES));
        }
    }
}

/// Microseconds of the thread's own time, half a thousand lines in turn: what else runs disturbs both alike.
fn clock() {
    let at = |index: u64| Timestamp::from_seconds(1_793_697_302 + index as i64 / 50);
    for (name, variation) in Variation::ALL {
        let lines: Vec<Vec<u8>> = (0..60 * LINES).map(|index| variation.line(SHAPE, index, at(index))).collect();
        let mut path = Path::new(SHAPE, REFERENCE);
        let mut times: [Vec<f64>; 2] = Default::default();
        let mut block = Vec::new();
        for (number, lines) in lines.chunks(CLOCKED).enumerate() {
            // Each finds the lines as reading a file leaves them: in one block that was just written. Who comes first
            // changes.
            for who in [number % 2, 1 - number % 2] {
                block.clear();
                lines.iter().for_each(|line| block.extend_from_slice(line));
                let mut from = 0;
                let lines = lines.iter().map(|line| {
                    from += line.len();
                    &block[from - line.len()..from]
                });
                let start = ThreadTime::now();
                if who == 0 {
                    path.take(lines);
                } else {
                    parse(lines, variation);
                }
                times[who].push(start.elapsed().as_secs_f64() * 1e6 / CLOCKED as f64);
            }
        }
        let mut ratios: Vec<f64> = times[0].iter().zip(&times[1]).map(|(a, b)| a / b).collect();
        let median = |times: &mut Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        // What happens once, with the first lines, is left out here, too.
        let once = (FEW * LINES) as usize / CLOCKED;
        let all = times.each_ref().map(|times| times.iter().skip(once).sum::<f64>());
        let (ours, theirs) = (median(&mut times[0]), median(&mut times[1]));
        let ratio = median(&mut ratios);
        println!(
            "{name}: {ours:.3} us, sonic-rs {theirs:.3} us, ratio {ratio:.2}, of all lines {:.2}",
            all[0] / all[1]
        );
    }
}

/// By `sonic-rs`.
fn parse<'a>(lines: impl Iterator<Item = &'a [u8]>, variation: Variation) {
    for line in lines {
        match variation {
            Variation::None => keep(black_box(sonic_rs::from_slice::<Typed<'_>>(line).unwrap())),
            _ => keep(black_box(sonic_rs::from_slice::<Loose<'_>>(line).unwrap())),
        }
    }
}

fn keep<T>(_: T) {}

/// Instructions of one run.
fn counted(who: &str, variation: &str, rounds: u64) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args([who, variation, &rounds.to_string()])
        .output()
        .expect("valgrind is installed");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let line = text.lines().find_map(|line| line.split_once("Collected :")).unwrap().1;
    line.trim().parse().unwrap()
}
