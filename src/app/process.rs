//! What the kernel says of this process.

use crate::report::{Of, Report, families};
use std::fs;

/// Kernel ticks in a second as `/proc` counts them: 100 on every Linux.
const TICKS: f64 = 100.0;

/// Adds the families of the process; what cannot be read is left out.
pub fn describe(report: &mut Report) {
    let version = vec![("version", env!("CARGO_PKG_VERSION").into())];
    report.push(Of::Family(&families::BUILD_INFO), version, 1.0);
    let mut gauge = |family, value| report.push(Of::Family(family), Vec::new(), value);
    gauge(&families::ROOT, f64::from(u8::from(is_root())));
    if let Some((cpu, start)) = cpu_and_start() {
        gauge(&families::PROCESS_CPU, cpu);
        gauge(&families::PROCESS_START, start);
    }
    if let Some(bytes) = resident_bytes() {
        gauge(&families::PROCESS_MEMORY, bytes);
    }
    if let Some(limit) = super::descriptors::limit() {
        gauge(&families::PROCESS_MAX_FDS, limit as f64);
    }
    if let Ok(entries) = fs::read_dir("/proc/self/fd") {
        // Without the descriptor that lists them.
        gauge(&families::PROCESS_FDS, entries.count().saturating_sub(1) as f64);
    }
}

/// Whether the process runs as root.
pub fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective =
        status.lines().find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().nth(1).map(str::to_owned));
    effective.as_deref() == Some("0")
}

/// Resident memory.
pub fn resident_bytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next())?;
    kilobytes.parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}

/// CPU seconds used, and the start time since the epoch.
fn cpu_and_start() -> Option<(f64, f64)> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name may hold spaces and parentheses: fields begin after the last one.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    let boot = fs::read_to_string("/proc/stat").ok()?;
    let boot: f64 = boot.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(((ticks(11)? + ticks(12)?) / TICKS, boot + ticks(19)? / TICKS))
}
