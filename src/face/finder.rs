//! Faces of a photograph: tiles to candidates, candidates to landmarks, which say whether it is one.

use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;

use super::Face;
use super::blendshapes::{self, Blendshapes};
use super::gpu::OnGpu;
use super::host::OnHost;
use super::networks::{BLENDSHAPES, Detects, Net};
use super::search::{LEAST_SCORE, SWING, Search};
use super::square::Square;
use super::tile::Tile;
use super::track::{Mesh, Origin, TrackId, Tracker};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::Wait;
use crate::operators::{Candidate, Rect, Similarity};
use crate::tensor::{Precision, Tensor};
use crate::weights::Model;

/// Parts of a pixel that candidates are rounded to: they come in any order, and so their means differ in a last bit. What the mesh reads is the same.
const ROUNDED: f32 = 64.0;
/// Part of the smaller one's area that two faces share at most.
const SAME: f64 = 0.5;
/// By how much the square of a second look is wider: faces that the detector saw weakly have 0.92 there at least, other things 0.5 at most
/// (`models/face/measure/README.md`).
const WIDER: f32 = 7.0 / 6.0;
/// Presence of faces that are sure: what is less so hides none of them.
const SURE: f64 = 0.98;

/// Finds faces and their landmarks by MediaPipe's networks: BlazeFace in overlapping tiles of the photograph, whose candidates Face Mesh takes for faces or not.
#[derive(Debug)]
pub struct Finder {
    engine: Engine,
    search: Search,
}

/// How often at most a face that a video shows first is looked at again where its landmarks say that it is: after that they move by what later frames move them.
const SETTLES: usize = 3;

/// Where the mesh network looks for the face of a candidate.
#[derive(Debug, Clone, Copy)]
struct Look {
    square: Square,
    /// How sure it is to be, 0 to 1;
    first: f64,
    /// and once more, on the landmarks that it found, of a candidate that asks for it.
    second: Option<f64>,
}

#[derive(Debug)]
enum Engine {
    Host(OnHost),
    Gpu(Box<OnGpu>),
}

impl Finder {
    /// A finder of the networks of `model` on `device`.
    ///
    /// # Errors
    /// [`Error::Model`] where the model lacks one; [`Error::Argument`] where a setting is none.
    pub fn new(model: Arc<Model>, device: &Device, precision: Precision, search: Search) -> Result<Self> {
        for net in [Net::Detector(Detects::Full), Net::Detector(Detects::Short), Net::Mesh] {
            net.of(&model)?;
        }
        let engine = match device {
            Device::Reference => Engine::Host(OnHost::new(model, None)),
            Device::Cpu(cpu) => Engine::Host(OnHost::new(model, Some(cpu.clone()))),
            Device::Gpu(gpu) => Engine::Gpu(Box::new(OnGpu::new(gpu.clone(), model, precision))),
        };
        let mut finder = Self { engine, search: Search::default() };
        finder.set(search)?;
        Ok(finder)
    }

    /// Other faces from now on.
    ///
    /// # Errors
    /// [`Error::Argument`] where a setting is none.
    pub fn set(&mut self, search: Search) -> Result<()> {
        search.check()?;
        self.search = search;
        Ok(())
    }

    /// Another finder of the same faces, for another thread. A GPU has one.
    pub fn fork(&self) -> Option<Self> {
        match &self.engine {
            Engine::Host(host) => Some(Self { engine: Engine::Host(host.fork()), search: self.search }),
            Engine::Gpu(_) => None,
        }
    }

    /// The faces of an upright photograph, best score first.
    ///
    /// # Errors
    /// [`Error::Argument`] for one of more than 65,535 pixels a side; the device's.
    pub fn find(&mut self, photo: &RgbImage) -> Result<Vec<Face>> {
        pollster::block_on(self.find_waiting(photo, Wait::Here))
    }

    pub(crate) async fn find_waiting(&mut self, photo: &RgbImage, wait: Wait) -> Result<Vec<Face>> {
        let [width, height] = checked(photo)?;
        self.bring(photo)?;
        let (detects, tiles) = self.search.tiles(width, height);
        let candidates = self.candidates(photo, detects, &tiles, wait).await?;
        let looks = self.looks(&candidates, width, height);
        let squares: Vec<Square> = looks.iter().map(|look| look.square).collect();
        let meshes = self.meshes(photo, &squares, wait).await?;
        let mut faces = once(self.confirmed(photo, &looks, meshes, wait).await?);
        if self.search.blendshapes {
            self.measure(&mut faces, wait).await?;
        }
        Ok(faces)
    }

    /// The faces of the next frame of those that `tracker` follows, at its `time` since the first; each says whose it is.
    ///
    /// # Errors
    /// As [`Finder::find`].
    pub fn track(&mut self, tracker: &mut Tracker, frame: &RgbImage, time: Duration) -> Result<Vec<Face>> {
        pollster::block_on(self.track_waiting(tracker, frame, time, Wait::Here))
    }

    pub(crate) async fn track_waiting(
        &mut self,
        tracker: &mut Tracker,
        frame: &RgbImage,
        time: Duration,
        wait: Wait,
    ) -> Result<Vec<Face>> {
        let [width, height] = checked(frame)?;
        let plan = tracker.plan(time);
        self.bring(frame)?;
        let mut squares: Vec<Square> = plan.squares.iter().map(|(_, square)| *square).collect();
        let (known, mut looks) = (squares.len(), Vec::new());
        if plan.detect {
            let (detects, tiles) = self.search.tiles(width, height);
            let candidates = self.candidates(frame, detects, &tiles, wait).await?;
            looks = self.looks(&candidates, width, height);
            looks.retain(|look| !plan.covers(&look.square));
            squares.extend(looks.iter().map(|look| look.square));
        }
        let mut meshes = self.meshes(frame, &squares, wait).await?;
        let detections = meshes.split_off(known);
        let ids = plan.squares.iter().map(|(id, _)| *id);
        let followed: Vec<(TrackId, Mesh)> = ids.zip(meshes).filter_map(|(id, mesh)| Some((id, mesh?))).collect();
        // Who is followed may be hidden for a while; who is new is to be sure.
        let detections = self.confirmed(frame, &looks, detections, wait).await?;
        let detections = self.settled(frame, detections, wait).await?;
        let seen = tracker.update(time, &followed, plan.detect.then_some(&detections[..]));
        let mesh = |origin: Origin| match origin {
            Origin::Square(at) => followed.get(at).map(|(_, mesh)| mesh),
            Origin::Detection(at) => detections.get(at),
        };
        let faces = seen.iter().filter_map(|seen| Some(face(mesh(seen.origin)?.clone(), Some(seen.id))));
        let mut faces: Vec<Face> = faces.collect();
        if self.search.blendshapes {
            self.measure(&mut faces, wait).await?;
        }
        Ok(faces)
    }

    /// Puts the blendshapes of faces with landmarks beside them.
    async fn measure(&mut self, faces: &mut [Face], wait: Wait) -> Result<()> {
        let points = faces.iter().filter_map(|face| face.landmarks.as_deref()).map(blendshapes::input);
        let points: Vec<f32> = points.flat_map(|points| points.as_flattened().to_vec()).collect();
        let count = points.len() / (2 * blendshapes::READ.len());
        if count == 0 {
            return Ok(());
        }
        let input = Tensor::new(vec![count, blendshapes::READ.len(), 2], points)?;
        let values = match &mut self.engine {
            Engine::Host(host) => host.run(Net::Blendshapes, &input)?.concat(),
            Engine::Gpu(gpu) => gpu.blendshapes(&input, wait).await?,
        };
        let (each, _) = values.as_chunks::<BLENDSHAPES>();
        for (face, values) in faces.iter_mut().filter(|face| face.landmarks.is_some()).zip(each) {
            face.blendshapes = Some(Box::new(Blendshapes(*values)));
        }
        Ok(())
    }

    /// Where the mesh network looks for the faces of candidates that are not too small.
    fn looks(&self, candidates: &[Candidate], width: u32, height: u32) -> Vec<Look> {
        let (least, lowered) = (self.search.least(width, height), self.search.lowered());
        let look = |candidate: &Candidate| {
            let square = square(candidate, least, lowered)?;
            let [first, second] = self.search.presence(candidate);
            Some(Look { square, first, second: Search::weak(candidate).then_some(second) })
        };
        candidates.iter().filter_map(look).collect()
    }

    /// The faces among what was seen in `looks`. Those that the detector saw weakly are looked at again, where their own landmarks say that they are: a face is seen
    /// there once more.
    async fn confirmed(&mut self, photo: &RgbImage, looks: &[Look], meshes: Vec<Option<Mesh>>, wait: Wait) -> Result<Vec<Mesh>> {
        let sure = |mesh: &Mesh, least: f64| f64::from(mesh.presence) >= least;
        let seen = |(look, mesh): (&Look, Option<Mesh>)| Some((*look, mesh.filter(|mesh| sure(mesh, look.first))?));
        let seen: Vec<(Look, Mesh)> = looks.iter().zip(meshes).filter_map(seen).collect();
        let weak = seen.iter().filter(|(look, _)| look.second.is_some());
        let squares: Vec<Square> = weak.map(|(_, mesh)| Square::from_landmarks(&mesh.landmarks).wider(WIDER)).collect();
        let mut again = self.meshes(photo, &squares, wait).await?.into_iter();
        let mut holds = |(look, _): &(Look, Mesh)| {
            look.second.is_none_or(|least| again.next().flatten().is_some_and(|mesh| sure(&mesh, least)))
        };
        Ok(seen.into_iter().filter(&mut holds).map(|(_, mesh)| mesh).collect())
    }

    /// Faces as the frames to come will see them: a detection's square is not the one that a face's landmarks give.
    async fn settled(&mut self, frame: &RgbImage, mut meshes: Vec<Mesh>, wait: Wait) -> Result<Vec<Mesh>> {
        for _ in 0..SETTLES {
            let next = |mesh: &Mesh| mesh.square.toward(&Square::from_landmarks(&mesh.landmarks));
            let mut moved: Vec<&mut Mesh> = meshes.iter_mut().filter(|mesh| next(mesh) != mesh.square).collect();
            let squares: Vec<Square> = moved.iter().map(|mesh| next(mesh)).collect();
            let again = self.meshes(frame, &squares, wait).await?;
            for (mesh, again) in moved.iter_mut().zip(again) {
                if let Some(again) = again.filter(|again| f64::from(again.presence) >= SURE.min(mesh.presence.into())) {
                    **mesh = again;
                }
            }
        }
        Ok(meshes)
    }

    /// Sends the photograph to where the networks are.
    fn bring(&mut self, photo: &RgbImage) -> Result<()> {
        match &mut self.engine {
            Engine::Host(_) => Ok(()),
            Engine::Gpu(gpu) => gpu.bring(photo),
        }
    }

    async fn candidates(&mut self, photo: &RgbImage, detects: Detects, tiles: &[Tile], wait: Wait) -> Result<Vec<Candidate>> {
        let least = LEAST_SCORE.map(|least| (least / (1.0 - least)).ln());
        match &mut self.engine {
            Engine::Host(host) => host.candidates(photo, detects, tiles, least),
            Engine::Gpu(gpu) => gpu.candidates(photo, detects, tiles, least, wait).await,
        }
    }

    /// The landmarks of the face in each square; `None` where there can be none.
    pub(super) async fn meshes(&mut self, photo: &RgbImage, squares: &[Square], wait: Wait) -> Result<Vec<Option<Mesh>>> {
        let side = Net::Mesh.side();
        let place = |square: &Square| {
            let right = [square.angle.cos(), square.angle.sin()].map(f64::from);
            let place = Similarity::square(square.centre.map(f64::from), f64::from(square.side), right, side).ok()?;
            place.check(photo.width(), photo.height(), [side; 2]).ok().map(|()| place)
        };
        let places: Vec<Option<Similarity>> = squares.iter().map(place).collect();
        let there: Vec<Similarity> = places.iter().copied().flatten().collect();
        if there.is_empty() {
            return Ok(vec![None; squares.len()]);
        }
        let [points, presences] = match &mut self.engine {
            Engine::Host(host) => host.meshes(photo, &there)?,
            Engine::Gpu(gpu) => gpu.meshes(photo, &there, wait).await?,
        };
        let each = points.len() / there.len();
        let mut answers = points.chunks_exact(each.max(1)).zip(presences);
        let mesh = |(square, place): (&Square, &Option<Similarity>)| {
            place.as_ref()?;
            let (points, presence) = answers.next()?;
            let landmarks = square.place(points, side as f32)?;
            Some(Mesh { landmarks, presence: 1.0 / (1.0 + (-presence).exp()), square: *square })
        };
        Ok(squares.iter().zip(&places).map(mesh).collect())
    }
}

/// Where the mesh network looks for the face of a candidate, unless that is smaller than `least`: the square of its box, `lowered` by a part of its side.
fn square(candidate: &Candidate, least: f64, lowered: f32) -> Option<Square> {
    let Candidate { centre, size, right_eye, left_eye, .. } = *candidate;
    let [[x, y], [width, height], right_eye, left_eye] =
        [centre, size, right_eye, left_eye].map(|pair| pair.map(|value| (value * ROUNDED).round() / ROUNDED));
    let side = width.max(height);
    if !side.is_finite() || side < SWING * least as f32 {
        return None;
    }
    let bounds = [x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0];
    let square = Square::from_detection(bounds, [right_eye, left_eye]);
    let (sin, cos) = square.angle.sin_cos();
    let [x, y] = square.centre;
    Some(Square { centre: [x - lowered * side * sin, y + lowered * side * cos], ..square })
}

/// Each face once, best score first: what lies in a larger one is a part of it, such as a mouth.
fn once(meshes: Vec<Mesh>) -> Vec<Face> {
    let area = |face: &Face| u64::from(face.rect.width) * u64::from(face.rect.height);
    let mut all: Vec<Face> = meshes.into_iter().map(|mesh| face(mesh, None)).collect();
    all.sort_by_key(|face| std::cmp::Reverse((face.score >= SURE, area(face))));
    let mut faces: Vec<Face> = Vec::new();
    for face in all {
        if faces.iter().all(|larger| larger.rect.shared(face.rect) <= SAME) {
            faces.push(face);
        }
    }
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    faces
}

/// A face of its points: its box is that of the oval around it.
fn face(mesh: Mesh, track: Option<TrackId>) -> Face {
    let Mesh { landmarks, presence, .. } = mesh;
    let [left, top, right, bottom] = landmarks.oval();
    let side = |from: f32, to: f32| ((to - from).round().max(1.0)) as u32;
    let rect = Rect { x: left.round() as i32, y: top.round() as i32, width: side(left, right), height: side(top, bottom) };
    Face { rect, score: f64::from(presence), landmarks: Some(Arc::new(landmarks)), blendshapes: None, track }
}

/// Width and height of a photograph that can be searched.
fn checked(photo: &RgbImage) -> Result<[u32; 2]> {
    let [width, height] = [photo.width(), photo.height()];
    if width.min(height) == 0 {
        return Err(Error::Argument("an empty picture".into()));
    }
    if width.max(height) > crate::operators::MAX_SIDE {
        return Err(Error::Argument(format!(
            "{width} x {height} pixels: at most {} a side are searched",
            crate::operators::MAX_SIDE
        )));
    }
    Ok([width, height])
}
