//! What the requests share: the way of a picture to the recognizer and back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use tokio::sync::Semaphore;

use super::admission::{Admission, Full};
use super::asked::{Asked, How};
use super::config::{Config, Limits};
use super::jobs::Jobs;
use super::queue::{Entry, Picture, Told, within};
use super::refusal::Refusal;
use super::worker::Shared;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::host::guard;
use crate::photo;
use crate::records::{Record, json};
use crate::weights::Model;

/// Pixels that a picture counts as whose head says nothing: it will mostly be none.
const UNKNOWN: u64 = 1 << 20;
/// Share of the deadline that what waits may take, as far as pictures so far tell: they differ.
const SHARE: f64 = 0.6;
/// Pictures that are taken before any tells.
const FIRST: usize = 8;

/// What every request sees.
pub struct Service {
    /// Name of the model.
    pub model: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// Its members.
    pub members: Vec<String>,
    /// Labels of action units, where this build reads them.
    pub units: Option<Vec<String>>,
    /// What is refused.
    pub limits: Limits,
    /// What the worker shares.
    pub shared: Shared,
    /// Bytes of bodies.
    pub bodies: Arc<Semaphore>,
    /// SHA-256 of the token.
    pub token: Option<[u8; 32]>,
    /// Videos that were sent.
    pub jobs: Jobs,
    admission: Admission,
    pace: Mutex<Pace>,
}

/// What pictures took so far.
#[derive(Default)]
struct Pace {
    /// Seconds of one, those of late more than others.
    seconds: f64,
    requests: f64,
}

impl Pace {
    /// So many pictures, one at least, were read in this time.
    fn learn(&mut self, took: Duration, pictures: usize) {
        self.requests += 1.0;
        let seconds = took.as_secs_f64() / pictures.max(1) as f64;
        self.seconds += (seconds - self.seconds) * (1.0 / self.requests).max(0.1);
    }

    /// Pictures that are read within the deadline, as far as those so far tell.
    fn in_time(&self, deadline: Duration) -> usize {
        if self.requests == 0.0 { FIRST } else { (SHARE * deadline.as_secs_f64() / self.seconds.max(1e-6)) as usize }
    }
}

/// A picture that a client sent, with what it is called by.
#[derive(Debug)]
pub struct Sent {
    /// What its record is called by.
    pub name: String,
    /// Its bytes or pixels.
    pub picture: Picture,
}

impl Sent {
    /// A file.
    pub fn file(name: impl Into<String>, bytes: Bytes) -> Self {
        Self { name: name.into(), picture: Picture::File(bytes) }
    }
}

impl Service {
    /// As the configuration says.
    ///
    /// # Errors
    /// There is no folder for videos.
    pub fn new(config: &Config, shared: Shared) -> Result<Self> {
        let description = &config.model.description;
        let jobs = Jobs::new(config.limits).map_err(|error| Error::io(std::env::temp_dir(), error))?;
        Ok(Self {
            model: description.name.clone(),
            labels: description.labels.clone(),
            members: description.members.iter().map(|member| member.name.clone()).collect(),
            units: Model::actions().ok().map(|model| model.description.labels.clone()),
            limits: config.limits,
            shared,
            bodies: Arc::new(Semaphore::new(config.limits.bodies)),
            token: config.token.as_ref().map(|token| hmac_sha256::Hash::hash(token.as_bytes())),
            jobs,
            admission: Admission::new(&config.limits),
            pace: Mutex::default(),
        })
    }

    /// The answers for these pictures, in their order.
    ///
    /// # Errors
    /// There is no room for them now or ever, the deadline is over, or the device is lost.
    pub async fn answer(&self, pictures: Vec<Sent>, how: How) -> Result<Vec<Told>, Refusal> {
        let count = pictures.len();
        let mut told: Vec<Option<Told>> = Vec::with_capacity(count);
        let (mut read, mut pixels) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for sent in pictures {
            let size = match &sent.picture {
                Picture::File(bytes) => guard::run(|| Ok(photo::size(bytes))).ok().flatten(),
                Picture::Crop(crop) => Some(crop.dimensions()),
                Picture::Gone => None,
            };
            match size.map_or(Ok(()), |size| within(size, self.limits.picture)) {
                Ok(()) => {
                    pixels.push(size.map_or(UNKNOWN, |(width, height)| u64::from(width) * u64::from(height)));
                    read.push(sent);
                    told.push(None);
                }
                Err(error) => told.push(Some(refused(sent.name, &error))),
            }
        }
        // Who would wait for too long hears it at once, not at the deadline. What has the service for itself is tried.
        let taken = self.taken().0;
        if taken > 0 && !read.is_empty() && taken + read.len() > self.pace().in_time(self.limits.deadline) {
            return Err(Refusal::busy(self.wait()));
        }
        let places = self.admission.admit(&pixels).map_err(|full| match full {
            Full::Now => Refusal::busy(self.wait()),
            Full::Ever => Refusal::large(format!(
                "{} pictures of {} pixels in one request: this service takes at most {} of {}, send fewer at a time",
                pixels.len(),
                pixels.iter().sum::<u64>(),
                self.limits.pictures,
                self.limits.pixels
            )),
        })?;
        let begun = tokio::time::Instant::now();
        let most = self.limits.picture;
        let waiting = read.len();
        let entries = read.into_iter().zip(places).map(|(sent, place)| Entry::new(sent.name, sent.picture, how, most, place));
        let (entries, answers): (Vec<_>, Vec<_>) = entries.unzip();
        let before = self.taken().0.saturating_sub(waiting);
        if before == 0 {
            self.shared.status.beat();
        }
        if !entries.is_empty() && !self.shared.queue.push(entries) {
            return Err(Refusal::unavailable("the service ends"));
        }
        let mut answers = answers.into_iter();
        let deadline = begun + self.limits.deadline;
        for place in told.iter_mut().filter(|place| place.is_none()) {
            let Some(answer) = answers.next() else { break };
            let answer = tokio::time::timeout_at(deadline, answer).await.map_err(|_| {
                self.pace().learn(begun.elapsed(), before + waiting);
                let seconds = self.limits.deadline.as_secs_f64();
                Refusal::new(StatusCode::GATEWAY_TIMEOUT, format!("there was no answer in {seconds} s: send less, or later"))
            })?;
            let answer = answer.map_err(|_| Refusal::unavailable("the device was lost before it answered: send it again"))?;
            *place = Some(answer);
        }
        // What was refused by its head took no time, and tells nothing.
        if waiting > 0 {
            self.pace().learn(begun.elapsed(), before + waiting);
        }
        Ok(told.into_iter().flatten().collect())
    }

    /// The record of a single picture, or what speaks against there being one.
    ///
    /// # Errors
    /// As [`Service::answer`].
    pub async fn one(&self, sent: Sent, how: How) -> Result<Told, Refusal> {
        let mut told = self.answer(vec![sent], how).await?;
        told.pop().ok_or_else(|| Refusal::unavailable("there is no answer"))
    }

    /// A record as the command line writes it.
    pub fn line(&self, record: &Record, asked: &Asked) -> Vec<u8> {
        let mut line = Vec::new();
        let units = self.units.as_deref().filter(|_| asked.how.actions.is_some());
        // Only a writer fails, and memory does not.
        let _ = json::write(&mut line, record, &self.labels, &self.members, units, asked.wanted, None::<&()>);
        line
    }

    /// Pictures that wait or are read, and their pixels.
    pub fn taken(&self) -> (usize, u64) {
        self.admission.taken()
    }

    /// The device that reads.
    ///
    /// # Errors
    /// Why it does not.
    pub fn ready(&self) -> Result<String, String> {
        self.shared.status.ready(self.taken().0 > 0, self.limits.deadline)
    }

    /// The device that reads now.
    pub fn device(&self) -> Option<Device> {
        self.shared.device.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Seconds until what waits is read, as far as pictures so far tell.
    pub fn wait(&self) -> u64 {
        (self.pace().seconds * self.taken().0 as f64).ceil().clamp(1.0, 600.0) as u64
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(name: String, error: &Error) -> Told {
    let record = Record { input: name, at: None, size: None, faces: Vec::new(), error: Some(error.to_string()) };
    Told { record, code: Some(error.code()) }
}

/// The status of a single picture's answer.
pub fn status(code: Option<&str>) -> StatusCode {
    match code {
        None => StatusCode::OK,
        Some("picture" | "argument" | "io") => StatusCode::UNPROCESSABLE_ENTITY,
        Some("out-of-memory" | "limit" | "device") => StatusCode::SERVICE_UNAVAILABLE,
        Some(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_taken_before_any_tells_and_then_as_many_as_the_pace_allows() {
        let (mut pace, deadline) = (Pace::default(), Duration::from_secs(60));
        assert_eq!(pace.in_time(deadline), FIRST);
        pace.learn(Duration::from_secs(2), 4);
        assert_eq!(pace.in_time(deadline), 72);
        (0..100).for_each(|_| pace.learn(Duration::from_secs(40), 2));
        assert_eq!(pace.in_time(deadline), 1);
    }
}
