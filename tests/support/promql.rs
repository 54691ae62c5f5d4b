//! Questions to a running Prometheus.
#![allow(dead_code, reason = "each test uses its part")]

use super::fetch::{get, quoted};
use super::programs::Prometheus;
use serde_json::Value;
use std::collections::BTreeMap;

const JSON: &str = "application/json";

/// Labels and value.
pub type Series = (BTreeMap<String, String>, f64);

impl Prometheus {
    /// One path of the API.
    pub fn ask(&mut self, path: &str) -> Result<Value, String> {
        self.program.running().unwrap_or_else(|reason| panic!("{reason}"));
        let answer = get(self.address, path, JSON).map_err(|error| error.to_string())?;
        let value: Value = serde_json::from_slice(&answer.body)
            .map_err(|error| format!("{} {error}: {}", answer.status, String::from_utf8_lossy(&answer.body)))?;
        if value["status"] == "success" { Ok(value["data"].clone()) } else { Err(value.to_string()) }
    }

    /// An instant query: all series.
    pub fn query(&mut self, query: &str) -> Result<Vec<Series>, String> {
        let data = self.ask(&format!("/api/v1/query?query={}", quoted(query)))?;
        let series = data["result"].as_array().ok_or("no result")?.iter().map(|series| {
            let labels = serde_json::from_value(series["metric"].clone()).map_err(|error| error.to_string())?;
            let value = series["value"][1].as_str().and_then(|value| value.parse().ok()).ok_or("no value")?;
            Ok((labels, value))
        });
        series.collect()
    }

    /// A query with one series.
    pub fn number(&mut self, query: &str) -> Result<f64, String> {
        match self.query(query)?.as_slice() {
            [(_, value)] => Ok(*value),
            series => Err(format!("{query} has {} series", series.len())),
        }
    }
}
