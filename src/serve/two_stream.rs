//! The requests of the two-stream network's web demo (Bocklisch et al. 2015): a video is sent, and the answer has the five strongest action units of every frame.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use image::ImageFormat;
use serde_json::{Value, json};
use tower_http::services::ServeFile;

use super::asked::{Asked, How};
use super::jobs::{Job, Jobs, Progress};
use super::refusal::Refusal;
use super::service::Service;
use super::videos::Arriving;
use crate::actions::Threshold;
use crate::video::Options;

/// The field that has the video.
const FIELD: &str = "video";
/// How often is looked whether it was read.
const PAUSE: Duration = Duration::from_millis(50);

/// `POST /api/upload`: answers when the whole video was read.
///
/// # Errors
/// As `POST /v1/videos`; it is no form with a field `video`, or it could not be read.
pub async fn upload(State(service): State<Arc<Service>>, mut request: Request) -> Result<Response, Refusal> {
    if service.units.is_none() {
        return Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "this build reads no action units"));
    }
    let job = receive(&service, &mut request).await?;
    let mut asking = Asking { jobs: &service.jobs, job: Some(&job) };
    while !matches!(job.progress(), Progress::Done(..)) {
        if job.is_stopped() {
            return Err(Refusal::unavailable("the service ends"));
        }
        tokio::time::sleep(PAUSE).await;
    }
    let answer = tokio::task::block_in_place(|| answer(&job))?;
    asking.job = None;
    Ok(Json(answer).into_response())
}

/// `GET /videos/{id}`: the video of such an answer, whole or in part.
///
/// # Errors
/// There is none of this name.
pub async fn video(State(service): State<Arc<Service>>, Path(id): Path<String>, request: Request) -> Result<Response, Refusal> {
    let missing = || Refusal::new(StatusCode::NOT_FOUND, "there is no video of this name, or others needed its place");
    let job = service.jobs.find(&id).filter(|job| job.keeps).ok_or_else(missing)?;
    let kind = tokio::task::block_in_place(|| kind(&job)).map_err(|_| missing())?;
    let served = ServeFile::new(&job.video.path).try_call(request).await.map_err(|_| missing())?;
    let mut response = served.map(Body::new);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // A client chose what is in it.
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

async fn receive(service: &Service, request: &mut Request) -> Result<Arc<Job>, Refusal> {
    let wrong = |error: String| Refusal::bad(format!("the form cannot be read: {error}"));
    let mut video = Arriving::new(service)?;
    // Its length is bounded as that of every video is.
    DefaultBodyLimit::disable().apply(request);
    let none = |_| Refusal::bad(format!("send a form (multipart/form-data) whose file `{FIELD}` is the video"));
    let mut form = Multipart::from_request(std::mem::take(request), &()).await.map_err(none)?;
    loop {
        let field = video.next(form.next_field()).await?.map_err(|error| wrong(error.body_text()))?;
        let Some(mut field) = field else { return Err(Refusal::bad(format!("there is no `{FIELD}` in the form: send a video"))) };
        if field.name() == Some(FIELD) {
            while let Some(piece) = next(&video, &mut field).await? {
                video.write(&piece)?;
            }
            break;
        }
        // Others count as well: a form may not be endless.
        while let Some(piece) = next(&video, &mut field).await? {
            video.count(&piece)?;
        }
    }
    let asked = Asked { how: How { actions: Some(Threshold::Fixed(0.5)), ..How::default() }, ..Asked::default() };
    video.take(asked, Options::default(), None, true)
}

async fn next(video: &Arriving<'_>, field: &mut Field<'_>) -> Result<Option<axum::body::Bytes>, Refusal> {
    let wrong =
        |error: axum::extract::multipart::MultipartError| Refusal::bad(format!("the form cannot be read: {}", error.body_text()));
    video.next(field.chunk()).await?.map_err(wrong)
}

/// A job that somebody waits for: it goes with them.
struct Asking<'a> {
    jobs: &'a Jobs,
    job: Option<&'a Arc<Job>>,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if let Some(job) = self.job {
            self.jobs.remove(&job.id);
        }
    }
}

/// The strongest units of every frame's largest face, of its records.
fn answer(job: &Job) -> Result<Value, Refusal> {
    let Progress::Done(count, error) = job.progress() else { return Err(Refusal::unavailable("it is not read yet")) };
    let unread = |error: Option<String>| {
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error.unwrap_or_else(|| "the video has no frames".into()))
    };
    if count == 0 {
        return Err(unread(error));
    }
    let file = File::open(&job.result.path).map_err(|_| unread(error.clone()))?;
    let (mut frames, mut last) = (Vec::new(), 0.0);
    for line in BufReader::new(file).lines() {
        let line = line.map_err(|_| unread(error.clone()))?;
        let Ok(record) = serde_json::from_str::<Value>(&line) else { continue };
        let Some(number) = record["frame"].as_u64() else { continue };
        last = record["timestamp"].as_f64().unwrap_or(last);
        frames.push(json!({"frameNumber": number, "predictions": predictions(&record)}));
    }
    let rate = if last > 0.0 { frames.len().saturating_sub(1) as f64 / last } else { 0.0 };
    let mut answer = json!({"video": {"url": format!("/videos/{}", job.id), "framerate": rate}, "frames": frames});
    if let Some(error) = error {
        answer["error"] = error.into();
    }
    Ok(answer)
}

fn predictions(record: &Value) -> Vec<Value> {
    let area = |face: &Value| face["box"][2].as_u64().unwrap_or(0) * face["box"][3].as_u64().unwrap_or(0);
    let faces = record["faces"].as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(face) = faces.iter().rev().max_by_key(|face| area(face)) else { return Vec::new() };
    let actions = &face["actions"];
    let strongest = actions["strongest"].as_array().map(Vec::as_slice).unwrap_or_default();
    let units = strongest.iter().filter_map(Value::as_str);
    units.map(|unit| json!({"label": unit, "prob": actions["units"][unit]["probability"]})).collect()
}

/// What a browser is told that a video is.
fn kind(job: &Job) -> std::io::Result<&'static str> {
    let mut head = Vec::new();
    File::open(&job.video.path)?.take(64).read_to_end(&mut head)?;
    Ok(match image::guess_format(&head) {
        Ok(ImageFormat::Gif) => "image/gif",
        Ok(ImageFormat::Png) => "image/png",
        Ok(ImageFormat::WebP) => "image/webp",
        _ if head.get(4..8) == Some(b"ftyp") => "video/mp4",
        _ if head.starts_with(b"\x1A\x45\xDF\xA3") => "video/webm",
        _ if head.starts_with(b"OggS") => "video/ogg",
        _ => "application/octet-stream",
    })
}
