//! The face for JavaScript, which web/src wraps: one engine, in a Web Worker. Nothing blocks: what waits for the GPU is a promise.

mod answer;
mod bench;
mod failure;

use image::RgbImage;
use js_sys::{Array, Object, Reflect, Uint8Array, Uint8ClampedArray};
use wasm_bindgen::prelude::*;

use crate::device::Device;
use crate::ensemble::Represented;
use crate::error::{Error, Result};
use crate::gpu::{Adapter, Gpu, is_integrated, shader};
use crate::recognizer::{AnalyzedFace, Faces, Recognizer};
use crate::tensor::Precision;
use crate::weights::Model;
use answer::About;
use failure::failure;

/// What JavaScript gets of a failure: `{ code, message }`.
type Answer<T> = std::result::Result<T, JsValue>;

/// Prints what the library should never panic of to the console.
#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// What the browser says of the adapter that it gives, and wgpu does not.
struct Said {
    name: String,
    vendor: String,
    architecture: String,
    cpu: bool,
}

/// A model on a GPU.
#[wasm_bindgen]
pub struct Engine {
    gpu: Gpu,
    recognizer: Recognizer,
    about: String,
    photo: RgbImage,
    faces: Vec<AnalyzedFace>,
}

#[wasm_bindgen]
impl Engine {
    /// `model`: bytes of a model file. `power`: `high-performance`, `low-power` or nothing. `name`, `vendor`, `architecture`, `cpu`: what the browser says of
    /// the adapter that it gives for that. `precision`: `f32` or `f16`.
    pub async fn open(
        model: &[u8],
        power: Option<String>,
        name: String,
        vendor: String,
        architecture: String,
        cpu: bool,
        precision: &str,
    ) -> Answer<Engine> {
        opened(model, power.as_deref(), Said { name, vendor, architecture, cpu }, precision).await.map_err(failure)
    }

    /// JSON of the adapter, the model and the version.
    pub fn about(&self) -> String {
        self.about.clone()
    }

    /// The faces of a picture, `rgba` `[height, width, 4]` bytes. `faces`: `all`, `largest` or `none`. The answer is JSON.
    pub async fn analyze(&mut self, width: u32, height: u32, rgba: &[u8], faces: &str, oversample: bool) -> Answer<String> {
        self.analyzed(width, height, rgba, faces, oversample).await.map_err(failure)
    }

    /// What the networks saw of face `index` of the last picture: `{ crop, mapped: [{ name, image, codes?, codesSize? }] }`, images as `{ width, height, data }`
    /// with `data` RGBA.
    pub async fn seen(&mut self, index: usize) -> Answer<Object> {
        let Some(face) = self.faces.get(index) else { return Err(failure(Error::Argument(format!("there is no face {index}")))) };
        let seen = self.recognizer.seen_async(&self.photo, face).await.map_err(failure)?;
        let mapped = seen.representations.iter().map(represented).collect::<Answer<Array>>()?;
        object(&[("crop", picture(&seen.crop)?.into()), ("mapped", mapped.into())])
    }

    /// Destroys the device, as a driver reset would.
    pub fn destroy(&self) {
        self.gpu.destroy();
    }
}

/// `[name, WGSL, whether it needs arithmetic in f16]` of every shader that a browser may be given: its compiler is another one than that of the other tests.
#[wasm_bindgen]
pub fn shaders() -> Array {
    let all = shader::ALL.iter().filter(|shader| !shader.subgroup && !shader.matrices);
    all.map(|shader| Array::of3(&shader.name.into(), &shader.source.into(), &shader.arithmetic_f16.into())).collect()
}

async fn opened(model: &[u8], power: Option<&str>, said: Said, precision: &str) -> Result<Engine> {
    let model = Model::parse("model", model)?;
    let precision = precision_of(precision)?;
    let gpu = gpu_of(power, said).await?;
    let about = serde_json::to_string(&About::new(&gpu, &model.description)).unwrap_or_default();
    let builder = Recognizer::builder().model(model).device(Device::Gpu(gpu.clone())).precision(precision);
    let recognizer = builder.build_async().await?;
    Ok(Engine { gpu, recognizer, about, photo: RgbImage::default(), faces: Vec::new() })
}

fn precision_of(name: &str) -> Result<Precision> {
    let found = [Precision::F32, Precision::F16].into_iter().find(|known| known.name() == name);
    found.ok_or_else(|| Error::Argument(format!("the precision `{name}`: f32 or f16")))
}

/// The adapter that the browser gives for `power`.
async fn gpu_of(power: Option<&str>, said: Said) -> Result<Gpu> {
    let describe = |adapter: &mut Adapter| {
        if said.cpu {
            "cpu".clone_into(&mut adapter.kind);
        } else if adapter.kind == "other" && is_integrated(&said.vendor, &said.architecture) {
            "integrated".clone_into(&mut adapter.kind);
        }
        if !said.name.is_empty() {
            adapter.name = said.name;
        }
    };
    Gpu::open_described(power, describe).await
}

impl Engine {
    async fn analyzed(&mut self, width: u32, height: u32, rgba: &[u8], faces: &str, oversample: bool) -> Result<String> {
        if rgba.len() as u64 != 4 * u64::from(width) * u64::from(height) {
            return Err(Error::Argument(format!("{} bytes are no picture of {width} x {height}", rgba.len())));
        }
        self.recognizer.set_faces(match faces {
            "all" => Faces::All,
            "largest" => Faces::Largest,
            "none" => Faces::None,
            other => return Err(Error::Argument(format!("faces `{other}`: all, largest or none"))),
        })?;
        self.recognizer.set_oversample(oversample);
        let pixels = rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        self.faces.clear();
        self.photo = RgbImage::from_raw(width, height, pixels).unwrap_or_default();
        let (searched, before) = (self.recognizer.searched(), self.recognizer.times());
        let analysis = self.recognizer.analyze_async(&self.photo).await?;
        let searched = self.recognizer.searched() - searched;
        let answer = answer::json(&analysis, searched, before, self.recognizer.times());
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
