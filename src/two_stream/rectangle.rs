//! One rectangle for a whole video: that of the face that is seen most.

use std::collections::BTreeMap;

use crate::face::TrackId;
use crate::operators::Rect;

/// A face so far: its least left and top, its largest width and height, and how often it was seen.
#[derive(Debug, Clone, Copy)]
struct Known {
    rect: Rect,
    count: u64,
}

impl Known {
    fn new(rect: Rect) -> Self {
        Self { rect, count: 1 }
    }

    fn add(&mut self, other: Rect) {
        let Rect { x, y, width, height } = self.rect;
        self.rect =
            Rect { x: x.min(other.x), y: y.min(other.y), width: width.max(other.width), height: height.max(other.height) };
        self.count += 1;
    }
}

/// The rectangle of the one that was seen most; of several the first.
fn most<'k>(known: impl Iterator<Item = &'k Known>) -> Option<Rect> {
    known.reduce(|best, other| if other.count > best.count { other } else { best }).map(|known| known.rect)
}

/// Faces of single frames: one whose middle lies within a known rectangle is the same.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    known: Vec<Known>,
}

impl Counted {
    /// Of every so many frames faces are found.
    pub const EVERY: usize = 10;

    /// A face of a frame.
    pub fn add(&mut self, face: Rect) {
        let middle = |start: i32, length: u32| i64::from(start) + i64::from(length / 2);
        let [x, y] = [middle(face.x, face.width), middle(face.y, face.height)];
        let within =
            |at: i64, start: i32, length: u32| (i64::from(start) + 1..i64::from(start) + i64::from(length)).contains(&at);
        let same = |known: &&mut Known| {
            let rect = known.rect;
            within(x, rect.x, rect.width) && within(y, rect.y, rect.height)
        };
        match self.known.iter_mut().find(same) {
            Some(known) => known.add(face),
            None => self.known.push(Known::new(face)),
        }
    }

    /// The rectangle of the face that was seen most.
    pub fn rect(&self) -> Option<Rect> {
        most(self.known.iter())
    }
}

/// Faces that were followed.
#[derive(Debug, Clone, Default)]
pub struct Followed {
    known: BTreeMap<TrackId, Known>,
}

impl Followed {
    /// A face of a frame.
    pub fn add(&mut self, track: TrackId, face: Rect) {
        self.known.entry(track).and_modify(|known| known.add(face)).or_insert_with(|| Known::new(face));
    }

    /// The rectangle of the face that was seen most.
    pub fn rect(&self) -> Option<Rect> {
        most(self.known.values())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: i32, y: i32, width: u32, height: u32) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn faces_are_one_where_the_middle_lies_within() {
        let mut counted = Counted::default();
        assert_eq!(counted.rect(), None);
        counted.add(rect(10, 10, 20, 20));
        counted.add(rect(100, 10, 20, 20));
        // Its middle lies on the edge of the first: it is another.
        counted.add(rect(20, 10, 20, 20));
        assert_eq!(counted.rect(), Some(rect(10, 10, 20, 20)), "of several the first");
        counted.add(rect(96, 12, 24, 18));
        assert_eq!(counted.rect(), Some(rect(96, 10, 24, 20)), "the least left and top, the largest width and height");
    }

    #[test]
    fn the_track_that_was_seen_most_wins() {
        let mut followed = Followed::default();
        followed.add(TrackId(0), rect(0, 0, 9, 9));
        followed.add(TrackId(1), rect(50, 50, 9, 9));
        followed.add(TrackId(1), rect(0, 0, 8, 10));
        assert_eq!(followed.rect(), Some(rect(0, 0, 9, 10)));
    }
}
