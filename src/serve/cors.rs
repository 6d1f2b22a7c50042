//! Whose pages may ask: nobody's, until somebody is named.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::service::Service;
use crate::error::{Error, Result};

/// Lets the pages of these origins ask.
///
/// # Errors
/// One is no origin.
pub fn allow(router: Router<Arc<Service>>, origins: &[String]) -> Result<Router<Arc<Service>>> {
    if origins.is_empty() {
        return Ok(router);
    }
    let origin = |text: &String| {
        let plain =
            text.split_once("://").is_some_and(|(scheme, host)| !scheme.is_empty() && !host.is_empty() && !host.contains('/'));
        let value = HeaderValue::from_str(text).ok().filter(|_| plain);
        value.ok_or_else(|| Error::Argument(format!("--cors {text}: give an origin, as https://example.org")))
    };
    let origins = origins.iter().map(origin).collect::<Result<Vec<_>>>()?;
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION, HeaderName::from_static("x-api-key")]);
    Ok(router.layer(layer))
}
