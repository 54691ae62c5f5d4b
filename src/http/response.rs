//! A request and the latest publication make a response.

use http_body_util::Full;
use hyper::body::{Body as _, Bytes};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};

use super::access::Refusal;
use super::negotiation::{self, Format};
use super::publication::{Body, Publication};
use crate::exposition::{openmetrics, text};

const PLAIN: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// Headers of every response. The page brings its styles and images with it and runs nothing.
const SECURITY: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

/// What can be asked for.
#[derive(Clone, Copy)]
enum Route {
    Page,
    Metrics,
    Healthy,
    Ready,
}

/// Answers a request. Of the request only its path, its method, whether it has a body, and what it accepts count.
/// `headers` are those of the user, over our own; one without a value is left out.
pub(super) fn respond<B: hyper::body::Body>(
    request: &Request<B>,
    admitted: Result<(), Refusal>,
    publication: &Publication,
    headers: &[(HeaderName, Option<HeaderValue>)],
) -> Response<Full<Bytes>> {
    let has_body = !request.body().is_end_stream();
    let mut response = match (admitted, route(request.uri().path())) {
        (Err(refusal), _) => refused(refusal),
        (Ok(()), None) => plain(StatusCode::NOT_FOUND, "not found\n"),
        (Ok(()), Some(_)) if !matches!(*request.method(), Method::GET | Method::HEAD) => method_not_allowed(),
        (Ok(()), Some(_)) if has_body => plain(StatusCode::PAYLOAD_TOO_LARGE, "no request body is accepted\n"),
        (Ok(()), Some(route)) => answer(route, request.headers(), publication),
    };
    for (name, value) in SECURITY {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in headers {
        match value {
            Some(value) => drop(response.headers_mut().insert(name, value.clone())),
            None => drop(response.headers_mut().remove(name)),
        }
    }
    if has_body {
        // The body stays unread, so the connection is of no further use.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if request.method() == Method::HEAD { without_body(response) } else { response }
}

fn route(path: &str) -> Option<Route> {
    match path {
        "/" => Some(Route::Page),
        "/metrics" => Some(Route::Metrics),
        "/-/healthy" => Some(Route::Healthy),
        "/-/ready" => Some(Route::Ready),
        _ => None,
    }
}

fn answer(route: Route, headers: &HeaderMap, publication: &Publication) -> Response<Full<Bytes>> {
    match route {
        Route::Page => prepared(&publication.page, HTML, headers, "Accept-Encoding"),
        Route::Metrics if !publication.is_available => unavailable(publication),
        Route::Metrics => {
            let (body, content_type) = match negotiation::format(headers) {
                Format::Text => (&publication.text, text::CONTENT_TYPE),
                Format::OpenMetrics => (&publication.openmetrics, openmetrics::CONTENT_TYPE),
            };
            prepared(body, content_type, headers, "Accept, Accept-Encoding")
        }
        Route::Healthy => plain(StatusCode::OK, "healthy\n"),
        Route::Ready if publication.ready.is_ok() => plain(StatusCode::OK, "ready\n"),
        Route::Ready => unavailable(publication),
    }
}

fn unavailable(publication: &Publication) -> Response<Full<Bytes>> {
    let reason = publication.ready.as_ref().err().map_or("starting", String::as_str);
    plain(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n"))
}

/// A body of the publication, compressed where that is asked for and worth it.
fn prepared(body: &Body, content_type: &'static str, headers: &HeaderMap, vary: &'static str) -> Response<Full<Bytes>> {
    let compressed = negotiation::gzip(headers).then(|| body.gzip()).flatten();
    let encoding = compressed.is_some().then_some(HeaderValue::from_static("gzip"));
    let mut response = with_type(StatusCode::OK, content_type, compressed.unwrap_or_else(|| body.plain()));
    response.headers_mut().insert(header::VARY, HeaderValue::from_static(vary));
    if let Some(encoding) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, encoding);
    }
    response
}

fn refused(refusal: Refusal) -> Response<Full<Bytes>> {
    let (status, text, header) = match refusal {
        Refusal::Unauthorized => (
            StatusCode::UNAUTHORIZED,
            "unauthorized\n",
            (header::WWW_AUTHENTICATE, "Basic realm=\"driftgauge\", charset=\"UTF-8\""),
        ),
        Refusal::Limited => (StatusCode::TOO_MANY_REQUESTS, "too many requests\n", (header::RETRY_AFTER, "1")),
        Refusal::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy\n", (header::RETRY_AFTER, "1")),
    };
    let mut response = plain(status, text);
    response.headers_mut().insert(header.0, HeaderValue::from_static(header.1));
    response
}

fn method_not_allowed() -> Response<Full<Bytes>> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are allowed\n");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    with_type(status, PLAIN, text.into())
}

fn with_type(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The same headers with the length of the body that is left out.
fn without_body(response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let length = response.body().size_hint().exact().unwrap_or_default();
    let mut response = response.map(|_| Full::default());
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    response
}
