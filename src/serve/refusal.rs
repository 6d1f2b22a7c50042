//! Why a request has no answer.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A status, a sentence, and when to come again.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// What was wrong and what to try.
    pub reason: String,
    /// Seconds after which it may go better.
    pub again: Option<u64>,
}

impl Refusal {
    /// Without a time.
    pub fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into(), again: None }
    }

    /// The request is wrong.
    pub fn bad(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }

    /// There is too much of something.
    pub fn large(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, reason)
    }

    /// Others are served first.
    pub fn busy(again: u64) -> Self {
        let reason = "too much waits already: come again after the seconds that Retry-After says";
        Self { again: Some(again), ..Self::new(StatusCode::TOO_MANY_REQUESTS, reason) }
    }

    /// The device was lost, or the service ends.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self { again: Some(5), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, reason) }
    }

    /// With a body of the caller's own shape.
    pub fn with(&self, body: impl IntoResponse) -> Response {
        let mut response = (self.status, body).into_response();
        if let Some(again) = self.again {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(again));
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.with(Json(json!({"error": self.reason})))
    }
}
