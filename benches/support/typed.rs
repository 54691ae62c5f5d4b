//! What the parsers beside driftgauge make of a line: the same fields, typed, with text borrowed from the line.

use serde::Deserialize;

macro_rules! typed {
    ($($feature:ident),*) => {
        /// The features of a line.
        #[derive(Deserialize)]
        #[allow(dead_code)]
        pub struct Features<'a> {
            $($feature: f64,)*
            #[serde(borrow)]
            kind_0: &'a str,
            kind_1: &'a str,
            kind_2: &'a str,
        }

        /// The features of a line whose texts may have escapes and in which fields may be missing.
        #[derive(Deserialize)]
        #[allow(dead_code)]
        pub struct LooseFeatures<'a> {
            $(#[serde(default)] $feature: Option<f64>,)*
            #[serde(borrow, default)]
            kind_0: Option<std::borrow::Cow<'a, str>>,
            #[serde(borrow, default)]
            kind_1: Option<std::borrow::Cow<'a, str>>,
            #[serde(borrow, default)]
            kind_2: Option<std::borrow::Cow<'a, str>>,
        }
    };
}

typed!(
    feature_00, feature_01, feature_02, feature_03, feature_04, feature_05, feature_06, feature_07, feature_08,
    feature_09, feature_10, feature_11, feature_12, feature_13, feature_14, feature_15, feature_16, feature_17,
    feature_18, feature_19
);

/// A line.
#[derive(Deserialize)]
#[allow(dead_code)]
pub struct Typed<'a> {
    #[serde(borrow)]
    ts: &'a str,
    id: &'a str,
    model: &'a str,
    version: &'a str,
    features: Features<'a>,
    score: f64,
    prediction: u8,
}

/// A line whose texts may have escapes and in which fields may be missing.
#[derive(Deserialize)]
#[allow(dead_code)]
pub struct Loose<'a> {
    #[serde(borrow)]
    ts: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    id: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    model: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    version: std::borrow::Cow<'a, str>,
    features: LooseFeatures<'a>,
    #[serde(default)]
    score: Option<f64>,
    #[serde(default)]
    prediction: Option<u8>,
}
