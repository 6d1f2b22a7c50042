//! Who may ask.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use super::refusal::Refusal;
use super::service::Service;

/// The header that CompreFace's clients use.
const KEY: &str = "x-api-key";

/// Lets a request through that shows the token, where there is one.
pub async fn check(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let Some(token) = &service.token else { return next.run(request).await };
    let shown = shown(request.headers()).map(hmac_sha256::Hash::hash);
    // Of hashes: how long the token is, is no one's to measure either.
    if shown.is_some_and(|shown| bool::from(shown.ct_eq(token))) {
        return next.run(request).await;
    }
    let reason = "this service wants a token: send it as `Authorization: Bearer TOKEN` or as `x-api-key: TOKEN`";
    let mut response = Refusal::new(StatusCode::UNAUTHORIZED, reason).into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// The token that a client shows.
fn shown(headers: &HeaderMap) -> Option<&[u8]> {
    const SCHEME: usize = "bearer ".len();
    let bearer = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let bearer = bearer.filter(|value| value.len() > SCHEME && value[..SCHEME].eq_ignore_ascii_case(b"bearer "));
    bearer.map(|value| &value[SCHEME..]).or_else(|| headers.get(KEY).map(HeaderValue::as_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_headers_are_read_and_other_schemes_are_not() {
        let of = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            shown(&headers).map(<[u8]>::to_vec)
        };
        assert_eq!(of("authorization", "bearer abc"), Some(b"abc".to_vec()));
        assert_eq!(of("x-api-key", "abc"), Some(b"abc".to_vec()));
        assert_eq!(of("authorization", "Basic abc"), None);
        assert_eq!(of("authorization", "Bearer"), None);
    }
}
