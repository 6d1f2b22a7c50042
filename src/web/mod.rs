//! The face for JavaScript, which web/src wraps: one engine, in a Web Worker. Nothing blocks: what waits for the GPU is a promise.

mod answer;
mod asked;
mod bench;
mod failure;
mod place;

use std::sync::Arc;

use image::RgbImage;
use js_sys::{Array, Object, Reflect, Uint8Array, Uint8ClampedArray};
use wasm_bindgen::prelude::*;

use crate::device::Device;
use crate::ensemble::Represented;
use crate::error::{Error, Result};
use crate::face::{self, Search};
use crate::gpu::shader;
use crate::recognizer::{AnalyzedFace, Faces, Recognizer};
use crate::tensor::Precision;
use crate::weights::Model;
use answer::About;
use asked::Asked;
use failure::failure;
use place::Place;

/// What errors call the model that finds faces.
const FACES: &str = "face model";

/// What JavaScript gets of a failure: `{ code, message }`.
type Answer<T> = std::result::Result<T, JsValue>;

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
    about: String,
    photo: RgbImage,
    faces: Vec<AnalyzedFace>,
}

#[wasm_bindgen]
impl Engine {
    /// `model`: bytes of a model file. `faces`: those of the model that finds faces; without it whole pictures are read. `precision`: `f32` or `f16`, the
    /// processor's is `f32`.
    pub async fn open(model: &[u8], faces: Option<Vec<u8>>, place: Place, precision: &str) -> Answer<Engine> {
        opened(model, faces, place, precision).await.map_err(failure)
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

    /// The faces of a picture, `rgba` `[height, width, 4]` bytes. `asked`: JSON of all of `AnalyzeOptions`. The answer is JSON.
    pub async fn analyze(&mut self, width: u32, height: u32, rgba: &[u8], asked: &str) -> Answer<String> {
        self.analyzed(width, height, rgba, asked).await.map_err(failure)
    }

    /// What the networks saw of face `index` of the last picture: `{ crop, mapped: [{ name, image, codes?, codesSize? }] }`, images as `{ width, height, data }`
    /// with `data` RGBA.
    pub async fn seen(&mut self, index: usize) -> Answer<Object> {
        let Some(face) = self.faces.get(index) else { return Err(failure(Error::Argument(format!("there is no face {index}")))) };
        let seen = self.recognizer.seen_async(&self.photo, face).await.map_err(failure)?;
        let mapped = seen.representations.iter().map(represented).collect::<Answer<Array>>()?;
        object(&[("crop", picture(&seen.crop)?.into()), ("mapped", mapped.into())])
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

async fn opened(model: &[u8], faces: Option<Vec<u8>>, place: Place, precision: &str) -> Result<Engine> {
    let model = Model::parse("model", model)?;
    let faces = faces.map(|bytes| Model::parse(FACES, &bytes)).transpose()?;
    let precision = precision_of(precision)?;
    let device = place.open().await?;
    let about = serde_json::to_string(&About::new(&device, &model.description)).unwrap_or_default();
    let finder = answer::finder(faces.as_ref());
    let builder = Recognizer::builder().model(model).device(device.clone()).precision(precision);
    let builder = match faces {
        Some(faces) => builder.face_model(faces),
        None => builder.faces(Faces::None),
    };
    let recognizer = builder.build_async().await?;
    Ok(Engine { device, precision, recognizer, finder, about, photo: RgbImage::default(), faces: Vec::new() })
}

fn precision_of(name: &str) -> Result<Precision> {
    let found = [Precision::F32, Precision::F16].into_iter().find(|known| known.name() == name);
    found.ok_or_else(|| Error::Argument(format!("the precision `{name}`: f32 or f16")))
}

impl Engine {
    fn take(&mut self, faces: &[u8]) -> Result<()> {
        let model = Model::parse(FACES, faces)?;
        let finder = answer::finder(Some(&model));
        self.recognizer.set_finder(face::Finder::new(Arc::new(model), &self.device, self.precision, Search::default())?);
        self.finder = finder;
        Ok(())
    }

    async fn analyzed(&mut self, width: u32, height: u32, rgba: &[u8], asked: &str) -> Result<String> {
        if rgba.len() as u64 != 4 * u64::from(width) * u64::from(height) {
            return Err(Error::Argument(format!("{} bytes are no picture of {width} x {height}", rgba.len())));
        }
        let asked = Asked::parse(asked)?;
        let points = asked.landmarks()?;
        self.recognizer.set_faces(asked.faces()?);
        self.recognizer.set_search(asked.search()?)?;
        self.recognizer.set_oversample(asked.oversample);
        let pixels = rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        self.faces.clear();
        self.photo = RgbImage::from_raw(width, height, pixels).unwrap_or_default();
        let (searched, before) = (self.recognizer.searched(), self.recognizer.times());
        let analysis = self.recognizer.analyze_async(&self.photo).await?;
        let searched = self.recognizer.searched() - searched;
        let answer = answer::json(&analysis, points, searched, before, self.recognizer.times());
        self.faces = analysis.faces;
        Ok(answer)
    }
}

fn represented(seen: &Represented) -> Answer<JsValue> {
    let object = object(&[("name", seen.name.as_str().into()), ("image", picture(&seen.picture)?.into())])?;
    if let Some(codes) = &seen.codes {
        set(&object, "codes", &Uint8Array::from(&codes.as_raw()[..]))?;
        set(&object, "codesSize", &Array::of2(&codes.width().into(), &codes.height().into()))?;
    }
    Ok(object.into())
}

fn picture(picture: &RgbImage) -> Answer<Object> {
    let rgba: Vec<u8> = picture.pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect();
    let data = Uint8ClampedArray::from(&rgba[..]);
    object(&[("width", picture.width().into()), ("height", picture.height().into()), ("data", data.into())])
}

fn object(fields: &[(&str, JsValue)]) -> Answer<Object> {
    let object = Object::new();
    for (name, value) in fields {
        set(&object, name, value)?;
    }
    Ok(object)
}

fn set(object: &Object, name: &str, value: &JsValue) -> Answer<()> {
    Reflect::set(object, &name.into(), value).map(drop)
}
