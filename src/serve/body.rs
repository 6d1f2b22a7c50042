//! What a client sends: whole, within its limits and in time.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use tokio::sync::OwnedSemaphorePermit;

use super::refusal::Refusal;
use super::service::Service;

/// Bytes that are made room for at once.
const AT_ONCE: u64 = 1 << 20;

/// A body, whose bytes count until it is dropped.
pub struct Received {
    /// Its bytes.
    pub bytes: Bytes,
    _counted: Option<OwnedSemaphorePermit>,
}

/// A part of a form.
#[derive(Debug)]
pub struct Part {
    /// Name of the field.
    pub field: String,
    /// What the client calls its file.
    pub file: Option<String>,
    /// Its bytes.
    pub bytes: Bytes,
}

/// The whole body.
///
/// # Errors
/// It is too large, all together are, it comes too slowly, or it ends early.
pub async fn whole(service: &Service, headers: &HeaderMap, body: Body) -> Result<Received, Refusal> {
    let most = service.limits.body;
    let told = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let large = || Refusal::large(format!("a body of more than {most} bytes: send a smaller one"));
    if told.is_some_and(|told| told > most as u64) {
        return Err(large());
    }
    let read = async {
        let mut body = body;
        // What is told and does not come is never touched.
        let mut bytes = Vec::with_capacity(told.map_or(0, |told| told.min(AT_ONCE) as usize));
        let mut counted: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let frame = frame.map_err(|_| Refusal::bad("the body ended early, or is not as its head says"))?;
            let Ok(data) = frame.into_data() else { continue };
            if data.is_empty() {
                continue;
            }
            if bytes.len() + data.len() > most {
                return Err(large());
            }
            let more = u32::try_from(data.len()).map_err(|_| large())?;
            let more = Arc::clone(&service.bodies).try_acquire_many_owned(more).map_err(|_| Refusal::busy(service.wait()))?;
            match &mut counted {
                Some(counted) => counted.merge(more),
                None => counted = Some(more),
            }
            bytes.extend_from_slice(&data);
        }
        bytes.shrink_to_fit();
        Ok(Received { bytes: bytes.into(), _counted: counted })
    };
    let late = |_| {
        let seconds = service.limits.patience.as_secs_f64();
        Refusal::new(StatusCode::REQUEST_TIMEOUT, format!("the body was not here in {seconds} s"))
    };
    tokio::time::timeout(service.limits.patience, read).await.map_err(late)?
}

/// Whether the body is a form with files.
pub fn is_multipart(headers: &HeaderMap) -> bool {
    kind(headers).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/form-data"))
}

/// Whether it is JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    kind(headers).is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
}

/// Its content type, without parameters.
pub fn kind(headers: &HeaderMap) -> Option<&str> {
    Some(headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').next()?.trim())
}

/// The parts of a form whose body was received, at most so many.
///
/// # Errors
/// It is no form, or has more parts.
pub async fn parts(headers: &HeaderMap, received: &Received, most: usize) -> Result<Vec<Part>, Refusal> {
    let wrong = |error: String| Refusal::bad(format!("the form cannot be read: {error}"));
    let mut request = Request::new(Body::from(received.bytes.clone()));
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        request.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
    }
    // Its length was looked at before.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &()).await.map_err(|error| wrong(error.body_text()))?;
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|error| wrong(error.body_text()))? {
        if parts.len() == most {
            return Err(Refusal::large(format!("a form of more than {most} parts: send fewer at a time")));
        }
        let (name, file) = (field.name().unwrap_or_default().to_owned(), field.file_name().map(str::to_owned));
        let bytes = field.bytes().await.map_err(|error| wrong(error.body_text()))?;
        parts.push(Part { field: name, file, bytes });
    }
    Ok(parts)
}
