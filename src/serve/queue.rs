//! Pictures that wait for the recognizer.
//!
//! There is no timer: while the device is busy some come, and what is there when it is free is one batch. The recognizer's own stream does that, with the queue for
//! its source; a stream has one way of reading, so pictures that ask for another one begin the next.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use image::RgbImage;
use tokio::sync::oneshot;

use super::admission::Place;
use super::asked::How;
use crate::error::{Error, Result};
use crate::photo;
use crate::recognizer::Source;
use crate::records::Record;

/// Pictures that others with the same options may overtake in a turn.
const PATIENCE: usize = 64;

/// What a client sent.
#[derive(Debug)]
pub enum Picture {
    /// A file.
    File(Bytes),
    /// Pixels.
    Crop(RgbImage),
    /// It was decoded.
    Gone,
}

/// A picture's record, and what kind of error it has.
#[derive(Debug)]
pub struct Told {
    /// The record.
    pub record: Record,
    /// As [`Error::code`].
    pub code: Option<&'static str>,
}

/// A picture on its way.
#[derive(Debug)]
pub struct Entry {
    /// What its record is called by.
    pub name: String,
    picture: Picture,
    how: How,
    most: u64,
    reply: oneshot::Sender<Told>,
    _place: Place,
}

impl Entry {
    /// One, and where its answer comes. `most`: pixels that it may have.
    pub fn new(name: String, picture: Picture, how: How, most: u64, place: Place) -> (Self, oneshot::Receiver<Told>) {
        let (reply, answer) = oneshot::channel();
        (Self { name, picture, how, most, reply, _place: place }, answer)
    }

    /// Whether nobody waits for it.
    fn is_left(&self) -> bool {
        self.reply.is_closed()
    }

    /// Answers it; where nobody waits any more, nobody hears.
    pub fn answer(self, told: Told) {
        let _ = self.reply.send(told);
    }
}

impl Source for Entry {
    fn read(&mut self) -> Result<RgbImage> {
        if self.is_left() {
            return Err(Error::Argument("nobody waits for it".into()));
        }
        let picture = match std::mem::replace(&mut self.picture, Picture::Gone) {
            Picture::File(bytes) => photo::decode(&bytes)?,
            Picture::Crop(crop) => crop,
            Picture::Gone => return Err(Error::Defect("a picture was taken twice".into())),
        };
        within(picture.dimensions(), self.most)?;
        Ok(picture)
    }
}

/// Refuses a picture that has too many pixels.
///
/// # Errors
/// How many it has, and how many it may have.
pub fn within((width, height): (u32, u32), most: u64) -> Result<()> {
    if u64::from(width) * u64::from(height) > most {
        return Err(Error::Picture(format!("{width} x {height} pixels: this service reads at most {most}, shrink it first")));
    }
    Ok(())
}

/// Those that wait.
#[derive(Debug, Default)]
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Entry>,
    /// Number of the turn that may take some.
    turn: u64,
    closed: bool,
}

/// Pictures of one kind, for one stream: it ends when others have waited long enough.
#[derive(Debug)]
pub struct Turn {
    queue: Arc<Queue>,
    number: u64,
    how: How,
    overtaken: usize,
}

impl Queue {
    /// These wait from now on; whether they can.
    pub fn push(&self, entries: Vec<Entry>) -> bool {
        let mut state = self.state();
        if state.closed {
            return false;
        }
        state.waiting.extend(entries);
        drop(state);
        self.changed.notify_all();
        true
    }

    /// Takes no more; what waits is read.
    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// Whether it takes no more.
    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Leaves what waits without an answer.
    pub fn clear(&self) {
        self.state().waiting.clear();
    }

    /// The next turn, once there is something to read; none where there never will be. Turns before it end.
    pub fn turn(self: &Arc<Self>) -> Option<(How, Turn)> {
        let mut state = self.state();
        loop {
            state.leave();
            if let Some(how) = state.waiting.front().map(|entry| entry.how) {
                state.turn += 1;
                let turn = Turn { queue: Arc::clone(self), number: state.turn, how, overtaken: 0 };
                drop(state);
                self.changed.notify_all();
                return Some((how, turn));
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Answers all that ask for this with an error.
    pub fn refuse(&self, how: How, error: &Error) {
        let mut state = self.state();
        let (refused, others): (Vec<_>, Vec<_>) = state.waiting.drain(..).partition(|entry| entry.how == how);
        state.waiting.extend(others);
        drop(state);
        for entry in refused {
            let record =
                Record { input: entry.name.clone(), at: None, size: None, faces: Vec::new(), error: Some(error.to_string()) };
            entry.answer(Told { record, code: Some(error.code()) });
        }
    }

    /// Turns so far end, and take nothing.
    pub fn end_turn(&self) {
        self.state().turn += 1;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Drops those at the front that nobody waits for.
    fn leave(&mut self) {
        while self.waiting.front().is_some_and(Entry::is_left) {
            self.waiting.pop_front();
        }
    }
}

impl Iterator for Turn {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let queue = Arc::clone(&self.queue);
        let mut state = queue.state();
        loop {
            if state.turn != self.number {
                return None;
            }
            state.leave();
            if let Some(first) = state.waiting.front() {
                if first.how == self.how {
                    return state.waiting.pop_front();
                }
                let next = state.waiting.iter().position(|entry| entry.how == self.how && !entry.is_left())?;
                self.overtaken += 1;
                return if self.overtaken > PATIENCE { None } else { state.waiting.remove(next) };
            }
            if state.closed {
                return None;
            }
            state = queue.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::admission::Admission;
    use super::super::config::Limits;
    use super::*;

    fn entry(admission: &Admission, name: &str, how: How) -> (Entry, oneshot::Receiver<Told>) {
        let place = admission.admit(&[1]).unwrap().remove(0);
        Entry::new(name.into(), Picture::Gone, how, 1, place)
    }

    #[test]
    fn equals_are_read_together_and_who_has_gone_is_left_out() {
        let (queue, admission) = (Arc::new(Queue::default()), Admission::new(&Limits::default()));
        let other = How { oversample: true, ..How::default() };
        let mut answers = Vec::new();
        for (name, how) in [("a", How::default()), ("b", other), ("c", How::default()), ("d", other)] {
            let (entry, answer) = entry(&admission, name, how);
            queue.push(vec![entry]);
            answers.push(answer);
        }
        answers.remove(2);
        let (how, turn) = queue.turn().unwrap();
        assert_eq!(how, How::default());
        assert_eq!(turn.map(|entry| entry.name).collect::<Vec<_>>(), ["a"]);
        queue.close();
        assert_eq!(queue.turn().unwrap().1.map(|entry| entry.name).collect::<Vec<_>>(), ["b", "d"]);
        assert!(queue.turn().is_none() && !queue.push(Vec::new()));
        drop(answers);
        assert_eq!(admission.taken(), (0, 0), "places come back");
    }

    #[test]
    fn a_turn_does_not_keep_others_waiting_for_ever() {
        let (queue, admission) = (Arc::new(Queue::default()), Admission::new(&Limits::default()));
        let other = How { embed: true, ..How::default() };
        let mut all: Vec<_> = (0..100).map(|_| entry(&admission, "many", How::default())).collect();
        all.insert(1, entry(&admission, "one", other));
        let (entries, answers): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        queue.push(entries);
        let (_, turn) = queue.turn().unwrap();
        assert_eq!(turn.count(), 1 + PATIENCE);
        assert_eq!(queue.turn().unwrap().0, other);
        drop(answers);
    }
}
