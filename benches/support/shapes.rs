//! Lines of the same stream in other shapes than the usual one.

use super::stream::{self, Shape, uniform};
use driftgauge::time::Timestamp;

/// How lines differ from one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variation {
    /// All have one shape.
    None,
    /// The features are in another order in every line.
    Shuffled,
    /// Each feature is missing in one line of five, by chance.
    Missing,
    /// Texts have escapes.
    Escaped,
    /// Order, missing features, space and a key of its own: no two lines have one shape.
    Different,
}

impl Variation {
    /// Every one, with its name.
    pub const ALL: [(&'static str, Variation); 5] = [
        ("one shape", Variation::None),
        ("shuffled keys", Variation::Shuffled),
        ("missing fields", Variation::Missing),
        ("escapes", Variation::Escaped),
        ("a different shape each line", Variation::Different),
    ];

    /// Line `index` of the stream.
    pub fn line(self, shape: Shape, index: u64, at: Timestamp) -> Vec<u8> {
        let line = stream::line(shape, index, at);
        if self == Variation::None {
            return line.into_bytes();
        }
        let (Some(start), Some(end)) = (line.find("\"features\":{"), line.find("},\"score\"")) else {
            return line.into_bytes();
        };
        let start = start + "\"features\":{".len();
        let mut fields: Vec<String> = line[start..end].split(',').map(str::to_owned).collect();
        let seed = |salt: u64| uniform(index * 10_007 + salt * 1_000_003);
        if matches!(self, Variation::Shuffled | Variation::Different) {
            for last in (1..fields.len()).rev() {
                fields.swap(last, (seed(last as u64) * (last + 1) as f64) as usize);
            }
        }
        if matches!(self, Variation::Missing | Variation::Different) {
            let mut place = 100;
            fields.retain(|_| {
                place += 1;
                seed(place) >= 0.2
            });
        }
        if self == Variation::Escaped {
            for field in &mut fields {
                *field = field.replace("urban", "ur\\u0062an").replace("rural", "rural\\n");
            }
        }
        let mut tail = line[end..].to_owned();
        let mut comma = ",";
        if self == Variation::Different {
            comma = if seed(200) < 0.5 { "," } else { ", " };
            tail = tail.replace("\"score\"", &format!("\"trace_{}\":\"{:x}\",\"score\"", index % 97, index * 7919));
        }
        format!("{}{}{tail}", &line[..start], fields.join(comma)).into_bytes()
    }
}

/// The fields of a line of the usual shape, for formats without types: name and value.
pub fn fields(shape: Shape, index: u64, at: Timestamp) -> Vec<(String, String)> {
    let line = stream::line(shape, index, at);
    let inner = line.trim_start_matches('{').trim_end_matches('}');
    let mut fields = Vec::new();
    for part in inner.replace("\"features\":{", "").replace('}', "").split(",\"") {
        if let Some((name, value)) = part.trim_start_matches('"').split_once("\":") {
            let is_feature = name.starts_with("feature_") || name.starts_with("kind_");
            let name = if is_feature { format!("features.{name}") } else { name.to_owned() };
            fields.push((name, value.trim_matches('"').to_owned()));
        }
    }
    fields
}

/// A row of CSV.
pub fn csv(fields: &[(String, String)]) -> Vec<u8> {
    fields.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(",").into_bytes()
}

/// The header of the rows.
pub fn header(fields: &[(String, String)]) -> Vec<u8> {
    fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(",").into_bytes()
}

/// A line of logfmt.
pub fn logfmt(fields: &[(String, String)]) -> Vec<u8> {
    fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ").into_bytes()
}
