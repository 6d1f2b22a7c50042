//! Answers as JSON, in the shapes of web/src/types.ts.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::asked::Points;
use crate::device::Device;
use crate::ensemble::Times;
use crate::face::contours::{contours, tessellation};
use crate::face::{Eyes, Landmarks, Pose};
use crate::operators;
use crate::recognizer::{Analysis, AnalyzedFace};
use crate::weights::{self, Description};

/// What an engine is.
#[derive(Serialize)]
pub struct About<'a> {
    version: &'static str,
    adapter: Adapter<'a>,
    model: Model<'a>,
    lines: Lines,
}

/// Edges between the 478 landmarks, to draw them.
#[derive(Serialize)]
struct Lines {
    contours: Vec<[u16; 2]>,
    mesh: Vec<[u16; 2]>,
}

#[derive(Serialize)]
struct Adapter<'a> {
    name: &'a str,
    backend: &'a str,
    driver: String,
    kind: &'a str,
    f16: bool,
    /// Bytes; on the processor nothing is bound.
    binding: Option<u64>,
}

impl<'a> Adapter<'a> {
    fn of(device: &'a Device) -> Self {
        match device {
            Device::Gpu(gpu) => {
                let (adapter, capabilities) = (gpu.adapter(), gpu.capabilities());
                Self {
                    name: &adapter.name,
                    backend: &adapter.backend,
                    driver: adapter.driver.clone(),
                    kind: &adapter.kind,
                    f16: capabilities.f16,
                    binding: Some(capabilities.binding),
                }
            }
            Device::Cpu(cpu) => Self::without_gpu(device, "cpu", cpu.words()),
            Device::Reference => Self::without_gpu(device, "reference", String::new()),
        }
    }

    fn without_gpu(device: &'a Device, backend: &'a str, driver: String) -> Self {
        Self { name: device.name(), backend, driver, kind: "cpu", f16: false, binding: None }
    }
}

#[derive(Serialize)]
struct Model<'a> {
    name: &'a str,
    labels: &'a [String],
    members: Vec<Member<'a>>,
    licence: &'a str,
    source: &'a str,
    card: &'a str,
}

#[derive(Serialize)]
struct Member<'a> {
    name: &'a str,
    representation: Option<&'a str>,
    weight: f64,
}

impl<'a> About<'a> {
    /// Of a model on a device.
    pub fn new(device: &'a Device, description: &'a Description) -> Self {
        let members = description.members.iter().zip(&description.fusion.weights);
        let member = |(member, &weight): (&'a weights::Member, &f64)| Member {
            name: &member.name,
            representation: member.representation.as_deref(),
            weight,
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            adapter: Adapter::of(device),
            model: Model {
                name: &description.name,
                labels: &description.labels,
                members: members.map(member).collect(),
                licence: &description.licence,
                source: &description.source,
                card: &description.card,
            },
            lines: Lines { contours: contours().collect(), mesh: tessellation().collect() },
        }
    }
}

#[derive(Serialize)]
struct Finder<'a> {
    name: &'a str,
    licence: &'a str,
    source: &'a str,
}

/// JSON of the model that finds faces, or `null`.
pub fn finder(model: Option<&weights::Model>) -> String {
    let finder = model.map(|weights::Model { description, .. }| Finder {
        name: &description.name,
        licence: &description.licence,
        source: &description.source,
    });
    serde_json::to_string(&finder).unwrap_or_default()
}

#[derive(Serialize)]
struct Answer<'a> {
    width: u32,
    height: u32,
    faces: Vec<Face<'a>>,
    times: Stages,
}

#[derive(Serialize)]
struct Face<'a> {
    #[serde(rename = "box")]
    rect: Rect,
    score: Option<f64>,
    /// Whose it is, in a stream.
    track: Option<u64>,
    /// Degrees.
    pose: Option<Pose>,
    /// How far each is open.
    eyes: Option<Eyes>,
    mouth: Option<f32>,
    /// x, y, z in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    landmarks: Option<Vec<[f32; 3]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blendshapes: Option<BTreeMap<&'static str, f32>>,
    label: &'a str,
    #[serde(rename = "labelIndex")]
    label_index: usize,
    unsure: bool,
    probabilities: &'a [f32],
    members: &'a [Vec<f32>],
}

#[derive(Serialize)]
struct Rect {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
}

/// In milliseconds.
#[derive(Serialize)]
struct Stages {
    detect: f64,
    prepare: f64,
    upload: f64,
    compute: f64,
    readback: f64,
}

/// The answer for a picture, whose faces took `searched` to find, by the times `before` and `after` it was read. `points`: the landmarks that are given.
pub fn json(analysis: &Analysis, points: Option<Points>, searched: Duration, before: Times, after: Times) -> String {
    let ms = |time: Duration| 1e3 * time.as_secs_f64();
    let faces = analysis.faces.iter().map(|face| Face::new(face, points)).collect();
    let times = Stages {
        detect: ms(searched),
        prepare: ms(after.prepare - before.prepare),
        upload: ms(after.upload - before.upload),
        compute: ms(after.compute - before.compute),
        readback: ms(after.readback - before.readback),
    };
    serde_json::to_string(&Answer { width: analysis.width, height: analysis.height, faces, times }).unwrap_or_default()
}

impl<'a> Face<'a> {
    fn new(face: &'a AnalyzedFace, points: Option<Points>) -> Self {
        let operators::Rect { x, y, width, height } = face.rect;
        let landmarks = face.landmarks.as_deref();
        Self {
            rect: Rect { x, y, width, height },
            score: face.score,
            track: face.track.map(|track| track.0),
            pose: face.pose,
            eyes: landmarks.map(Landmarks::eyes),
            mouth: landmarks.map(Landmarks::mouth),
            landmarks: landmarks.zip(points).map(|(all, points)| match points {
                Points::Five => all.five().to_vec(),
                Points::SixtyEight => all.sixty_eight().to_vec(),
                Points::All => all.points().to_vec(),
            }),
            blendshapes: face.blendshapes.as_deref().map(|all| all.iter().collect()),
            label: &face.label,
            label_index: face.label_index,
            unsure: face.unsure(),
            probabilities: &face.probabilities,
            members: &face.members,
        }
    }
}
