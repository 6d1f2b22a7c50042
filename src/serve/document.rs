//! What the service says of itself: its OpenAPI document, and a page that shows it without any other site.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

/// The document, whose version is to be filled in.
const DOCUMENT: &str = include_str!("openapi.json");

/// The document as it is served.
pub fn document() -> String {
    DOCUMENT.replace("\"VERSION\"", concat!("\"", env!("CARGO_PKG_VERSION"), "\""))
}

/// `GET /openapi.json`.
pub async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document()).into_response()
}

/// `GET /docs`.
pub async fn docs() -> Response {
    let head = [(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'",
    )];
    (head, Html(include_str!("docs.html"))).into_response()
}
