//! driftgauge follows the prediction logs of a model server, keeps rolling windows of what it saw, compares them
//! with a reference profile and with late actuals, and serves the result as Prometheus metrics.
//!
//! The modules in the order of the data flow:
//!
//! ```text
//! tail -> decode -> schema -> pairing -> window -> statistics -> report -> exposition -> http
//! ```

pub mod time;

pub mod decode;
pub mod event;
pub mod schema;

pub mod aggregate;
pub mod engine;
pub mod statistics;
pub mod window;

pub mod config;
