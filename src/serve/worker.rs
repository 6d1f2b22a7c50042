//! The thread that owns the recognizer. Decoding and finding faces is the recognizer's own threads'.

use std::sync::Arc;
use std::time::Duration;

use super::asked::How;
use super::config::{Config, Log};
use super::metrics::Metrics;
use super::queue::{Entry, Queue, Told, Turn};
use super::status::{Phase, Status};
use crate::actions;
use crate::device::Device;
use crate::embed;
use crate::error::{Error, Result};
use crate::host::guard;
use crate::recognizer::Recognizer;
use crate::records::Record;
use crate::weights::Model;

/// Seconds between two tries to open a lost device, at first and at most.
const TRIES: [u64; 2] = [1, 30];

/// What the thread shares with the others.
#[derive(Clone)]
pub struct Shared {
    /// What is to be read.
    pub queue: Arc<Queue>,
    /// What it says of itself.
    pub status: Arc<Status>,
    /// What it counts.
    pub metrics: Arc<Metrics>,
    /// The device, for who reads beside it.
    pub device: Arc<std::sync::Mutex<Option<Device>>>,
}

/// Opens the device, and reads until the queue is closed and empty.
///
/// # Errors
/// The first opening fails.
pub fn work(config: &Config, shared: &Shared) -> Result<()> {
    let mut reader = Reader::open(config, shared)?;
    loop {
        let read = guard::run(|| reader.read(shared));
        shared.queue.end_turn();
        let Err(error) = read else { return Ok(()) };
        shared.status.set(Phase::Lost(error.to_string()));
        (config.log)(&format!("{error}; it is opened again"));
        drop(reader);
        match again(config, shared) {
            Some(opened) => reader = opened,
            None => return Ok(()),
        }
    }
}

/// A new device; none where the service ends before.
fn again(config: &Config, shared: &Shared) -> Option<Reader> {
    let [mut pause, most] = TRIES;
    loop {
        match guard::run(|| Reader::open(config, shared)) {
            Ok(reader) => {
                (config.log)("the device is open again");
                return Some(reader);
            }
            Err(error) => (config.log)(&format!("{error}; next try in {pause} s")),
        }
        for _ in 0..10 * pause {
            if shared.queue.is_closed() {
                shared.queue.clear();
                return None;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        pause = (2 * pause).min(most);
    }
}

/// A recognizer and what it reads beside expressions, made when it is first asked for.
struct Reader {
    recognizer: Recognizer,
    device: Device,
    actions: Option<actions::Reader>,
    embedder: Option<embed::Embedder>,
    log: Log,
}

impl Reader {
    fn open(config: &Config, shared: &Shared) -> Result<Self> {
        let device = (config.open)()?;
        let mut builder = Recognizer::builder().model(config.model.clone()).device(device.clone());
        if let Some(threads) = config.threads {
            builder = builder.threads(threads);
        }
        let recognizer = builder.build()?;
        *shared.device.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(device.clone());
        shared.metrics.opened();
        shared.status.set(Phase::Ready(recognizer.device_name().to_owned()));
        Ok(Self { recognizer, device, actions: None, embedder: None, log: Arc::clone(&config.log) })
    }

    /// Turn after turn.
    ///
    /// # Errors
    /// The device is lost.
    fn read(&mut self, shared: &Shared) -> Result<()> {
        while let Some((how, turn)) = shared.queue.turn() {
            match self.set(how) {
                Ok(()) => self.turn(turn, shared)?,
                Err(error @ (Error::DeviceLost { .. } | Error::Device { .. })) => return Err(error),
                // Its own requests only cannot be answered.
                Err(error) => {
                    (self.log)(&error.to_string());
                    shared.queue.refuse(how, &error);
                }
            }
        }
        Ok(())
    }

    fn turn(&mut self, turn: Turn, shared: &Shared) -> Result<()> {
        let photos = self.recognizer.prefetch(turn)?;
        for answer in self.recognizer.analyze_stream(photos) {
            let code = answer.analysis.as_ref().err().map(Error::code);
            let (entry, _, record) = Record::of(answer, |entry: &Entry| entry.name.clone())?;
            shared.status.beat();
            shared.metrics.picture(record.faces.len(), code);
            entry.answer(Told { record, code });
        }
        Ok(())
    }

    /// Reads as it is asked from now on.
    fn set(&mut self, how: How) -> Result<()> {
        self.recognizer.set_faces(how.faces);
        self.recognizer.set_search(how.search)?;
        self.recognizer.set_oversample(how.oversample);
        self.actions = self.recognizer.replace_actions(None).or(self.actions.take());
        self.embedder = self.recognizer.replace_embedder(None).or(self.embedder.take());
        if let Some(threshold) = how.actions {
            let mut reader = match self.actions.take() {
                Some(reader) => reader,
                None => actions::Reader::new(Model::actions()?, &self.device)?,
            };
            reader.set_threshold(threshold)?;
            self.recognizer.replace_actions(Some(reader));
        }
        if how.embed {
            let embedder = match self.embedder.take() {
                Some(embedder) => embedder,
                None => embed::Embedder::new(embed::Network::embedded()?, &self.device)?,
            };
            self.recognizer.replace_embedder(Some(embedder));
        }
        Ok(())
    }
}
