//! Probabilities of followed faces, smoothed over time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::analysis::{AnalyzedFace, most_probable};
use crate::face::TrackId;

/// Exponential means over true time, one a followed face: after `constant` without news a mean has gone 63 % of the way to a face's new probabilities. A mean uses
/// what came before alone, so that a stream needs no frame ahead.
#[derive(Debug)]
pub(super) struct Smoother {
    constant: f64,
    /// How long after a face was seen last its name may come back.
    memory: Duration,
    means: HashMap<TrackId, Mean>,
}

#[derive(Debug)]
struct Mean {
    at: Duration,
    probabilities: Vec<f32>,
}

impl Smoother {
    pub fn new(constant: Duration, memory: Duration) -> Self {
        Self { constant: constant.as_secs_f64(), memory, means: HashMap::new() }
    }

    /// The faces of the next frame get their means, and the labels of those. Members keep what they said.
    pub fn smooth(&mut self, timestamp: Duration, faces: &mut [AnalyzedFace], labels: &[Arc<str>]) {
        self.means.retain(|_, mean| timestamp.saturating_sub(mean.at) <= self.memory);
        for face in faces {
            let Some(track) = face.track else { continue };
            if let Some(mean) = self.means.get(&track) {
                let passed = timestamp.saturating_sub(mean.at).as_secs_f64();
                let share = if self.constant > 0.0 { -(-passed / self.constant).exp_m1() } else { 1.0 };
                for (value, mean) in face.probabilities.iter_mut().zip(&mean.probabilities) {
                    *value = mean + (*value - mean) * share as f32;
                }
                face.label_index = most_probable(&face.probabilities);
                face.label = labels.get(face.label_index).cloned().unwrap_or_else(|| "".into());
            }
            self.means.insert(track, Mean { at: timestamp, probabilities: face.probabilities.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ensemble::Reading;
    use crate::recognizer::analysis::Found;

    fn face(track: u64, happy: f32) -> AnalyzedFace {
        let labels: [Arc<str>; 2] = ["happy".into(), "sad".into()];
        let found = Found { track: Some(TrackId(track)), ..Found::whole(10, 10) };
        AnalyzedFace::new(found, Reading { probabilities: vec![happy, 1.0 - happy], members: Vec::new() }, &labels)
    }

    #[test]
    fn means_follow_true_time_a_face_each_and_forget_who_is_gone() {
        let labels: [Arc<str>; 2] = ["happy".into(), "sad".into()];
        let mut smoother = Smoother::new(Duration::from_millis(500), Duration::from_secs(1));
        let mut at = |millis: u64, faces: &[(u64, f32)]| {
            let mut faces: Vec<AnalyzedFace> = faces.iter().map(|&(track, happy)| face(track, happy)).collect();
            smoother.smooth(Duration::from_millis(millis), &mut faces, &labels);
            faces.into_iter().map(|face| (face.probabilities[0], face.label.to_string())).collect::<Vec<_>>()
        };
        assert_eq!(at(0, &[(0, 1.0), (7, 0.0)]), [(1.0, "happy".into()), (0.0, "sad".into())]);
        // Half a second is one time constant, in one step or in two.
        let once = (-1.0f32).exp();
        let found = at(500, &[(0, 0.0)]);
        assert!((found[0].0 - once).abs() < 1e-6 && found[0].1 == "sad", "{found:?}");
        at(750, &[(0, 0.0)]);
        let found = at(1000, &[(0, 0.0), (7, 0.0)]);
        assert!((found[0].0 - once * once).abs() < 1e-6 && found[1].0 == 0.0, "{found:?}");
        // A second and more later the name is another face's.
        assert_eq!(at(2500, &[(0, 0.75)])[0].0, 0.75);
    }
}
