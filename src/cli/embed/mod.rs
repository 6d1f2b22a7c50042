//! `moue embed`.

mod args;
mod reading;
mod store;

use super::inputs::{self, Wanted};
use super::outcome::{Failure, Outcome, Status};
use super::session;
use super::{files, terminal};
use crate::face::Search;
pub use args::{Args, EmbeddingArgs, Faces};
pub use reading::row;
use store::Store;

/// Reads what is new; a line at the end says how much there is.
pub fn run(args: &Args) -> Outcome {
    files::check_replaced(&args.output).map_err(|error| Failure::at("--output", error))?;
    if let Some(reason) = args.moving.empty() {
        return Err(Failure::at("--to", reason));
    }
    let network = args.embedding.load()?;
    let model = args.model.load()?;
    let labels = model.description.labels.clone();
    let mut store = Store::open(&args.output, network.id(), &labels, args.options())?;
    let inputs = inputs::expand(&args.inputs, Wanted::Videos { folders: args.moving.fps.is_some() });
    let count = inputs.len();
    let (left, mut failures) = store.left(inputs);
    let skipped = count - left.len() - failures;
    if skipped > 0 {
        terminal::note(format!("{skipped} of {count} inputs were read before and have not changed"));
    }
    if !left.is_empty() {
        let search = Search { blendshapes: true, ..Search::default() };
        let (mut recognizer, patience) = session::recognizer(model, &args.device, |builder| {
            builder.faces(args.faces.into()).search(search).embedding(network).build()
        })?;
        session::warn(&recognizer);
        let bar = terminal::progress(count, count - left.len());
        failures += reading::run(args, left, &mut recognizer, &mut store, patience, || bar.inc(1))?;
        bar.finish_and_clear();
    }
    let gallery = store.finish()?;
    let videos = gallery.images.iter().filter(|image| image.video).count();
    let pictures = gallery.images.len() - videos;
    terminal::note(format!("{}: {} faces of {pictures} pictures and {videos} videos", args.output.display(), gallery.len()));
    if failures > 0 && count > 1 {
        terminal::note(format!("{failures} of {count} inputs could not be read"));
    }
    Ok(Status::of(failures))
}
