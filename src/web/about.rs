//! What an engine is, as JSON: its device and its models, in the shapes of web/src/types/.

use serde::Serialize;

use crate::actions::{Reader, column, words};
use crate::device::Device;
use crate::face::contours::{contours, tessellation};
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
struct Actor<'a> {
    name: &'a str,
    licence: &'a str,
    source: &'a str,
    card: &'a str,
    /// Intensities go from 0 to this.
    intensity: Option<f32>,
    units: Vec<Unit<'a>>,
}

#[derive(Serialize)]
struct Unit<'a> {
    name: String,
    /// What one sees.
    words: Option<&'a str>,
    photographs: bool,
    videos: bool,
}

/// JSON of the model of action units, or `null`.
pub fn actor(reader: Option<&Reader>) -> String {
    let actor = reader.map(|reader| {
        let Description { name, licence, source, card, labels, actions, .. } = reader.description();
        let unit = |(label, [photographs, videos]): (&'_ String, [bool; 2])| Unit {
            name: column(label),
            words: words(label),
            photographs,
            videos,
        };
        let units = labels.iter().zip(reader.reads()).map(unit).collect();
        let intensity = actions.as_ref().map(|actions| actions.intensity);
        Actor { name, licence, source, card, intensity, units }
    });
    serde_json::to_string(&actor).unwrap_or_default()
}
