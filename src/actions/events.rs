//! When units begin, are strongest and end.

use std::collections::BTreeMap;
use std::time::Duration;

use super::unit::{Actions, Unit};
use crate::face::TrackId;

/// How far of the way from the threshold to 1 an event gets at least.
const CLEAR: f32 = 0.4;
/// How long a unit may be gone, or its face, without an end to its event.
const GAP: Duration = Duration::from_millis(80);

/// A frame's number and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Its number, from 0.
    pub frame: u64,
    /// Since the first frame.
    pub timestamp: Duration,
}

/// A unit of a face, from its first to its last frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Whose face.
    pub track: TrackId,
    /// Position of its label in the model's labels.
    pub unit: usize,
    /// The first frame that it is present in.
    pub onset: Moment,
    /// The frame that it is strongest in.
    pub apex: Moment,
    /// The last frame that it is present in.
    pub offset: Moment,
    /// Its probability there.
    pub probability: f32,
    /// Its intensity there, where there is one.
    pub intensity: Option<f32>,
    /// Its largest probability.
    strongest: f32,
}

/// Follows the units of faces from frame to frame. What it holds does not grow with their number.
#[derive(Debug, Default)]
pub struct Events {
    /// What the probability of a unit reaches at least in an event.
    least: f32,
    open: BTreeMap<(TrackId, usize), Event>,
}

impl Events {
    /// Where units are present from `threshold` on. An event that does not get 0.4 of the way from there to 1 is none: of 133 blinks of rendered people of validation
    /// 130 are found by 0.5, and of 7 false ones 3 are left (models/actions/figures.py).
    pub fn from_threshold(threshold: f32) -> Self {
        Self { least: threshold + CLEAR * (1.0 - threshold), open: BTreeMap::new() }
    }

    /// The faces of the next frame; the events that have ended, in the order of their faces and labels.
    pub fn push<'a>(&mut self, at: Moment, faces: impl IntoIterator<Item = (TrackId, &'a Actions)>) -> Vec<Event> {
        for (track, actions) in faces {
            for (unit, found) in actions.units.iter().enumerate() {
                if let Some(found) = found.filter(|found| found.present) {
                    self.open
                        .entry((track, unit))
                        .and_modify(|event| event.grow(at, found))
                        .or_insert_with(|| Event::new(track, unit, at, found));
                }
            }
        }
        let over = |event: &Event| at.timestamp.saturating_sub(event.offset.timestamp) > GAP;
        let ended: Vec<(TrackId, usize)> = self.open.iter().filter(|(_, event)| over(event)).map(|(key, _)| *key).collect();
        let least = self.least;
        ended.iter().filter_map(|key| self.open.remove(key)).filter(|event| event.strongest >= least).collect()
    }

    /// There come no more frames: what has not ended yet.
    pub fn finish(&mut self) -> Vec<Event> {
        let least = self.least;
        std::mem::take(&mut self.open).into_values().filter(|event| event.strongest >= least).collect()
    }
}

impl Event {
    fn new(track: TrackId, unit: usize, at: Moment, found: Unit) -> Self {
        Self {
            track,
            unit,
            onset: at,
            apex: at,
            offset: at,
            probability: found.probability,
            intensity: found.intensity,
            strongest: found.probability,
        }
    }

    fn grow(&mut self, at: Moment, found: Unit) {
        self.offset = at;
        self.strongest = self.strongest.max(found.probability);
        if (found.intensity, found.probability) > (self.intensity, self.probability) {
            (self.apex, self.probability, self.intensity) = (at, found.probability, found.intensity);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_goes_on_over_a_short_gap_and_ends_after_a_long_one() {
        let mut events = Events::from_threshold(0.5);
        let mut ended = Vec::new();
        // The last two come nowhere near 1.
        let strength = [0.1, 0.6, 0.9, 0.2, 0.7, 0.1, 0.1, 0.1, 0.1, 0.8, 0.1, 0.1, 0.1, 0.1, 0.6, 0.6];
        for (frame, probability) in strength.into_iter().enumerate() {
            let unit = Unit { probability, intensity: None, present: probability >= 0.5 };
            let face = Actions { units: vec![None, Some(unit)], streams: Vec::new() };
            let at = Moment { frame: frame as u64, timestamp: Duration::from_millis(40 * frame as u64) };
            ended.extend(events.push(at, [(TrackId(3), &face)]));
        }
        assert_eq!(ended.len(), 2);
        ended.extend(events.finish());
        let frames: Vec<_> = ended.iter().map(|event| [event.onset.frame, event.apex.frame, event.offset.frame]).collect();
        assert_eq!(frames, [[1, 2, 4], [9, 9, 9]]);
        assert!(ended.iter().all(|event| (event.track, event.unit) == (TrackId(3), 1)));
    }
}
