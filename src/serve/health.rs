//! Whether the service lives, whether it can answer, and what it counted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::metrics::TYPE;
use super::service::Service;

/// `GET /health/live`: the process answers.
pub async fn live() -> Response {
    Json(json!({"live": true})).into_response()
}

/// `GET /health/ready`: the device reads, and answers what waits.
pub async fn ready(State(service): State<Arc<Service>>) -> Response {
    match service.ready() {
        Ok(device) => Json(json!({"ready": true, "device": device, "model": service.model})).into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"ready": false, "error": reason}))).into_response(),
    }
}

/// `GET /metrics`.
pub async fn metrics(State(service): State<Arc<Service>>) -> Response {
    let text = service.shared.metrics.text(service.taken(), service.ready().is_ok());
    ([(header::CONTENT_TYPE, TYPE)], text).into_response()
}
