//! The face for JavaScript, which web/src wraps: one engine, in a Web Worker. Nothing blocks: what waits for the GPU is a promise.

mod about;
mod answer;
mod asked;
mod bench;
mod browser;
mod failure;
mod likeness;
mod pictures;
mod place;
mod reading;
mod teach;

use image::RgbImage;
use js_sys::{Array, Float32Array, Object, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::actions::Reader;
use crate::device::Device;
use crate::embed::{Embedder, ModelId};
use crate::ensemble::Heat;
use crate::error::{Error, Result};
use crate::gpu::shader;
use crate::recognizer::{AnalyzedFace, Faces, Frames, Recognizer};
use crate::tensor::Precision;
use crate::weights::{Base, Model};
use about::About;
use answer::Told;
use failure::{Answer, failure};
use pictures::{object, picture, picture_of, represented};
use place::Place;

/// What errors call the model that finds faces.
const FACES: &str = "face model";
/// What errors call the model of action units.
const ACTIONS: &str = "model of action units";

/// Prints what the library should never panic of to the console.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// A model on a device.
#[wasm_bindgen]
pub struct Engine {
    device: Device,
    precision: Precision,
    recognizer: Recognizer,
    /// JSON of the model that finds faces, or `null`.
    finder: String,
    /// What reads action units, while the recognizer does not have it.
    reader: Option<Reader>,
    /// JSON of its model, or `null`; and its labels.
    actor: String,
    units: Vec<String>,
    /// What embeds faces, while the recognizer does not have it; and what its model is known by.
    embedder: Option<Embedder>,
    embedding: Option<ModelId>,
    /// What reads the features of faces to learn of, once it is needed.
    learner: Option<Recognizer>,
    about: String,
    photo: RgbImage,
    faces: Vec<AnalyzedFace>,
}

/// Who is who in the frames of a stream, and the frames that are not answered yet. It outlives a lost GPU.
#[wasm_bindgen]
pub struct Following(Frames<Told>);

#[wasm_bindgen]
impl Following {
    /// Nobody yet.
    pub fn begin() -> Following {
        Self(Frames::default())
    }
}

#[wasm_bindgen]
impl Engine {
    /// `model`: bytes of a model file. `bases`: those of the models that it was taught on, of a taught one. `faces`: those of the model that finds faces; without it whole
    /// pictures are read. `precision`: `f32` or `f16`, the processor's is `f32`.
    pub async fn open(
        model: &[u8],
        bases: Vec<Uint8Array>,
        faces: Option<Vec<u8>>,
        place: Place,
        precision: &str,
    ) -> Answer<Engine> {
        opened(model, &bases, faces, place, precision).await.map_err(failure)
    }

    /// JSON of the device, the model, the version, and the lines between landmarks.
    pub fn about(&self) -> String {
        self.about.clone()
    }

    /// JSON of the model that finds faces, or `null`.
    pub fn finder(&self) -> String {
        self.finder.clone()
    }

    /// Finds faces by this model from the next picture on; its file's bytes.
    pub fn find_by(&mut self, faces: &[u8]) -> Answer<()> {
        self.take(faces).map_err(failure)
    }

    /// JSON of the model of action units, or `null`.
    pub fn actor(&self) -> String {
        self.actor.clone()
    }

    /// Reads action units by this model where they are asked for; its file's bytes.
    pub fn act_by(&mut self, actions: &[u8]) -> Answer<()> {
        self.take_actions(actions).map_err(failure)
    }

    /// How many faces the last picture has.
    pub fn count(&self) -> usize {
        self.faces.len()
    }

    /// The faces of a picture, `rgba` `[height, width, 4]` bytes. `asked`: JSON of all of `AnalyzeOptions`. The answer is JSON, a list of one.
    pub async fn analyze(&mut self, width: u32, height: u32, rgba: &[u8], asked: &str) -> Answer<String> {
        let picture = picture_of(width, height, rgba);
        self.analyzed(picture, asked, None).await.map_err(failure)
    }

    /// The same of the next frame of a stream, at its `time` in milliseconds since any moment before.
    pub async fn follow(
        &mut self,
        width: u32,
        height: u32,
        rgba: &[u8],
        asked: &str,
        following: &mut Following,
        time: f64,
    ) -> Answer<String> {
        let frame = picture_of(width, height, rgba);
        self.analyzed(frame, asked, Some((&mut following.0.tracker, time))).await.map_err(failure)
    }

    /// The same of the next frame of a video, with action units, of which what comes then tells too: a list of the frames that are whole now, mostly of one some
    /// frames before. After a failure the frame can be given again.
    pub async fn follow_later(
        &mut self,
        width: u32,
        height: u32,
        rgba: &[u8],
        asked: &str,
        following: &mut Following,
        time: f64,
    ) -> Answer<String> {
        let frame = picture_of(width, height, rgba);
        self.later(frame, asked, &mut following.0, time).await.map_err(failure)
    }

    /// The list of the frames that are not told yet: there come no more.
    pub async fn finish(&mut self, following: &mut Following) -> Answer<String> {
        self.set_actions(true).map_err(failure)?;
        self.recognizer.finish_frames(&mut following.0).await.map_err(failure)?;
        Ok(answer::json(&following.0.take(), &self.units))
    }

    /// What the networks saw of face `index` of the last picture: `{ crop, mapped: [{ name, image, codes?, codesSize? }] }`, images as `{ width, height, data }`
    /// with `data` RGBA.
    pub async fn seen(&mut self, index: usize) -> Answer<Object> {
        let Some(face) = self.faces.get(index) else { return Err(failure(Error::Argument(format!("there is no face {index}")))) };
        let seen = self.recognizer.seen_async(&self.photo, face).await.map_err(failure)?;
        let mapped = seen.representations.iter().map(represented).collect::<Answer<Array>>()?;
        object(&[("crop", picture(&seen.crop)?.into()), ("mapped", mapped.into())])
    }

    /// What the networks looked at in face `index` of the last picture: `{ crop, fused, members }`, the crop as above, a `Float32Array` of its size each, or `null`
    /// for a member that has no map.
    pub async fn explained(&mut self, index: usize) -> Answer<Object> {
        let Some(face) = self.faces.get(index) else { return Err(failure(Error::Argument(format!("there is no face {index}")))) };
        let explanation = self.recognizer.explain_async(&self.photo, face).await.map_err(failure)?;
        let values = |heat: &Heat| Float32Array::from(&heat.values[..]);
        let members: Array = explanation.members.iter().map(|heat| heat.as_ref().map(values)).map(JsValue::from).collect();
        let crop = picture(&explanation.crop)?.into();
        object(&[("crop", crop), ("fused", values(&explanation.fused).into()), ("members", members.into())])
    }

    /// Destroys the GPU's device, as a driver reset would; the processor cannot be lost.
    pub fn destroy(&self) {
        if let Device::Gpu(gpu) = &self.device {
            gpu.destroy();
        }
    }
}

/// `[name, WGSL, whether it needs arithmetic in f16]` of every shader that a browser may be given: its compiler is another one than that of the other tests.
#[wasm_bindgen]
pub fn shaders() -> Array {
    let all = shader::ALL.iter().filter(|shader| !shader.subgroup && !shader.matrices);
    all.map(|shader| Array::of3(&shader.name.into(), &shader.source.into(), &shader.arithmetic_f16.into())).collect()
}

async fn opened(model: &[u8], bases: &[Uint8Array], faces: Option<Vec<u8>>, place: Place, precision: &str) -> Result<Engine> {
    let bases = bases.iter().map(|bytes| Base::parse("base", &bytes.to_vec())).collect::<Result<Vec<Base>>>()?;
    let model = Model::parse_on("model", model, &bases)?;
    drop(bases);
    let faces = faces.map(|bytes| Model::parse(FACES, &bytes)).transpose()?;
    let precision = precision_of(precision)?;
    let device = place.open().await?;
    let about = serde_json::to_string(&About::new(&device, &model.description)).unwrap_or_default();
    let finder = about::finder(faces.as_ref());
    let builder = Recognizer::builder().model(model).device(device.clone()).precision(precision);
    let builder = match faces {
        Some(faces) => builder.face_model(faces),
        None => builder.faces(Faces::None),
    };
    let recognizer = builder.build_async().await?;
    Ok(Engine {
        device,
        precision,
        recognizer,
        finder,
        reader: None,
        actor: about::actor(None),
        units: Vec::new(),
        embedder: None,
        embedding: None,
        learner: None,
        about,
        photo: RgbImage::default(),
        faces: Vec::new(),
    })
}

fn precision_of(name: &str) -> Result<Precision> {
    let found = [Precision::F32, Precision::F16].into_iter().find(|known| known.name() == name);
    found.ok_or_else(|| Error::Argument(format!("the precision `{name}`: f32 or f16")))
}
