//! `faces.safetensors`: a [`Gallery`] as a file.
//!
//! Tensors: `embeddings` F32 [N, 64], `boxes` F32 [N, 4], `time` F64 [N], `file` U32 [N], `label` I32 [N], `probabilities` F32 [N, E], `eyes_open` and `smile` F32 [N];
//! the rest is JSON under the key `moue` of the header. NumPy and PyTorch read it by the library of the format.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use safetensors::Dtype;
use serde::{Deserialize, Serialize};

use super::gallery::{DIMENSIONS, Gallery, Image, ModelId};
use crate::error::{Error, Result};
use crate::weights::file::Tensors;
use crate::weights::foreign::{Foreign, HEAD};
use crate::weights::{Column, write_columns};

/// The key of the header.
const KEY: &str = "moue";
/// What this code reads and writes.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Said {
    version: u32,
    model: ModelId,
    expressions: Vec<String>,
    labels: Vec<String>,
    #[serde(rename = "files")]
    images: Vec<Image>,
    #[serde(default)]
    options: std::collections::BTreeMap<String, String>,
}

/// The version alone, whatever else another one says.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// What is said of a file that holds no faces.
fn other(name: &str, reason: impl std::fmt::Display) -> Error {
    Error::Argument(format!("{name}: {reason}. `moue embed` makes a file of faces"))
}

impl Gallery {
    /// Reads a file of faces.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be read; [`Error::Argument`] where it is something else, broken, of another version, or has numbers that are none.
    pub fn load(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        Self::of(&name, Tensors::open(path).map_err(|error| unreadable(&name, error, || head(path)))?)
    }

    /// Reads the bytes of a file of faces; `name` is what errors call it.
    ///
    /// # Errors
    /// As [`Gallery::load`].
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let head = || bytes[..bytes.len().min(HEAD)].to_vec();
        Self::of(name, Tensors::parse(name, bytes).map_err(|error| unreadable(name, error, head))?)
    }

    fn of(name: &str, tensors: Tensors) -> Result<Self> {
        let Some(text) = tensors.said(KEY) else {
            return Err(other(name, "it has tensors, but no key `moue`"));
        };
        if serde_json::from_str::<serde_json::Value>(text).is_ok_and(|said| said.get("networks").is_some()) {
            return Err(other(name, "it is a model, and holds no faces"));
        }
        let broken = |error: serde_json::Error| other(name, format!("its key `{KEY}` cannot be read: {error}"));
        let Version { version } = serde_json::from_str(text).map_err(broken)?;
        if version != VERSION {
            let reason =
                format!("it is of version {version}, and this moue reads version {VERSION}: make it again, or use another moue");
            return Err(other(name, reason));
        }
        let said: Said = serde_json::from_str(text).map_err(broken)?;
        let columns = Columns { name, tensors: &tensors };
        let faces = columns.faces()?;
        let gallery = Self {
            embedding: columns.read("embeddings", Dtype::F32, &[faces, DIMENSIONS])?,
            boxes: columns.read("boxes", Dtype::F32, &[faces, 4]).map(quadruples)?,
            time: columns.read("time", Dtype::F64, &[faces])?,
            image: columns.read("file", Dtype::U32, &[faces])?,
            label: columns.read("label", Dtype::I32, &[faces])?,
            probabilities: columns.read("probabilities", Dtype::F32, &[faces, said.expressions.len()])?,
            eyes_open: columns.read("eyes_open", Dtype::F32, &[faces])?,
            smile: columns.read("smile", Dtype::F32, &[faces])?,
            model: said.model,
            expressions: said.expressions,
            labels: said.labels,
            images: said.images,
            options: said.options,
        };
        gallery.check().map_err(|error| Error::Argument(format!("{name}: {error}")))?;
        Ok(gallery)
    }

    /// The file of these faces. The same faces give the same bytes.
    ///
    /// # Errors
    /// As [`Gallery::check`].
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write(&mut bytes, Path::new("faces"))?;
        Ok(bytes)
    }

    /// Writes [`Gallery::to_bytes`] in one step: a reader sees the old file or the new one.
    ///
    /// # Errors
    /// As [`Gallery::check`]; [`Error::Io`] where the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let io = |source| Error::io(path, source);
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        self.write(&mut BufWriter::new(File::create(&part).map_err(io)?), path)?;
        std::fs::rename(&part, path).map_err(io)
    }

    fn write(&self, out: &mut impl Write, path: &Path) -> Result<()> {
        self.check()?;
        let faces = self.len();
        let said = Said {
            version: VERSION,
            model: self.model.clone(),
            expressions: self.expressions.clone(),
            labels: self.labels.clone(),
            images: self.images.clone(),
            options: self.options.clone(),
        };
        let text = serde_json::to_string(&said).map_err(|error| Error::Defect(error.to_string()))?;
        let columns = [
            ("embeddings", Column::new(Dtype::F32, vec![faces, DIMENSIONS], &self.embedding)),
            ("boxes", Column::new(Dtype::F32, vec![faces, 4], &self.boxes)),
            ("time", Column::new(Dtype::F64, vec![faces], &self.time)),
            ("file", Column::new(Dtype::U32, vec![faces], &self.image)),
            ("label", Column::new(Dtype::I32, vec![faces], &self.label)),
            ("probabilities", Column::new(Dtype::F32, vec![faces, self.expressions.len()], &self.probabilities)),
            ("eyes_open", Column::new(Dtype::F32, vec![faces], &self.eyes_open)),
            ("smile", Column::new(Dtype::F32, vec![faces], &self.smile)),
        ];
        write_columns(&columns, KEY, text, out).map_err(|source| Error::io(path, source))
    }
}

/// The beginning of a file.
fn head(path: &Path) -> Vec<u8> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let _ = File::open(path).and_then(|file| file.take(HEAD as u64).read_to_end(&mut bytes));
    bytes
}

/// What reading tensors said, as of faces.
fn unreadable(name: &str, error: Error, head: impl Fn() -> Vec<u8>) -> Error {
    match error {
        Error::Model { reason, .. } => match Foreign::of(name, &head()) {
            Some(foreign) => other(name, format!("it is {}", foreign.what())),
            None => other(name, reason.trim_end_matches('.')),
        },
        error => error,
    }
}

fn quadruples(values: Vec<f32>) -> Vec<[f32; 4]> {
    values.chunks_exact(4).map(|four| [four[0], four[1], four[2], four[3]]).collect()
}

struct Columns<'a> {
    name: &'a str,
    tensors: &'a Tensors,
}

impl Columns<'_> {
    /// How many faces there are.
    fn faces(&self) -> Result<usize> {
        match self.tensors.shape("embeddings") {
            Some(&[faces, DIMENSIONS]) => Ok(faces),
            Some(shape) => Err(other(self.name, format!("`embedding` is {shape:?}: a vector has {DIMENSIONS} numbers"))),
            None => Err(other(self.name, "it has no tensor `embedding`")),
        }
    }

    fn read<T: bytemuck::AnyBitPattern>(&self, column: &str, dtype: Dtype, shape: &[usize]) -> Result<Vec<T>> {
        let wrong = |reason: String| other(self.name, format!("tensor `{column}`: {reason}"));
        let found = self.tensors.column(column).map_err(wrong)?.ok_or_else(|| wrong("the file does not have it".into()))?;
        found.values(dtype, shape).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        Gallery::parse("faces.safetensors", bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_file_gives_back_what_was_written() {
        let gallery = Gallery::made_up(50, 4, 7);
        let read = Gallery::parse("faces", &gallery.to_bytes().unwrap()).unwrap();
        assert_eq!(format!("{read:?}"), format!("{gallery:?}"), "NaN of photographs' times stays");
        let empty = Gallery::new(gallery.model.clone(), gallery.expressions.clone());
        assert_eq!(Gallery::parse("faces", &empty.to_bytes().unwrap()).unwrap(), empty);
    }

    #[test]
    fn what_is_no_file_of_faces_is_said() {
        let good = Gallery::made_up(3, 2, 1).to_bytes().unwrap();
        let changed = |from: &str, to: &str| {
            let at = good.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
            [&good[..at], to.as_bytes(), &good[at + from.len()..]].concat()
        };
        let mut nan = good.clone();
        let first = 8 + u64::from_le_bytes(*good.first_chunk().unwrap()) as usize;
        let header = String::from_utf8_lossy(&good[8..first]).into_owned();
        let embedding = header.split("\"embeddings\"").nth(1).unwrap().split("\"data_offsets\":[").nth(1).unwrap();
        let offset: usize = embedding.split(',').next().unwrap().parse().unwrap();
        nan[first + offset + 4 * 70..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
        let cases: [(Vec<u8>, &str); 9] = [
            (Vec::new(), "empty"),
            (good[..good.len() - 1].to_vec(), "cut short"),
            (b"\x89PNG\r\n\x1a\n....".to_vec(), "it is a picture"),
            (changed("\\\"version\\\":1", "\\\"version\\\":7"), "version 7"),
            (changed("\"moue\"", "\"meow\""), "no key `moue`"),
            (changed("\\\"files\\\"", "\\\"fills\\\""), "missing field `files`"),
            (changed("\"smile\"", "\"smirk\""), "tensor `smile`"),
            (changed("[3,64]", "[6,32]"), "a vector has 64 numbers"),
            (nan, "the vector of face 1 has NaN at 6"),
        ];
        for (bytes, words) in cases {
            let said = refused(&bytes);
            assert!(said.contains(words) && said.contains("moue embed"), "{words}: {said}");
        }
    }

    #[test]
    fn a_file_of_faces_is_no_model() {
        let said = crate::weights::Model::parse("faces", &Gallery::made_up(3, 2, 1).to_bytes().unwrap()).unwrap_err().to_string();
        assert!(said.contains("moue search --in"), "{said}");
    }

    #[test]
    fn vectors_of_another_model_are_refused() {
        let gallery = Gallery::made_up(1, 1, 1);
        let other = ModelId { name: "other".into(), sha256: "ab".repeat(32) };
        assert!(gallery.made_by(&gallery.model).is_ok());
        let said = gallery.made_by(&other).unwrap_err().to_string();
        assert!(said.contains("`other` (abababababab...)"), "{said}");
    }
}
