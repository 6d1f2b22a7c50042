//! What the fuzz targets start from: seeds made of the repository's own small files, and of a model that the tests' code writes.

#[path = "../../tests/support/tiny.rs"]
pub mod tiny;

use std::fs;
use std::path::Path;

use moue::graph::Graph;
use moue::runner::{self, Input, Options};
use moue::tensor::Tensor;
use moue::weights::Imported;
use moue::{Device, Error};
use safetensors::SafeTensors;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Larger seeds slow the fuzzer down and teach it nothing more.
const MOST_BYTES: usize = 16 << 10;

/// Puts seeds into the target's corpus, before the fuzzer reads it.
pub fn plant(target: &str, seeds: impl IntoIterator<Item = (String, Vec<u8>)>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in seeds {
        fs::write(folder.join(format!("seed-{}", name.replace('/', "_"))), bytes).unwrap();
    }
}

/// Small files of a folder of the repository with this extension.
pub fn files(folder: &str, extension: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    let read = |path: &std::path::PathBuf| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap());
    files.iter().map(read).filter(|(_, bytes)| bytes.len() <= MOST_BYTES).collect()
}

/// Tensors of tests/importers/NAME as bytes.
pub fn references(name: &str) -> impl Iterator<Item = (String, Vec<u8>)> {
    let bytes = fs::read(Path::new(ROOT).join("tests/importers").join(name)).unwrap_or_default();
    let tensors: Vec<_> = SafeTensors::deserialize(&bytes).map(|file| file.tensors()).unwrap_or_default();
    tensors.into_iter().map(|(name, view)| (name, view.data().to_vec())).collect::<Vec<_>>().into_iter()
}

/// Whether `imported` is an error with something to say, or a network that runs where it is small.
///
/// # Panics
/// Where it is neither: a finding.
pub fn exercise(imported: Result<Imported, Error>) {
    const MOST_WORK: u64 = 1 << 20;
    let mut imported = match imported {
        Ok(imported) => imported,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let Ok(graph) = Graph::new(&imported.network) else { panic!("a network that is none") };
    let values: u64 = graph.tensors.iter().map(|info| info.values() as u64).sum();
    let cost = graph.cost();
    if values.saturating_add(cost.multiply_adds).saturating_add(cost.parameters) > MOST_WORK {
        return;
    }
    if let Err(error) = imported.fill(1) {
        return assert!(!error.to_string().is_empty());
    }
    let inputs: Vec<Input> = graph.tensors[..graph.inputs]
        .iter()
        .map(|info| Input { name: Some(info.name.clone()), tensor: Tensor::zeros(info.logical(1)) })
        .collect();
    match imported.model(Vec::new(), None) {
        Ok(model) => match runner::run(&model, &Device::Reference, &inputs, Options::default()) {
            Ok(outputs) => assert!(!outputs.is_empty()),
            Err(error) => assert!(!error.to_string().is_empty()),
        },
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
