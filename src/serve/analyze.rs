//! `POST /v1/analyze`: the records of `moue analyze --json`.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::asked::Asked;
use super::body;
use super::refusal::Refusal;
use super::service::{Sent, Service, status};

/// A picture's record, or of a form one a line for each of its files.
///
/// # Errors
/// As [`Service::answer`] and [`body::whole`]; a parameter is unknown.
pub async fn analyze(
    State(service): State<Arc<Service>>,
    Query(pairs): Query<Vec<(String, String)>>,
    request: Request,
) -> Result<Response, Refusal> {
    let asked = Asked::of(&pairs).map_err(Refusal::bad)?;
    let (head, body) = request.into_parts();
    let received = body::whole(&service, &head.headers, body).await?;
    if !body::is_multipart(&head.headers) {
        // As the command line calls what it reads from standard input.
        let told = service.one(Sent::file("-", received.bytes.clone()), asked.how).await?;
        let line = service.line(&told.record, &asked);
        return Ok((status(told.code), [(header::CONTENT_TYPE, "application/json")], line).into_response());
    }
    let parts = body::parts(&head.headers, &received, service.limits.pictures).await?;
    if parts.is_empty() {
        return Err(Refusal::bad("the form has no picture: send each as a file of its own"));
    }
    let sent = parts.into_iter().map(|part| Sent::file(part.file.unwrap_or(part.field), part.bytes)).collect();
    let told = service.answer(sent, asked.how).await?;
    let lines: Vec<u8> = told.iter().flat_map(|told| service.line(&told.record, &asked)).collect();
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}
