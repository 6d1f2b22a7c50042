//! The frames of a video: read on a thread with a recognizer of its own, so that who asks for the next may ask the other one between two.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moue::recognizer::Following;
use moue::records::{Record, Summary, json};
use moue::video::{CAMERA, Frames, Options};
use moue::{Error, Recognizer, Result};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCFunction};
use serde::Deserialize;

use crate::failure::{argument, failure};
use crate::function;
use crate::reader::{Reader, cut};

/// Frames that are read and not asked for, at most.
const AHEAD: usize = 4;
/// How long Python is not asked whether it was interrupted.
const BREATH: Duration = Duration::from_millis(50);

/// The options of `analyze_video`.
#[derive(Deserialize)]
struct Asked {
    every: u64,
    from: f64,
    to: Option<f64>,
    fps: Option<f64>,
    smooth: Option<f64>,
    crops: bool,
}

enum Told {
    /// A record as JSON, and the crops of its faces.
    Frame(String, Vec<Vec<u8>>),
    /// The record of the whole video as JSON, and the code of its error.
    End(String, Option<&'static str>),
    Failed(Error),
}

/// A frame's record, crops, whether it was the last record, that of the video, and the code of its error.
type NextPy = Option<(String, Vec<Py<PyBytes>>, bool, Option<&'static str>)>;

/// `(path, options as JSON) -> next`; `next() -> (record as JSON, crops, whether it is the video's, code of its error)`, and none after that.
pub fn function(py: Python<'_>, reader: Arc<Reader>) -> PyResult<Bound<'_, PyCFunction>> {
    function::of(py, c"video", move |py, (path, options): (std::path::PathBuf, String)| {
        let asked: Asked = serde_json::from_str(&options).map_err(|error| argument(format!("options of a video: {error}")))?;
        let own = Arc::clone(&reader);
        let receiver = py.detach(|| start(own, path, asked)).map_err(|error| failure(&error))?;
        let receiver = Mutex::new(receiver);
        let reader = Arc::clone(&reader);
        let next = function::plain(py, c"next", move |py| next(py, &reader, &receiver))?;
        Ok(next.into_any().unbind())
    })
}

fn next(py: Python<'_>, reader: &Reader, receiver: &Mutex<Receiver<Told>>) -> PyResult<NextPy> {
    loop {
        reader.get().map_err(|error| failure(&error))?;
        let told = py.detach(|| receiver.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(BREATH));
        return match told {
            Ok(Told::Frame(json, crops)) => {
                let crops = crops.iter().map(|crop| PyBytes::new(py, crop).unbind()).collect();
                Ok(Some((json, crops, false, None)))
            }
            Ok(Told::End(json, code)) => Ok(Some((json, Vec::new(), true, code))),
            Ok(Told::Failed(error)) => Err(failure(&error)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                py.check_signals()?;
                continue;
            }
        };
    }
}

fn start(reader: Arc<Reader>, path: std::path::PathBuf, asked: Asked) -> Result<Receiver<Told>> {
    let seconds = |seconds: f64, what: &str| {
        Duration::try_from_secs_f64(seconds).map_err(|_| Error::Argument(format!("{what}={seconds}: give seconds, 0 or more")))
    };
    let options = Options {
        fps: asked.fps,
        every: asked.every,
        from: seconds(asked.from, "start")?,
        to: asked.to.map(|to| seconds(to, "stop")).transpose()?,
        ..Options::default()
    };
    let smoothing = asked.smooth.map(|smooth| seconds(smooth, "smooth")).transpose()?;
    let camera = path.to_str().and_then(|path| path.strip_prefix(CAMERA)).map(str::to_owned);
    let frames = match &camera {
        Some(which) => Frames::camera(which, options)?,
        None => Frames::open(Path::new(&path), options)?,
    };
    let recognizer = reader.get()?.spare()?;
    let (sender, receiver) = sync_channel(AHEAD);
    let following = Following { smoothing, live: camera.is_some(), ..Following::default() };
    let name = path.display().to_string();
    let work = move || read(&reader, recognizer, frames, following, &name, &asked, &sender);
    let thread = std::thread::Builder::new().name("moue python video".into()).spawn(work);
    thread.map(|_| receiver).map_err(|error| Error::Defect(format!("the system gives no thread: {error}")))
}

/// Sends frame after frame until there are none, or nobody wants them.
fn read(
    reader: &Reader,
    mut recognizer: Recognizer,
    frames: Frames,
    following: Following,
    name: &str,
    asked: &Asked,
    sender: &SyncSender<Told>,
) {
    match frames_of(reader, &mut recognizer, frames, following, name, asked, sender) {
        Ok(()) => {
            if let Ok(open) = reader.get() {
                open.give_back(recognizer);
            }
        }
        Err(error) => {
            let _ = sender.send(Told::Failed(error));
        }
    }
}

fn frames_of(
    reader: &Reader,
    recognizer: &mut Recognizer,
    frames: Frames,
    following: Following,
    name: &str,
    asked: &Asked,
    sender: &SyncSender<Told>,
) -> Result<()> {
    let open = reader.get()?;
    let (report, camera) = (frames.report(), following.live);
    let mut summary = Summary::new(name.to_owned(), &open.labels, open.units.as_deref());
    summary.smoothed = asked.smooth;
    let mut code = None;
    let mut video = recognizer.analyze_video(frames, following)?;
    while let Some(answered) = video.next() {
        let answered = match answered {
            Ok(answered) => answered,
            Err(error) if error.is_of_device() => return Err(error),
            Err(error) => {
                code = Some(error.code());
                summary.error = Some(error.to_string());
                break;
            }
        };
        let (frame, record) = Record::of_frame(name, answered, asked.smooth)?;
        summary.add(&record);
        let crops = if asked.crops { cut(video.recognizer(), &frame.picture, &record)? } else { Vec::new() };
        if sender.send(Told::Frame(open.json(&record)?, crops)).is_err() {
            return Ok(());
        }
    }
    drop(video);
    summary.dropped = camera.then(|| report.dropped());
    summary.end(report.remark());
    let mut line = Vec::new();
    json::video(&mut line, &summary, None::<&()>).map_err(|error| Error::Defect(error.to_string()))?;
    let line = String::from_utf8(line).map_err(|error| Error::Defect(error.to_string()))?;
    let _ = sender.send(Told::End(line, code.or(summary.error.is_some().then_some("video"))));
    Ok(())
}
