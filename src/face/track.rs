//! Faces from frame to frame: where each is looked for, and who is who.
//!
//! A face's last landmarks give the square in which its next ones are looked for, as in MediaPipe, moved on as the face moved, and kept where it rests; the detector runs now and then.
//! What the mesh network then says, of squares and of detections alike, is assigned to tracks all at once, by place, size and shape: a square that slid onto
//! another face in a crossing is that face's, and not its own track's. The tracker computes no network: between [`Tracker::plan`] and [`Tracker::update`] the
//! caller does, on whatever device.

use std::time::Duration;

use super::assign::cheapest;
use super::landmarks::Landmarks;
use super::shape::Shape;
use super::square::Square;

/// Frames between two runs of the detector while a lost face is looked for.
const SEARCHED: u32 = 3;
/// Mean distance of the five points, in sides of the square, below which two answers show the same face.
const SAME: f32 = 0.08;
/// Part of a square's side that a face may have moved against where it was expected, or, when it was lost, against where it was last seen.
const REACH: f64 = 0.7;
const REACH_LOST: f64 = 1.2;
/// Ratio of two sizes beyond which they are two faces, as a logarithm: 1.6.
const RESIZED: f64 = 0.47;
/// A difference of shape that costs as much as a side of the square in place.
const RESHAPED: f64 = 0.08;
/// What it is worth that an answer comes from the track's own square.
const OWN: f64 = 0.15;
/// What it costs that a lost face is back where it left, and not where its motion would have brought it.
const BACK: f64 = 0.3;
/// What a track costs that gets no face; more than any that it may get.
const NONE: f64 = 4.0;
/// Part of the way that velocity and shape take to what is measured.
const GAIN: f32 = 0.4;
const GAIN_SHAPE: f32 = 0.1;
/// Distance of two squares' centres, in sides of the larger one, below which what is no known face is taken for the double of one that is.
const DOUBLE: f32 = 0.3;

/// The name of a face through the frames; never given twice by one tracker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub u64);

/// How a [`Tracker`] works.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tracking {
    /// The detector runs every so many frames at the least, for faces that are new.
    pub every: u32,
    /// And after so long, where frames are far apart.
    pub within: Duration,
    /// Least presence of a face, 0 to 1. MediaPipe's `min_face_presence_confidence` is 0.5.
    pub least_presence: f32,
    /// Most faces that are kept, seen or lost.
    pub most: usize,
    /// How long a lost face is remembered.
    pub memory: Duration,
}

impl Default for Tracking {
    /// The detector every 15 frames and two seconds, presence 0.5, 16 faces, two seconds.
    fn default() -> Self {
        let seconds = Duration::from_secs(2);
        Self { every: 15, within: seconds, least_presence: 0.5, most: 16, memory: seconds }
    }
}

/// What the mesh network says of a square.
#[derive(Debug, Clone, PartialEq)]
pub struct Mesh {
    /// The face's points in the photograph.
    pub landmarks: Landmarks,
    /// How sure it is that there is a face, 0 to 1.
    pub presence: f32,
    /// The square that was looked at.
    pub square: Square,
}

/// What is to be computed of a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whether the detector is to run, and the mesh network on what it finds.
    pub detect: bool,
    /// Where the mesh network is to look for faces of earlier frames; at most [`Tracking::most`].
    pub squares: Vec<(TrackId, Square)>,
}

impl Plan {
    /// Whether a detection's square shows what a planned one does, so that the network need not be run on it.
    pub fn covers(&self, square: &Square) -> bool {
        self.squares.iter().any(|(_, planned)| {
            let larger = planned.side.max(square.side);
            apart(planned.centre, square.centre) < 0.2 * larger && planned.side.min(square.side) > 0.7 * larger
        })
    }
}

/// Which answer of the mesh network a face is taken from, by its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Of those of the plan's squares.
    Square(usize),
    /// Of those of the detections.
    Detection(usize),
}

/// A face that a frame shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Its name.
    pub id: TrackId,
    /// The answer that shows it.
    pub origin: Origin,
}

/// Follows faces through frames.
#[derive(Debug, Clone)]
pub struct Tracker {
    tracking: Tracking,
    tracks: Vec<Track>,
    next: u64,
    /// Frames since the detector ran.
    since: u32,
    /// The time of the frame that it ran on.
    searched: Duration,
    /// A face was lost since then.
    missed: bool,
}

#[derive(Debug, Clone)]
struct Track {
    id: TrackId,
    /// That of its landmarks.
    square: Square,
    /// That in which they were seen.
    looked: Square,
    /// Pixels a second.
    velocity: [f32; 2],
    shape: Option<Shape>,
    /// When it was last seen.
    time: Duration,
    lost: bool,
}

/// A face of a frame, and the tracks whose squares show it.
struct Candidate<'a> {
    mesh: &'a Mesh,
    square: Square,
    shape: Option<Shape>,
    origin: Origin,
    of: Vec<TrackId>,
}

impl Tracker {
    /// A tracker that has seen nothing.
    pub fn new(tracking: Tracking) -> Self {
        Self { tracking, tracks: Vec::new(), next: 0, since: 0, searched: Duration::ZERO, missed: false }
    }

    /// What is to be computed of the frame of this time.
    pub fn plan(&self, time: Duration) -> Plan {
        let (mut seen, mut lost) = (false, false);
        self.tracks.iter().for_each(|track| *(if track.lost { &mut lost } else { &mut seen }) = true);
        let due = self.since.saturating_add(1);
        let late = time.saturating_sub(self.searched) >= self.tracking.within;
        let detect = !seen || due >= self.tracking.every || late || self.missed || (lost && due >= SEARCHED);
        Plan { detect, squares: self.tracks.iter().map(|track| (track.id, track.next(time))).collect() }
    }

    /// Takes what the mesh network says of the frame of this time: of the plan's squares, with the tracks they belong to, and, where the detector ran, of its
    /// detections. Squares that were not computed may be left out. Says which faces the frame shows, each once.
    pub fn update(&mut self, time: Duration, squares: &[(TrackId, Mesh)], detections: Option<&[Mesh]>) -> Vec<Seen> {
        let candidates = self.candidates(squares, detections.unwrap_or_default());
        let costs: Vec<Vec<f64>> = self
            .tracks
            .iter()
            .map(|track| candidates.iter().map(|candidate| track.cost(candidate, time).unwrap_or(f64::INFINITY)).collect())
            .collect();
        let assigned = cheapest(&costs, NONE);
        let mut taken = vec![false; candidates.len()];
        let mut seen = Vec::new();
        let mut missed = false;
        for (track, candidate) in self.tracks.iter_mut().zip(assigned) {
            match candidate.and_then(|at| Some((candidates.get(at)?, taken.get_mut(at)?))) {
                Some((candidate, taken)) => {
                    *taken = true;
                    track.follow(candidate, time);
                    seen.push(Seen { id: track.id, origin: candidate.origin });
                }
                None => {
                    missed |= !track.lost;
                    track.lost = true;
                }
            }
        }
        let memory = self.tracking.memory;
        self.tracks.retain(|track| !track.lost || time.saturating_sub(track.time) <= memory);
        for (at, candidate) in candidates.iter().enumerate() {
            // What lies on a known face is its double, or too covered to be told from one.
            let known = candidates.iter().zip(&taken).any(|(face, taken)| *taken && double(&candidate.square, &face.square));
            if !known && self.room() {
                taken[at] = true;
                let id = TrackId(self.next);
                self.next += 1;
                let (square, looked, shape) = (candidate.square, candidate.mesh.square, candidate.shape.clone());
                self.tracks.push(Track { id, square, looked, velocity: [0.0; 2], shape, time, lost: false });
                seen.push(Seen { id, origin: candidate.origin });
            }
        }
        if detections.is_some() {
            (self.since, self.searched, self.missed) = (0, time, false);
        } else {
            self.since = self.since.saturating_add(1);
        }
        self.missed |= missed;
        seen
    }

    /// Faces of a frame, best first, each once.
    fn candidates<'a>(&self, squares: &'a [(TrackId, Mesh)], detections: &'a [Mesh]) -> Vec<Candidate<'a>> {
        let squares = squares.iter().enumerate().map(|(at, (id, mesh))| (mesh, Origin::Square(at), Some(*id)));
        let detections = detections.iter().enumerate().map(|(at, mesh)| (mesh, Origin::Detection(at), None));
        let mut answers: Vec<_> =
            squares.chain(detections).filter(|answer| answer.0.presence >= self.tracking.least_presence).collect();
        answers.sort_by(|a, b| b.0.presence.total_cmp(&a.0.presence));
        let mut candidates: Vec<Candidate> = Vec::new();
        for (mesh, origin, id) in answers {
            let square = Square::from_landmarks(&mesh.landmarks);
            let known = candidates.iter_mut().find(|candidate| same(&candidate.mesh.landmarks, &mesh.landmarks, square.side));
            if let Some(candidate) = known {
                candidate.of.extend(id);
            // More could never all be kept.
            } else if candidates.len() < 2 * self.tracking.most {
                let shape = Shape::of(&mesh.landmarks);
                candidates.push(Candidate { mesh, square, shape, origin, of: id.into_iter().collect() });
            }
        }
        candidates
    }

    /// Whether there is room for one more, if need be in the place of the one that was lost first.
    fn room(&mut self) -> bool {
        if self.tracks.len() >= self.tracking.most {
            let lost = self.tracks.iter().enumerate().filter(|(_, track)| track.lost);
            if let Some((at, _)) = lost.min_by_key(|(_, track)| track.time) {
                self.tracks.remove(at);
            }
        }
        self.tracks.len() < self.tracking.most
    }
}

impl Track {
    /// Its square, moved on as it moved.
    fn expected(&self, time: Duration) -> Square {
        let passed = time.saturating_sub(self.time).as_secs_f32();
        let [x, y] = self.square.centre;
        Square { centre: [x + passed * self.velocity[0], y + passed * self.velocity[1]], ..self.square }
    }

    /// Where it is looked for: where it rests, unless it moved; one that is lost, where it would be by now.
    fn next(&self, time: Duration) -> Square {
        let expected = self.expected(time);
        if self.lost { expected } else { self.looked.toward(&expected) }
    }

    /// What it costs that a candidate is this face; `None` where it cannot be.
    fn cost(&self, candidate: &Candidate, time: Duration) -> Option<f64> {
        let side = f64::from(self.square.side.max(candidate.square.side));
        let away = |centre: [f32; 2]| f64::from(apart(centre, candidate.square.centre)) / side;
        let expected = away(self.expected(time).centre);
        // Who comes back does so where it went on behind another, or where it left.
        let (away, reach) = match self.lost {
            true => (expected.min(away(self.square.centre) + BACK), REACH_LOST + BACK),
            false => (expected, REACH),
        };
        let own = !self.lost && candidate.of.contains(&self.id);
        let resized = f64::from(candidate.square.side / self.square.side).ln().abs();
        // Unlike these two, not a number is never reached.
        let possible = resized <= RESIZED && (away <= reach || own);
        let reshaped =
            self.shape.as_ref().zip(candidate.shape.as_ref()).map_or(0.0, |(own, other)| f64::from(own.distance(other)));
        let cost = away + resized + (reshaped / RESHAPED).min(1.0) - if own { OWN } else { 0.0 };
        (possible && cost.is_finite()).then_some(cost.min(NONE))
    }

    fn follow(&mut self, candidate: &Candidate, time: Duration) {
        let passed = time.saturating_sub(self.time).as_secs_f32();
        if passed > 0.0 {
            let moved: [f32; 2] = std::array::from_fn(|axis| (candidate.square.centre[axis] - self.square.centre[axis]) / passed);
            self.velocity = std::array::from_fn(|axis| self.velocity[axis] + GAIN * (moved[axis] - self.velocity[axis]));
        }
        match (&mut self.shape, &candidate.shape) {
            (Some(own), Some(other)) => own.approach(other, GAIN_SHAPE),
            (own, other) => *own = own.take().or_else(|| other.clone()),
        }
        (self.square, self.looked, self.time, self.lost) = (candidate.square, candidate.mesh.square, time, false);
    }
}

fn apart(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Whether two answers show the same face.
fn same(a: &Landmarks, b: &Landmarks, side: f32) -> bool {
    let away = a.five().iter().zip(b.five()).map(|(a, b)| apart([a[0], a[1]], [b[0], b[1]])).sum::<f32>() / 5.0;
    away < SAME * side
}

/// Whether two squares show what may be the same face.
fn double(a: &Square, b: &Square) -> bool {
    apart(a.centre, b.centre) < DOUBLE * a.side.max(b.side)
}
