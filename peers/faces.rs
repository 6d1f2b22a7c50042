//! What `peers/faces.py` asks for faces: `faces_peer PICTURE DEVICE fast|normal|thorough`.
//!
//! It says `ready`, its version and the device's name; for every line it reads it finds the faces of the decoded picture, their landmarks with them, and says how many seconds
//! that took and the boxes: `SECONDS [[x,y,width,height],...]`.

#![allow(missing_docs, clippy::print_stdout)]

use std::error::Error;
use std::io::{Write, stdin, stdout};
use std::sync::Arc;
use std::time::Instant;

use moue::face::{Finder, Search, Thoroughness};
use moue::{Device, Model, Precision};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [picture, device, find] = &words[..] else { return Err("see the head of peers/faces.rs".into()) };
    let thoroughness = match find.as_str() {
        "fast" => Thoroughness::Fast,
        "normal" => Thoroughness::Normal,
        "thorough" => Thoroughness::Thorough,
        _ => return Err("fast, normal or thorough".into()),
    };
    let (device, _) = Device::select(Some(device), None)?;
    let photo = moue::photo::read(picture.as_ref())?;
    let search = Search { thoroughness, ..Search::default() };
    let mut finder = Finder::new(Arc::new(Model::faces()?), &device, Precision::F32, search)?;
    println!("ready moue {}, {}", env!("CARGO_PKG_VERSION"), device.name());
    for line in stdin().lines() {
        line?;
        let start = Instant::now();
        let faces = finder.find(&photo)?;
        let seconds = start.elapsed().as_secs_f64();
        let boxes: Vec<_> =
            faces.iter().map(|face| [face.rect.x, face.rect.y, face.rect.width as i32, face.rect.height as i32]).collect();
        println!("{seconds} {boxes:?}");
        stdout().flush()?;
    }
    Ok(())
}
