//! Pictures from JavaScript and for it.

use image::RgbImage;
use js_sys::{Array, Object, Reflect, Uint8Array, Uint8ClampedArray};
use wasm_bindgen::JsValue;

use super::failure::Answer;
use crate::ensemble::Represented;
use crate::error::{Error, Result};

pub fn picture_of(width: u32, height: u32, rgba: &[u8]) -> Result<RgbImage> {
    let pixels = rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let whole = rgba.len() as u64 == 4 * u64::from(width) * u64::from(height);
    let picture = RgbImage::from_raw(width, height, pixels).filter(|_| whole);
    picture.ok_or_else(|| Error::Argument(format!("{} bytes are no picture of {width} x {height}", rgba.len())))
}

pub fn represented(seen: &Represented) -> Answer<JsValue> {
    let object = object(&[("name", seen.name.as_str().into()), ("image", picture(&seen.picture)?.into())])?;
    if let Some(codes) = &seen.codes {
        set(&object, "codes", &Uint8Array::from(&codes.as_raw()[..]))?;
        set(&object, "codesSize", &Array::of2(&codes.width().into(), &codes.height().into()))?;
    }
    Ok(object.into())
}

pub fn picture(picture: &RgbImage) -> Answer<Object> {
    let rgba: Vec<u8> = picture.pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect();
    let data = Uint8ClampedArray::from(&rgba[..]);
    object(&[("width", picture.width().into()), ("height", picture.height().into()), ("data", data.into())])
}

pub fn object(fields: &[(&str, JsValue)]) -> Answer<Object> {
    let object = Object::new();
    for (name, value) in fields {
        set(&object, name, value)?;
    }
    Ok(object)
}

fn set(object: &Object, name: &str, value: &JsValue) -> Answer<()> {
    Reflect::set(object, &name.into(), value).map(drop)
}
