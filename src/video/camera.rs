//! Cameras, by ffmpeg.

use std::ffi::OsString;

use super::ffmpeg::{self, Ffmpeg, Input};
use crate::error::Result;

/// What the name of a camera begins with, before its number or name.
pub const CAMERA: &str = "camera:";

/// What reads cameras on this system, how it calls one, and where to look for them.
const SYSTEM: (&str, fn(&str) -> OsString, &str) = if cfg!(target_os = "macos") {
    (
        "avfoundation",
        |which| format!("{which}:none").into(),
        "`ffmpeg -f avfoundation -list_devices true -i \"\"` lists those that are there",
    )
} else if cfg!(windows) {
    (
        "dshow",
        |which| format!("video={which}").into(),
        "give its name: `ffmpeg -f dshow -list_devices true -i dummy` lists those that are there",
    )
} else {
    ("v4l2", linux, "`ls /dev/video*` lists those that are there; another program may be using it")
};

fn linux(which: &str) -> OsString {
    if !which.is_empty() && which.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("/dev/video{which}").into()
    } else {
        which.into()
    }
}

/// The camera of a number, from 0, or of a name.
///
/// # Errors
/// [`crate::Error::Video`] where ffmpeg is not there.
pub fn camera(which: &str, name: String) -> Result<Ffmpeg> {
    let (format, called, remedy) = SYSTEM;
    ffmpeg::start(&Input::Device(format, &called(which)), name, remedy)
}
