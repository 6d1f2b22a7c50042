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
use tokio::time::Instant;

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
    let mut video = Arriving::new(&service)?;
    let mut body = request.into_body();
    while let Some(frame) = video.next(poll_fn(|context| Pin::new(&mut body).poll_frame(context))).await? {
        let frame = frame.map_err(|_| Refusal::bad("the body ended early, or is not as its head says"))?;
        if let Ok(data) = frame.into_data() {
            video.write(&data)?;
        }
    }
    let job = video.take(asked, options, smooth, false)?;
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

/// A video on its way to its file. Where it does not come whole, its place and its file are given up.
pub struct Arriving<'a> {
    service: &'a Service,
    stored: Option<(String, Stored)>,
    file: File,
    begun: Instant,
    written: u64,
}

impl<'a> Arriving<'a> {
    /// With a place of its own.
    ///
    /// # Errors
    /// There is none, or no room.
    pub fn new(service: &'a Service) -> Result<Self, Refusal> {
        if !service.jobs.come() {
            let reason = "as many videos as may be wait or are kept: delete one, or come again later";
            return Err(Refusal { again: Some(60), ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, reason) });
        }
        let (id, video) = service.jobs.stored();
        match File::create(&video.path) {
            Ok(file) => Ok(Self { service, stored: Some((id, video)), file, begun: Instant::now(), written: 0 }),
            Err(error) => {
                service.jobs.leave();
                Err(full(&error))
            }
        }
    }

    /// The next piece, in time.
    ///
    /// # Errors
    /// It comes too slowly.
    pub async fn next<T>(&self, piece: impl Future<Output = T>) -> Result<T, Refusal> {
        let until = (Instant::now() + self.service.limits.patience).min(self.begun + LONGEST);
        let slow = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the video came too slowly");
        tokio::time::timeout_at(until, piece).await.map_err(slow)
    }

    /// Appends a piece.
    ///
    /// # Errors
    /// It is too long, or there is no room.
    pub fn write(&mut self, data: &[u8]) -> Result<(), Refusal> {
        self.count(data)?;
        let Some((_, video)) = &self.stored else { return Ok(()) };
        tokio::task::block_in_place(|| video.write(&mut self.file, data)).map_err(|error| full(&error))
    }

    /// Counts a piece that is not kept.
    ///
    /// # Errors
    /// All together are too long.
    pub fn count(&mut self, data: &[u8]) -> Result<(), Refusal> {
        let most = self.service.limits.video;
        self.written += data.len() as u64;
        if self.written > most {
            return Err(Refusal::large(format!("a video of more than {most} bytes: send a smaller one")));
        }
        Ok(())
    }

    /// It is there: it waits to be read. `keeps`: as [`Job::keeps`].
    ///
    /// # Errors
    /// It is empty.
    pub fn take(mut self, asked: Asked, options: Options, smooth: Option<f64>, keeps: bool) -> Result<Arc<Job>, Refusal> {
        let empty = || Refusal::bad("the body is empty: send a video");
        let (id, video) = self.stored.take_if(|(_, video)| !video.is_empty()).ok_or_else(empty)?;
        Ok(self.service.jobs.take(id, video, asked, options, smooth, keeps))
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        if self.stored.is_some() {
            self.service.jobs.leave();
        }
    }
}

fn full(_: &std::io::Error) -> Refusal {
    Refusal::new(StatusCode::INSUFFICIENT_STORAGE, "there is no room for the video")
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
