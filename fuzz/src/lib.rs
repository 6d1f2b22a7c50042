//! What the fuzz targets start from: seeds made of the repository's own small files, and of a model that the tests' code writes.

#[path = "../../tests/support/tiny.rs"]
pub mod tiny;

use std::fs;
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Larger seeds slow the fuzzer down and teach it nothing more.
const MOST_BYTES: usize = 16 << 10;

/// Puts seeds into the target's corpus, before the fuzzer reads it.
pub fn plant(target: &str, seeds: impl IntoIterator<Item = (String, Vec<u8>)>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in seeds {
        fs::write(folder.join(format!("seed-{name}")), bytes).unwrap();
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
