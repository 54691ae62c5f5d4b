//! The core: events in, reports out. It owns every counter, window and position, and does no I/O.

pub mod config;
