//! driftgauge follows the prediction logs of a model server, keeps rolling windows of what it saw, compares them
//! with a reference profile and with late actuals, and serves the result as Prometheus metrics.
//!
//! The modules in the order of the data flow:
//!
//! ```text
//! tail -> decode -> schema -> pairing -> window -> statistics -> report -> exposition -> http
//! ```

// Edge: bytes in.
pub mod decode;
pub mod event;
pub mod schema;
pub mod tail;
pub mod time;

// Core: no I/O, no clock, no locks, no logging, no async.
pub mod aggregate;
pub mod derive;
pub mod engine;
pub mod evidence;
pub mod observe;
pub mod pairing;
pub mod profile;
pub mod report;
pub mod statistics;
pub mod window;

// Edge: results out.
pub mod exposition;
pub mod http;
pub mod snapshot;
pub mod telemetry;

// What joins them.
pub mod app;
pub mod cli;
pub mod config;
pub mod references;
pub mod source;
