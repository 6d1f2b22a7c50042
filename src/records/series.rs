//! Probabilities over time, in as many steps as a picture can show.

/// Steps at most; when there would be more, two become one.
const MOST: usize = 1024;
/// Seconds of a step at first: shorter than a frame.
const SHORTEST: f64 = 1.0 / 256.0;

/// Means of steps of equal length.
#[derive(Debug, Clone)]
pub struct Series {
    labels: usize,
    length: f64,
    steps: Vec<Step>,
}

/// What falls into a step.
#[derive(Debug, Clone, Default, PartialEq)]
struct Step {
    frames: u64,
    faces: u64,
    /// Of the frames' times.
    seconds: f64,
    sums: Vec<f64>,
}

/// A step's time, and its mean probabilities where it shows a face.
#[derive(Debug, PartialEq)]
pub struct Point {
    /// Mean time of its frames, in seconds.
    pub seconds: f64,
    /// Of the faces of all its frames, in the order of the labels.
    pub means: Option<Vec<f64>>,
}

impl Series {
    /// Of no frame yet, of a model with so many labels.
    pub fn new(labels: usize) -> Self {
        Self { labels, length: SHORTEST, steps: Vec::new() }
    }

    /// The faces of a frame.
    pub fn add<'a>(&mut self, seconds: f64, faces: impl Iterator<Item = &'a [f32]>) {
        let seconds = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
        while seconds / self.length >= MOST as f64 {
            self.length *= 2.0;
            self.steps = self.steps.chunks(2).map(|pair| Step::of(pair, self.labels)).collect();
        }
        let at = (seconds / self.length) as usize;
        while self.steps.len() <= at {
            self.steps.push(Step { sums: vec![0.0; self.labels], ..Step::default() });
        }
        if let Some(step) = self.steps.get_mut(at) {
            step.frames += 1;
            step.seconds += seconds;
            for face in faces {
                step.faces += 1;
                step.sums.iter_mut().zip(face).for_each(|(sum, value)| *sum += f64::from(*value));
            }
        }
    }

    /// The steps that have frames.
    pub fn points(&self) -> impl Iterator<Item = Point> {
        self.steps.iter().filter(|step| step.frames > 0).map(|step| Point {
            seconds: step.seconds / step.frames as f64,
            means: (step.faces > 0).then(|| step.sums.iter().map(|sum| sum / step.faces as f64).collect()),
        })
    }
}

impl Step {
    fn of(steps: &[Self], labels: usize) -> Self {
        let mut sum = Self { sums: vec![0.0; labels], ..Self::default() };
        for step in steps {
            sum.frames += step.frames;
            sum.faces += step.faces;
            sum.seconds += step.seconds;
            sum.sums.iter_mut().zip(&step.sums).for_each(|(sum, value)| *sum += value);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_one_keeps_every_frame_at_its_time() {
        let mut series = Series::new(1);
        for (seconds, face) in [(0.0, Some(0.5)), (0.04, None), (1.25, Some(1.0))] {
            series.add(seconds, face.iter().map(std::slice::from_ref));
        }
        let points: Vec<_> = series.points().map(|point| (point.seconds, point.means.map(|means| means[0]))).collect();
        assert_eq!(points, [(0.0, Some(0.5)), (0.04, None), (1.25, Some(1.0))]);
    }

    #[test]
    fn a_long_one_takes_no_more_room_and_keeps_its_mean() {
        let mut series = Series::new(1);
        for frame in 0..200_000 {
            series.add(f64::from(frame) / 25.0, std::iter::once(&[(frame % 2) as f32][..]));
        }
        let points: Vec<_> = series.points().collect();
        assert!(points.len() <= MOST && points.len() > MOST / 3, "{}", points.len());
        assert!(points.iter().all(|point| (point.means.as_ref().unwrap()[0] - 0.5).abs() < 0.01));
        assert!((points.last().unwrap().seconds - 7996.0).abs() < 8.0);
    }
}
