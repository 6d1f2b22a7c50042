//! `/v1/videos`: a video is sent, and its records are fetched when they are there.

use std::fs::File;
use std::future::poll_fn;
use std::io::Read;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use serde_json::{Value, json};

use super::asked::Asked;
use super::jobs::{Job, Jobs, Progress, Stored};
use super::refusal::Refusal;
use super::service::Service;
use crate::video::Options;

/// Bytes of a result that are read at a time.
const PIECE: usize = 1 << 16;
/// How long a video may come.
const LONGEST: Duration = Duration::from_secs(1800);

/// `POST /v1/videos`: the body is the video.
///
/// # Errors
/// A parameter is unknown; there is no place or no room; it comes too slowly.
pub async fn send(
    State(service): State<Arc<Service>>,
    Query(pairs): Query<Vec<(String, String)>>,
    request: Request,
) -> Result<Response, Refusal> {
    let (asked, options, smooth) = asked(pairs).map_err(Refusal::bad)?;
    let jobs = &service.jobs;
    if !jobs.come() {
        let reason = "as many videos as may be wait or are kept: delete one, or come again later";
        return Err(Refusal { again: Some(60), ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, reason) });
    }
    // Given back however this ends.
    let mut coming = Coming(Some(jobs));
    let (id, video) = jobs.stored();
    store(&service, &video, request.into_body()).await?;
    coming.0 = None;
    let job = jobs.take(id, video, asked, options, smooth);
    let place = format!("/v1/videos/{}", job.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(about(&job))).into_response())
}

/// `GET /v1/videos/{id}`: how far it is.
///
/// # Errors
/// There is none of this name.
pub async fn progress(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    Ok(Json(about(&*found(&service.jobs, &id)?)).into_response())
}

/// `GET /v1/videos/{id}/result`: its records, a line a frame and one at the end.
///
/// # Errors
/// There is none of this name, or it is not read yet, or it could not be.
pub async fn result(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let job = found(&service.jobs, &id)?;
    let Progress::Done(_, error) = job.progress() else {
        return Err(Refusal { again: Some(1), ..Refusal::new(StatusCode::CONFLICT, "it is not read yet") });
    };
    let failed = |_| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error.unwrap_or_else(|| "it has no records".into()));
    let file = File::open(&job.result.path).map_err(failed)?;
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::new(Lines { file, _job: job })).into_response())
}

/// `DELETE /v1/videos/{id}`: it is read no further, and its files go.
///
/// # Errors
/// There is none of this name.
pub async fn delete(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    if service.jobs.remove(&id) { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(missing()) }
}

fn found(jobs: &Jobs, id: &str) -> Result<Arc<Job>, Refusal> {
    jobs.find(id).ok_or_else(missing)
}

fn missing() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is no video of this name, or its time is over")
}

fn about(job: &Job) -> Value {
    let (state, frames, expected, error) = match job.progress() {
        Progress::Waiting => ("waiting", 0, None, None),
        Progress::Reading(frames, expected) => ("reading", frames, expected, None),
        Progress::Done(frames, error) => ("done", frames, Some(frames), error),
    };
    json!({"id": job.id, "state": state, "frames": frames, "expected": expected, "error": error})
}

/// The parameters of pictures, and those of videos.
fn asked(pairs: Vec<(String, String)>) -> Result<(Asked, Options, Option<f64>), String> {
    let (mut options, mut smooth, mut rest) = (Options::default(), None, Vec::new());
    for (name, value) in pairs {
        let wrong = |give: &str| format!("{name}={value}: give {give}");
        let seconds = || {
            let seconds = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            seconds.ok_or_else(|| wrong("seconds, 0 or more"))
        };
        match &name[..] {
            "every" => options.every = value.parse().ok().filter(|&every| every > 0).ok_or_else(|| wrong("1 or more"))?,
            "from" => options.from = seconds()?,
            "to" => options.to = Some(seconds()?),
            "smooth" => {
                let constant = value.parse().ok().filter(|constant| (0.001..=3600.0).contains(constant));
                smooth = Some(constant.ok_or_else(|| wrong("0.001 to 3600 seconds"))?);
            }
            _ => rest.push((name, value)),
        }
    }
    let more = |error: String| if error.contains("no parameter") { format!("{error}, every, from, to, smooth") } else { error };
    Ok((Asked::of(&rest).map_err(more)?, options, smooth))
}

/// A place that is given up when it is dropped.
struct Coming<'a>(Option<&'a Jobs>);

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        if let Some(jobs) = self.0 {
            jobs.leave();
        }
    }
}

/// Writes a body to its file.
async fn store(service: &Service, video: &Stored, mut body: Body) -> Result<(), Refusal> {
    let lost = |_| Refusal::new(StatusCode::INSUFFICIENT_STORAGE, "there is no room for the video");
    let mut file = File::create(&video.path).map_err(lost)?;
    let (most, begun, mut written) = (service.limits.video, tokio::time::Instant::now(), 0u64);
    loop {
        let slow = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the video came too slowly");
        let until = (tokio::time::Instant::now() + service.limits.patience).min(begun + LONGEST);
        let next = tokio::time::timeout_at(until, poll_fn(|context| Pin::new(&mut body).poll_frame(context)));
        let Some(frame) = next.await.map_err(slow)? else { break };
        let frame = frame.map_err(|_| Refusal::bad("the body ended early, or is not as its head says"))?;
        let Ok(data) = frame.into_data() else { continue };
        written += data.len() as u64;
        if written > most {
            return Err(Refusal::large(format!("a video of more than {most} bytes: send a smaller one")));
        }
        tokio::task::block_in_place(|| video.write(&mut file, &data)).map_err(lost)?;
    }
    if written == 0 { Err(Refusal::bad("the body is empty: send a video")) } else { Ok(()) }
}

/// A result on its way, read as fast as its client takes it.
struct Lines {
    file: File,
    _job: Arc<Job>,
}

impl HttpBody for Lines {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let mut piece = vec![0; PIECE];
        match tokio::task::block_in_place(|| self.file.read(&mut piece)) {
            Ok(0) => Poll::Ready(None),
            Ok(read) => {
                piece.truncate(read);
                Poll::Ready(Some(Ok(Frame::data(piece.into()))))
            }
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }
}
