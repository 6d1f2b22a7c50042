//! The expressions of the faces of photographs.
//!
//!     cargo run --release --example recognize -- PHOTO...
#![allow(clippy::print_stdout)]

use std::path::PathBuf;

use moue::Recognizer;

fn main() -> moue::Result<()> {
    let mut recognizer = Recognizer::builder().build()?;
    let labels = recognizer.description().labels.clone();
    let photos: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let photos = recognizer.prefetch(photos)?;
    for answer in recognizer.analyze_stream(photos) {
        for face in answer.analysis?.faces {
            let each = labels.iter().zip(&face.probabilities).map(|(label, p)| format!("{label} {p:.2}"));
            println!("{}: {} ({})", answer.source.display(), face.label, each.collect::<Vec<_>>().join(", "));
        }
    }
    Ok(())
}
