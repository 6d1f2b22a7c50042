//! Errors as JavaScript gets them.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

use crate::error::Error;

/// What JavaScript gets of a failure.
pub type Answer<T> = Result<T, JsValue>;

/// `{ code, message }`, the code one of `MoueErrorCode` in web/src/types/.
pub fn failure(error: Error) -> JsValue {
    let code = match &error {
        Error::NoAdapter(_) => "no-adapter",
        Error::DeviceLost { .. } => "device-lost",
        Error::OutOfMemory { .. } | Error::Limit { .. } => "out-of-memory",
        Error::Model { .. } => "bad-model",
        Error::Picture(_) | Error::Video(_) => "bad-picture",
        Error::Argument(_) | Error::Shape { .. } | Error::Io { .. } => "bad-argument",
        Error::Device { .. } | Error::Defect(_) => "defect",
    };
    let message = match &error {
        // What `--device` says of it is for a terminal.
        Error::DeviceLost { adapter, reason } => {
            format!("The GPU `{adapter}` was lost ({reason}): try again, or load the page anew.")
        }
        Error::OutOfMemory { adapter, doing } => {
            format!("The memory of the GPU `{adapter}` is full ({doing}): close other pages, or shrink the picture.")
        }
        other => other.to_string(),
    };
    let object = Object::new();
    // An object that was just made takes every field.
    let _ = Reflect::set(&object, &"code".into(), &code.into());
    let _ = Reflect::set(&object, &"message".into(), &message.into());
    object.into()
}
