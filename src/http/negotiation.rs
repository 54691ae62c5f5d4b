//! Which form of the exposition a client wants.
//!
//! The rules are those of RFC 9110: a form's quality is that of the most specific range that names it, and zero forbids
//! it. Of equal ones the more specifically named wins, then the one named first. What cannot be satisfied gets the
//! text format rather than an error: a client that asks for something else is more often old than strict.

use std::cmp::Reverse;

use hyper::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName};

/// A form of the exposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    OpenMetrics,
}

/// One element of a header: `kind; version=...; q=...`.
struct Range<'a> {
    kind: &'a str,
    version: Option<&'a str>,
    /// In thousandths.
    quality: u16,
}

/// The form asked for by `Accept`; text when there is none.
pub(super) fn format(headers: &HeaderMap) -> Format {
    let accept = joined(headers, &ACCEPT);
    let openmetrics = preference(&accept, ["application/openmetrics-text", "application/*"], "1.0.0");
    let text = preference(&accept, ["text/plain", "text/*"], "0.0.4");
    if openmetrics > text && openmetrics.is_some_and(|(quality, ..)| quality > 0) {
        Format::OpenMetrics
    } else {
        Format::Text
    }
}

/// Whether `Accept-Encoding` allows gzip and does not prefer the plain form.
pub(super) fn gzip(headers: &HeaderMap) -> bool {
    let accept = joined(headers, &ACCEPT_ENCODING);
    let quality = |name| ranges(&accept).find(|range| range.kind == name).map(|range| range.quality);
    let gzip = quality("gzip").or_else(|| quality("x-gzip")).or_else(|| quality("*")).unwrap_or(0);
    gzip > 0 && gzip >= quality("identity").unwrap_or(0)
}

/// Quality of a form, how specifically it was named, and its place in the list: the greater, the more wanted.
fn preference(accept: &str, [kind, wildcard]: [&str; 2], version: &str) -> Option<(u16, u8, Reverse<usize>)> {
    let specificity = |range: &Range<'_>| match range.kind {
        found if found == kind => match range.version {
            Some(wanted) => (wanted == version).then_some(3),
            None => Some(2),
        },
        found if found == wildcard => Some(1),
        "*/*" => Some(0),
        _ => None,
    };
    ranges(accept)
        .enumerate()
        .filter_map(|(place, range)| Some((specificity(&range)?, range.quality, Reverse(place))))
        .max()
        .map(|(specificity, quality, place)| (quality, specificity, place))
}

/// The lines of a header as one list in lower case. A line that is not text counts as absent.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let lines: Vec<_> = headers.get_all(name).iter().filter_map(|line| line.to_str().ok()).collect();
    lines.join(",").to_ascii_lowercase()
}

/// The well-formed elements of a list.
fn ranges(list: &str) -> impl Iterator<Item = Range<'_>> {
    list.split(',').filter_map(|element| {
        let mut parts = element.split(';').map(str::trim);
        let mut range = Range { kind: parts.next()?, version: None, quality: 1000 };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            match name {
                "version" => range.version = Some(value.trim_matches('"')),
                "q" => range.quality = thousandths(value)?,
                _ => {}
            }
        }
        Some(range)
    })
}

fn thousandths(quality: &str) -> Option<u16> {
    let quality: f64 = quality.parse().ok()?;
    (0.0..=1.0).contains(&quality).then(|| (quality * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (name.clone(), HeaderValue::from_str(line).unwrap())).collect()
    }

    #[test]
    fn accept_decides_the_format() {
        use Format::{OpenMetrics, Text};
        let table: [(&str, &[&str], Format); 21] = [
            ("nothing", &[], Text),
            ("empty", &[""], Text),
            ("anything", &["*/*"], Text),
            (
                "prometheus 2.42",
                &["application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                   text/plain;version=0.0.4;q=0.5,*/*;q=0.1"],
                OpenMetrics,
            ),
            ("prometheus 2.42 without OpenMetrics", &["text/plain;version=0.0.4;q=1,*/*;q=0.1"], Text),
            (
                "prometheus 3",
                &["application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                   application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
                   text/plain;version=0.0.4;q=0.3,*/*;q=0.2"],
                OpenMetrics,
            ),
            (
                "prometheus 3 with native histograms",
                &["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
                   application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                   application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
                   text/plain;version=0.0.4;q=0.2,*/*;q=0.1"],
                OpenMetrics,
            ),
            (
                "prometheus 3, text preferred",
                &["text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.2"],
                Text,
            ),
            ("browser", &["text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"], Text),
            ("openmetrics of no version", &["application/openmetrics-text"], OpenMetrics),
            ("openmetrics 0.0.1 only", &["application/openmetrics-text;version=0.0.1"], Text),
            ("quoted version", &["application/openmetrics-text; version=\"1.0.0\"; charset=utf-8"], OpenMetrics),
            ("upper case", &["Application/OpenMetrics-Text; Version=1.0.0"], OpenMetrics),
            ("two lines", &["text/plain;q=0.5", "application/openmetrics-text;q=0.6"], OpenMetrics),
            ("named beats wildcard", &["*/*, application/openmetrics-text"], OpenMetrics),
            ("first of equals, text", &["text/plain, application/openmetrics-text"], Text),
            ("first of equals, openmetrics", &["application/openmetrics-text, text/plain"], OpenMetrics),
            ("openmetrics forbidden", &["application/openmetrics-text;q=0, text/plain;q=0.1"], Text),
            ("text forbidden", &["text/plain;q=0, */*;q=0.1"], OpenMetrics),
            ("both forbidden", &["application/openmetrics-text;q=0"], Text),
            ("bad quality is no range", &["application/openmetrics-text;q=2, text/plain;q=0.1"], Text),
        ];
        for (case, lines, expected) in table {
            assert_eq!(expected, format(&headers(ACCEPT, lines)), "{case}");
        }
    }

    #[test]
    fn accept_encoding_decides_about_gzip() {
        let table: [(&[&str], bool); 14] = [
            (&[], false),
            (&[""], false),
            (&["gzip"], true),
            (&["GZIP"], true),
            (&["x-gzip"], true),
            (&["*"], true),
            (&["gzip, deflate, br"], true),
            (&["deflate", "gzip;q=0.5"], true),
            (&["gzip;q=0"], false),
            (&["gzip;q=0, *"], false),
            (&["gzip;q=0.5, identity"], false),
            (&["gzip;q=nonsense"], false),
            (&["identity"], false),
            (&["deflate, *;q=0"], false),
        ];
        for (lines, expected) in table {
            assert_eq!(expected, gzip(&headers(ACCEPT_ENCODING, lines)), "{lines:?}");
        }
    }
}
