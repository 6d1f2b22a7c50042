//! The face for JavaScript, which web/src wraps: one engine, in a Web Worker. Nothing blocks: what waits for the GPU is a promise.

mod answer;
mod asked;
mod bench;
mod failure;
mod place;

use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;
use js_sys::{Array, Float32Array, Object, Reflect, Uint8Array, Uint8ClampedArray};
use wasm_bindgen::prelude::*;

use crate::device::Device;
use crate::ensemble::{Heat, Represented};
use crate::error::{Error, Result};
use crate::face::{self, Search, Tracker, Tracking};
use crate::gpu::shader;
use crate::recognizer::{Analysis, AnalyzedFace, Faces, Recognizer};
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

/// Who is who in the frames of a stream. It outlives a lost GPU.
#[wasm_bindgen]
pub struct Following(Tracker);

#[wasm_bindgen]
impl Following {
    /// Nobody yet.
    pub fn begin() -> Following {
        Self(Tracker::new(Tracking::default()))
    }
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
        self.analyzed(frame, asked, Some((&mut following.0, time))).await.map_err(failure)
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

    /// `following`: in a stream, who was followed, and the frame's time in milliseconds.
    async fn analyzed(
        &mut self,
        picture: Result<RgbImage>,
        asked: &str,
        following: Option<(&mut Tracker, f64)>,
    ) -> Result<String> {
        let asked = Asked::parse(asked)?;
        let points = asked.landmarks()?;
        self.recognizer.set_faces(asked.faces()?);
        self.recognizer.set_search(asked.search()?)?;
        self.recognizer.set_oversample(asked.oversample);
        self.faces.clear();
        self.photo = picture?;
        let (searched, before) = (self.recognizer.searched(), self.recognizer.times());
        let analysis = self.read(following).await?;
        let searched = self.recognizer.searched() - searched;
        let answer = answer::json(&analysis, points, searched, before, self.recognizer.times());
        self.faces = analysis.faces;
        Ok(answer)
    }

    async fn read(&mut self, following: Option<(&mut Tracker, f64)>) -> Result<Analysis> {
        let Some((tracker, time)) = following else { return self.recognizer.analyze_async(&self.photo).await };
        let time = Duration::try_from_secs_f64(time / 1e3);
        let time = time.map_err(|_| Error::Argument("the time of a frame: milliseconds, 0 or more".into()))?;
        self.recognizer.track_async(tracker, &self.photo, time).await
    }
}

fn picture_of(width: u32, height: u32, rgba: &[u8]) -> Result<RgbImage> {
    let pixels = rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let whole = rgba.len() as u64 == 4 * u64::from(width) * u64::from(height);
    let picture = RgbImage::from_raw(width, height, pixels).filter(|_| whole);
    picture.ok_or_else(|| Error::Argument(format!("{} bytes are no picture of {width} x {height}", rgba.len())))
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
