//! What one face shows.

/// Probabilities nearer to 0 or 1 than this count as this.
const NEAREST: f32 = 1e-6;

/// What one network answers of a face.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stream {
    /// 0 to 1, one a label of the model.
    pub probabilities: Vec<f32>,
    /// 0 to 1, one a label of the model; none where the network does not answer them.
    pub intensities: Vec<f32>,
}

impl Stream {
    /// Of an image, from what a network answers of all: probabilities of so many labels, and perhaps intensities.
    pub(super) fn of(outputs: &[Vec<f32>], image: usize, labels: usize) -> Self {
        let own = |at: usize| {
            let values = outputs.get(at).and_then(|values| values.get(image * labels..(image + 1) * labels));
            values.unwrap_or_default().to_vec()
        };
        Self { probabilities: own(0), intensities: own(1) }
    }
}

/// From which probability on a unit is present.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// From this one on: 0.5, as the paper has it.
    Fixed(f32),
    /// From what was learned for each unit, in photographs and in videos: it weighs hits and false alarms alike, however rare a unit is.
    Learned,
}

impl Default for Threshold {
    fn default() -> Self {
        Self::Fixed(0.5)
    }
}

/// One action unit of a face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// Of the streams that read it together, 0 to 1.
    pub probability: f32,
    /// From 0 to what the model's scale ends with, mostly 5: of the still network where it reads the unit. None where it is not answered.
    pub intensity: Option<f32>,
    /// Whether the probability reaches the [`Threshold`].
    pub present: bool,
}

/// What a face shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Actions {
    /// One a label of the model, in its order; none where a label is not read: at all, or in photographs.
    pub units: Vec<Option<Unit>>,
    /// What each member of the model answers, in its order; none of motion in photographs.
    pub streams: Vec<Option<Stream>>,
}

impl Actions {
    /// Positions of the units that are read, the most probable first; of equal ones the first label.
    pub fn strongest(&self) -> Vec<usize> {
        let probability = |at: &usize| self.units.get(*at).copied().flatten().map_or(-1.0, |unit| unit.probability);
        let mut read: Vec<usize> = (0..self.units.len()).filter(|&at| self.units[at].is_some()).collect();
        read.sort_by(|a, b| probability(b).total_cmp(&probability(a)));
        read
    }
}

/// Log odds of a probability; of what is as good as 0 or 1 those of what is near.
pub(super) fn log_odds(probability: f32) -> f32 {
    let own = probability.clamp(NEAREST, 1.0 - NEAREST);
    (own / (1.0 - own)).ln()
}
