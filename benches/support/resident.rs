//! Memory of this process as the kernel counts it, in MiB.

/// What is resident now.
pub fn now() -> f64 {
    status("VmRSS:")
}

/// The most that was resident since the last call of [`forget_peak`].
pub fn peak() -> f64 {
    status("VmHWM:")
}

/// Counts the peak from now on.
pub fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}

fn status(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1024.0
}
