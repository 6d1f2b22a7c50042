//! Below a video's frames: its probabilities over the last seconds.

use std::collections::VecDeque;

use image::{Rgb, RgbImage};

use super::canvas::{Area, Canvas};
use super::panel::{GROUND, INK, QUIET};
use super::text::{Font, Weight};
use crate::cli::palette;
use crate::error::Result;

/// Seconds that the chart shows.
const SPAN: f64 = 10.0;
/// Lines at most, those of the largest means.
const LINES: usize = 5;
/// Its part of the frame's height, and its least and its greatest height.
const PART: f32 = 0.22;
const HEIGHT: [f32; 2] = [72.0, 260.0];

/// The running chart of one video: the mean of the faces of a frame, over true time. Where a frame shows no face its lines are interrupted.
#[derive(Debug)]
pub struct Chart {
    labels: Vec<String>,
    points: VecDeque<(f64, Option<Vec<f32>>)>,
    font: Font,
}

impl Chart {
    /// # Errors
    /// Where the font cannot be read.
    pub fn new(labels: &[String]) -> Result<Self> {
        Ok(Self { labels: labels.to_vec(), points: VecDeque::new(), font: Font::new()? })
    }

    /// What the faces of the frame at `seconds` say.
    pub fn add<'a>(&mut self, seconds: f64, faces: impl Iterator<Item = &'a [f32]>) {
        let (mut sums, mut count) = (vec![0.0; self.labels.len()], 0.0);
        for face in faces {
            sums.iter_mut().zip(face).for_each(|(sum, value)| *sum += value);
            count += 1.0;
        }
        let means = (count > 0.0).then(|| sums.into_iter().map(|sum| sum / count).collect());
        self.points.push_back((seconds, means));
        // One point before the span, so that its lines come in from the edge.
        while self.points.get(1).is_some_and(|(second, _)| *second <= seconds - SPAN) {
            self.points.pop_front();
        }
    }

    /// `picture` with the chart below it: the newest frame is at the right once the span is full.
    pub fn below(&self, picture: &RgbImage) -> RgbImage {
        let (width, height) = picture.dimensions();
        // Encoders of 4:2:0 want an even height.
        let band = 2 * ((PART * height as f32).clamp(HEIGHT[0], HEIGHT[1]) / 2.0) as u32 + height % 2;
        let mut whole = RgbImage::from_pixel(width, height + band, Rgb(GROUND));
        whole.iter_mut().zip(picture.as_raw()).for_each(|(to, from)| *to = *from);
        let mut canvas = Canvas::new(whole);
        self.draw(&mut canvas, Area::at([0.0, height as f32], [width as f32, band as f32]));
        canvas.into_picture()
    }

    fn draw(&self, canvas: &mut Canvas, area: Area) {
        let unit = (area.height() / 8.0).clamp(9.0, 26.0);
        let best = self.best();
        let names = best.iter().filter_map(|&at| self.labels.get(at)).map(|name| self.font.width(name, unit)).fold(0.0, f32::max);
        // On narrow pictures the lines matter more than their names, which the panels have too.
        let legend = if area.width() > 4.0 * names { names + 2.0 * unit } else { unit };
        let plot = Area {
            left: area.left + 0.6 * unit,
            top: area.top + 0.8 * unit,
            right: area.right - legend,
            bottom: area.bottom - 0.8 * unit,
        };
        for share in [0.0, 0.5, 1.0] {
            let y = plot.bottom - share * plot.height();
            canvas.line([plot.left, y], [plot.right, y], 1.0, [255, 255, 255], 0.14);
        }
        let Some((now, _)) = self.points.back() else { return };
        let start = (now - SPAN).max(self.points.front().map_or(0.0, |first| first.0)).max(0.0);
        let place = |seconds: f64, share: f32| {
            let along = ((seconds - start) / SPAN).clamp(0.0, 1.0) as f32;
            [plot.left + along * plot.width(), plot.bottom - share.clamp(0.0, 1.0) * plot.height()]
        };
        // The strongest is drawn last, above the others.
        for &at in best.iter().rev() {
            let colour = self.colour(at);
            let values = self.points.iter().map(|(seconds, means)| Some(place(*seconds, *means.as_ref()?.get(at)?)));
            let values: Vec<Option<[f32; 2]>> = values.collect();
            for pair in values.windows(2) {
                if let [Some(from), Some(to)] = pair {
                    canvas.line(*from, *to, (unit / 8.0).max(1.4), colour, 0.95);
                }
            }
            if let Some(Some(end)) = values.last() {
                canvas.fill(Area::at(*end, [0.0; 2]).grown((unit / 5.0).max(2.0)), unit, colour, 1.0);
            }
        }
        if legend > unit {
            for (row, &at) in best.iter().enumerate() {
                let middle = plot.top + (row as f32 + 0.5) * plot.height() / LINES as f32;
                let size = unit.min(plot.height() / LINES as f32 / 1.1);
                let text = self.labels.get(at).map_or("", String::as_str);
                self.font.draw(canvas, text, size, [plot.right + unit, middle], self.colour(at), Weight::Regular);
            }
        }
        let words = format!("last {SPAN} s");
        if plot.width() > 3.0 * self.font.width(&words, 0.8 * unit) && *now - start >= SPAN {
            self.font.draw(canvas, &words, 0.8 * unit, [plot.left, plot.top + 0.5 * unit], QUIET, Weight::Regular);
        }
    }

    /// The labels of the largest means of what is shown.
    fn best(&self) -> Vec<usize> {
        let mut sums = vec![0.0; self.labels.len()];
        for means in self.points.iter().filter_map(|(_, means)| means.as_ref()) {
            sums.iter_mut().zip(means).for_each(|(sum, value)| *sum += value);
        }
        let mut order: Vec<usize> = (0..sums.len()).filter(|&at| sums[at] > 0.0).collect();
        order.sort_by(|&a, &b| sums[b].total_cmp(&sums[a]));
        order.truncate(LINES);
        order
    }

    fn colour(&self, at: usize) -> [u8; 3] {
        self.labels.get(at).map_or(INK, |label| palette::colour(label, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: &[(f64, Option<f32>)]) -> Chart {
        let mut chart = Chart::new(&["happy", "sad"].map(String::from)).unwrap();
        for (seconds, happy) in points {
            let face = happy.map(|happy| [happy, 1.0 - happy]);
            chart.add(*seconds, face.iter().map(|face| &face[..]));
        }
        chart
    }

    /// Pixels of a label's hue, above and below the middle of the chart: the one is yellow, the other is blue.
    fn seen(picture: &RgbImage, height: u32, label: &str) -> [usize; 2] {
        let middle = height + (picture.height() - height) / 2;
        let of = |rows: std::ops::Range<u32>| {
            let hue = |x: u32, y: u32| {
                let [red, _, blue] = picture.get_pixel(x, y).0.map(i32::from);
                if label == "happy" { red - blue } else { blue - red }
            };
            rows.flat_map(|y| (0..60).map(move |x| (x, y))).filter(|&(x, y)| hue(x, y) > 60).count()
        };
        [of(height..middle), of(middle..picture.height())]
    }

    #[test]
    fn lines_lie_where_their_probabilities_are_and_the_frame_is_as_it_was() {
        let frame = RgbImage::from_fn(200, 101, |x, y| Rgb([x as u8, y as u8, 7]));
        let drawn = chart(&[(0.0, Some(0.9)), (2.0, Some(0.9)), (4.0, Some(0.9))]).below(&frame);
        assert_eq!((drawn.width(), drawn.height() % 2), (200, 0));
        assert_eq!(&drawn.as_raw()[..frame.as_raw().len()], &frame.as_raw()[..]);
        let [happy, sad] = ["happy", "sad"].map(|label| seen(&drawn, 101, label));
        assert!(happy[0] > 30 && happy[1] == 0, "{happy:?}");
        assert!(sad[0] == 0 && sad[1] > 30, "{sad:?}");
    }

    #[test]
    fn a_frame_without_a_face_interrupts_and_what_is_over_is_forgotten() {
        let frame = RgbImage::new(200, 100);
        let line = |points: &[(f64, Option<f32>)]| seen(&chart(points).below(&frame), 100, "happy")[0];
        let (whole, broken) = (
            line(&[(0.0, Some(1.0)), (1.0, Some(1.0)), (3.0, Some(1.0))]),
            line(&[(0.0, Some(1.0)), (1.0, None), (3.0, Some(1.0))]),
        );
        assert!(whole > broken + 15, "{whole} {broken}");
        let mut long = chart(&[]);
        for frame in 0..10_000 {
            long.add(f64::from(frame) / 25.0, std::iter::once(&[0.5, 0.5][..]));
        }
        assert_eq!(long.points.len(), 251);
        assert_eq!(long.best(), [0, 1]);
    }
}
