//! The bytes of a model file: safetensors, with the description in its header.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use safetensors::tensor::Metadata;
use safetensors::{SafeTensorError, serialize};

use super::array::{Array, Entry};
use super::column::Column;
use super::description::Description;
use super::dtype::Type;
use super::foreign::{Foreign, HEAD};
use super::heads::Head;
use super::model::Model;
use super::taught::{Base, Taught};
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// A file up to this size is read as a whole. The tensors of a larger one stay in it until they are asked for.
const SMALL: u64 = 1 << 26;
/// The length of the header stands before it.
const PREFIX: usize = 8;
/// What the name of a tensor of i8 is followed by in that of its scales, f32, one for each position of its first dimension.
const SCALE: &str = ".scale";

fn wrong(name: &str, at: &str, reason: String) -> Error {
    Error::Model { model: name.to_owned(), at: at.to_owned(), reason }
}

/// What is said of a file that begins with `head` and is no safetensors.
fn damaged(name: &str, head: &[u8], error: impl std::fmt::Display) -> Error {
    if head.is_empty() {
        return wrong(name, "header", "the file is empty. Copy or download it again".into());
    }
    match Foreign::of(name, head) {
        Some(foreign) => wrong(name, "file", foreign.sentence()),
        None => wrong(name, "header", format!("not a safetensors file, or cut short: {error}. Copy or download it again")),
    }
}

/// The tensors of a safetensors file, which those of a large one stay in.
pub(crate) struct Tensors {
    name: String,
    metadata: Metadata,
    data: Data,
}

enum Data {
    /// Of the whole file, from the end of its header on.
    Memory(Vec<u8>),
    File(Arc<Mutex<File>>, u64),
}

impl Tensors {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self> {
        let io = |source| Error::io(path, source);
        let name = path.display().to_string();
        let mut file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        if size <= SMALL {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(io)?;
            return Self::parse(&name, &bytes);
        }
        let mut head = [0; HEAD];
        file.read_exact(&mut head).map_err(io)?;
        let length = head.first_chunk().map_or(0, |prefix| u64::from_le_bytes(*prefix));
        // More than any model needs, and less than a wrong length would ask for.
        if length > SMALL.min(size) {
            return Err(damaged(&name, &head, SafeTensorError::HeaderTooLarge));
        }
        let mut header = vec![0; length as usize];
        file.seek(SeekFrom::Start(PREFIX as u64)).and_then(|_| file.read_exact(&mut header)).map_err(io)?;
        let metadata: Metadata = serde_json::from_slice(&header).map_err(|error| damaged(&name, &head, error))?;
        let first = PREFIX as u64 + length;
        if first + metadata.data_len() as u64 != size {
            return Err(damaged(&name, &head, SafeTensorError::MetadataIncompleteBuffer));
        }
        Ok(Self { name, metadata, data: Data::File(Arc::new(Mutex::new(file)), first) })
    }

    /// Reads the bytes of a file.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let (length, metadata) = safetensors::SafeTensors::read_metadata(bytes)
            .map_err(|error| damaged(name, &bytes[..bytes.len().min(HEAD)], error))?;
        let data = bytes.get(PREFIX + length..).unwrap_or(&[]).to_vec();
        Ok(Self { name: name.to_owned(), metadata, data: Data::Memory(data) })
    }

    /// What the header says under `key`.
    pub fn said(&self, key: &str) -> Option<&str> {
        self.metadata.metadata().as_ref()?.get(key).map(String::as_str)
    }

    /// The tensor `name` as it lies there, of any type.
    ///
    /// # Errors
    /// Says why it cannot be read.
    pub fn column(&self, name: &str) -> Result<Option<Column<'_>>, String> {
        let Some(info) = self.metadata.info(name) else { return Ok(None) };
        let (from, to) = info.data_offsets;
        let bytes = match &self.data {
            Data::Memory(bytes) => Cow::Borrowed(bytes.get(from..to).unwrap_or(&[])),
            Data::File(file, first) => {
                let file = Array::of_file(Type::U8, vec![to - from], Arc::clone(file), first + from as u64, to - from);
                Cow::Owned(file.bytes(0..to - from)?.into_owned())
            }
        };
        Ok(Some(Column { dtype: info.dtype, shape: info.shape.clone(), bytes }))
    }

    /// Names of all tensors.
    pub fn names(&self) -> Vec<String> {
        self.metadata.offset_keys()
    }

    /// Whether it has a description.
    pub fn is_model(&self) -> bool {
        self.metadata.metadata().as_ref().is_some_and(|metadata| metadata.contains_key("moue"))
    }

    /// Sizes of the tensor `name`.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.metadata.info(name).map(|info| &info.shape[..])
    }

    /// The tensor `name`, with its scales where it is of i8.
    ///
    /// # Errors
    /// [`Error::Model`] where its type is not known, or its scales are missing or impossible.
    pub fn array(&self, name: &str) -> Result<Option<Array>> {
        let Some(array) = self.stored(name)? else { return Ok(None) };
        if array.ty != Type::I8 {
            return Ok(Some(array));
        }
        let at = format!("{name}{SCALE}");
        let wrong = |reason: String| wrong(&self.name, &at, format!("{reason}: export the model again"));
        let scales = self.stored(&at)?.ok_or_else(|| wrong(format!("the file does not have it, and `{name}` is of i8")))?;
        let channels = array.shape.first().copied().unwrap_or(0);
        if scales.ty != Type::F32 || scales.shape != [channels] {
            let (shape, ty) = (&scales.shape, scales.ty.name());
            return Err(wrong(format!("it is {shape:?} of {ty}, `{name}` wants [{channels}] of f32")));
        }
        let scales = scales.floats().map_err(wrong)?;
        array.with_scales(scales.data).map(Some).map_err(wrong)
    }

    /// The tensor `name` as it lies there.
    fn stored(&self, name: &str) -> Result<Option<Array>> {
        let Some(info) = self.metadata.info(name) else { return Ok(None) };
        let ty = Type::of(info.dtype).map_err(|reason| wrong(&self.name, name, reason))?;
        let ((from, to), shape) = (info.data_offsets, info.shape.clone());
        Ok(Some(match &self.data {
            Data::Memory(bytes) => Array::new(ty, shape, bytes.get(from..to).unwrap_or(&[]).to_vec()),
            Data::File(file, first) => Array::of_file(ty, shape, Arc::clone(file), first + from as u64, to - from),
        }))
    }

    /// Whether `name` is that of a tensor's scales.
    fn is_scales(&self, name: &str) -> bool {
        let scaled = name.strip_suffix(SCALE).and_then(|scaled| self.metadata.info(scaled));
        scaled.is_some_and(|info| Type::of(info.dtype) == Ok(Type::I8))
    }

    /// The taught file that it is, if it is one.
    ///
    /// # Errors
    /// [`Error::Model`] where it is a broken one.
    fn taught(&self) -> Result<Option<Taught>> {
        let text = self.metadata.metadata().as_ref().and_then(|m| m.get("moue"));
        let Some(lesson) = text.and_then(|text| Taught::lesson(text)) else { return Ok(None) };
        let lesson = lesson.map_err(|reason| wrong(&self.name, "metadata `moue`", reason))?;
        let (labels, mut heads) = (lesson.labels.len(), Vec::new());
        for names in Taught::names(&lesson) {
            let mut own = Vec::new();
            for names in names {
                let [weight, bias] = names.each_ref().map(|name| {
                    let lacks = || wrong(&self.name, name, "the file does not have it: teach again".into());
                    self.array(name)?.ok_or_else(lacks)?.floats().map_err(|reason| wrong(&self.name, name, reason))
                });
                let (weight, bias) = (weight?, bias?);
                let finite = weight.data.iter().chain(&bias.data).all(|value| value.is_finite());
                if weight.shape.len() != 2 || weight.shape[0] != labels || bias.shape != [labels] || !finite {
                    let reason = format!("a head has finite numbers, [{labels}, features] and [{labels}]: teach again");
                    return Err(wrong(&self.name, &names[0], reason));
                }
                own.push(Head { weight, bias: bias.data });
            }
            heads.push(own);
        }
        Ok(Some(Taught { lesson, heads }))
    }

    /// The model that it is; what a taught one stands on is `given`, carried by moue, or lies in `folder`.
    pub fn model(self, given: &[Base], folder: Option<&Path>) -> Result<Model> {
        if let Some(taught) = self.taught()? {
            let mut model = taught.found(given, folder)?;
            model.file = self.name;
            return Ok(model);
        }
        let text = self.metadata.metadata().as_ref().and_then(|m| m.get("moue")).ok_or_else(|| {
            let reason = "there is no key `moue`: these are bare weights; `moue import` makes a model of them";
            wrong(&self.name, "metadata", reason.into())
        })?;
        let description = Description::parse(text).map_err(|reason| wrong(&self.name, "metadata `moue`", reason))?;
        let mut tensors = BTreeMap::new();
        for key in self.names().into_iter().filter(|key| !self.is_scales(key)) {
            if let Some(array) = self.array(&key)? {
                tensors.insert(key, array);
            }
        }
        Model { description, tensors, file: self.name }.checked()
    }
}

impl Model {
    /// The default model, embedded in the library by its feature `default-model`. A page fetches it as a file of its own, once.
    ///
    /// # Errors
    /// [`Error::Argument`] where the library was built without it, [`Error::Model`] where it was built with a broken file.
    pub fn embedded() -> Result<Self> {
        #[cfg(feature = "default-model")]
        return Self::parse("default", moue_default::MODEL);
        #[cfg(not(feature = "default-model"))]
        Err(Error::Argument("this build carries no model: give it one, or build it with the feature `default-model`".into()))
    }

    /// The models of [`super::Base::carried`], by name.
    pub(super) fn carried() -> Vec<(&'static str, &'static [u8])> {
        let models: [(&str, Option<&[u8]>); 2] = [
            #[cfg(feature = "default-model")]
            ("default", Some(moue_default::MODEL)),
            #[cfg(not(feature = "default-model"))]
            ("default", None),
            #[cfg(feature = "embedding-model")]
            ("embedding", Some(moue_embedding::MODEL)),
            #[cfg(not(feature = "embedding-model"))]
            ("embedding", None),
        ];
        models.into_iter().filter_map(|(name, bytes)| Some((name, bytes?))).collect()
    }

    /// MediaPipe's networks for faces, embedded in the library by its feature `face-model`: members `full_range` and `short_range`, which find faces, `mesh`, which
    /// finds 478 points and verifies, and `blendshapes`. [`Model::only`] gives one of them; models/face/README.md says what each reads and answers.
    ///
    /// # Errors
    /// [`Error::Argument`] where the library was built without it, [`Error::Model`] where it was built with a broken file.
    pub fn faces() -> Result<Self> {
        #[cfg(feature = "face-model")]
        return Self::parse("face", moue_face::MODEL);
        #[cfg(not(feature = "face-model"))]
        Err(Error::Argument("this build finds no faces: give it a face model, or build it with the feature `face-model`".into()))
    }

    /// The networks that read facial action units, embedded in the library by its feature `action-model`: [`crate::actions::Reader`] runs them, and what they can and
    /// cannot tell is on their card, models/actions/README.md.
    ///
    /// # Errors
    /// [`Error::Argument`] where the library was built without it, [`Error::Model`] where it was built with a broken file.
    pub fn actions() -> Result<Self> {
        #[cfg(feature = "action-model")]
        return Self::parse("actions", moue_actions::MODEL);
        #[cfg(not(feature = "action-model"))]
        Err(Error::Argument(
            "this build reads no action units: give it their model, or build it with the feature `action-model`".into(),
        ))
    }

    /// The network that embeds faces by their expression, in the library by its feature `embedding-model`: 64 numbers a crop, near where expressions are alike.
    ///
    /// # Errors
    /// [`Error::Argument`] where the library was built without it, [`Error::Model`] where it was built with a broken file.
    pub fn embedding() -> Result<Self> {
        #[cfg(feature = "embedding-model")]
        return Self::parse("embedding", moue_embedding::MODEL);
        #[cfg(not(feature = "embedding-model"))]
        Err(Error::Argument("this build embeds no faces: give it a model, or build it with the feature `embedding-model`".into()))
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be read, [`Error::Model`] where it is not a model of version 1.
    pub fn load(path: &Path) -> Result<Self> {
        Tensors::open(path)?.model(&[], path.parent())
    }

    /// A model from the bytes of its file; `name` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Model`] where it is not a model of version 1.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        Self::parse_on(name, bytes, &[])
    }

    /// As [`Model::parse`]; a taught one may stand on `bases`.
    ///
    /// # Errors
    /// As [`Model::parse`].
    pub fn parse_on(name: &str, bytes: &[u8], bases: &[Base]) -> Result<Self> {
        Tensors::parse(name, bytes)?.model(bases, None)
    }

    /// What somebody taught, from the bytes of its file; `None` where they are those of another model.
    ///
    /// # Errors
    /// [`Error::Model`] where they are not those of a model.
    pub fn parse_taught(name: &str, bytes: &[u8]) -> Result<Option<Taught>> {
        Tensors::parse(name, bytes)?.taught()
    }

    /// The file of this model. The same model gives the same bytes.
    ///
    /// # Errors
    /// [`Error::Model`] where a tensor's bytes are not as many as its shape needs, or it has the name of another's scales.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        write(self, &mut bytes, Path::new(&self.file))?;
        Ok(bytes)
    }

    /// Writes [`Model::to_bytes`] to a file.
    ///
    /// # Errors
    /// As [`Model::to_bytes`]; [`Error::Io`] where the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let io = |source| Error::io(path, source);
        let mut out = BufWriter::new(File::create(path).map_err(io)?);
        write(self, &mut out, path)?;
        out.flush().map_err(io)
    }
}

/// Writes the file of `model` to `out`, which errors call `path`.
fn write(model: &Model, out: &mut impl Write, path: &Path) -> Result<()> {
    let text = serde_json::to_string(&model.description).map_err(|error| model.wrong("description", error.to_string()))?;
    let mut arrays = model.tensors.clone();
    for (name, array) in model.arrays() {
        array.fits().map_err(|reason| model.wrong(name, reason))?;
        if let Some(scales) = array.scales() {
            let scales = Array::from_floats(&Tensor { shape: vec![scales.len()], data: scales.to_vec() });
            if arrays.insert(format!("{name}{SCALE}"), scales).is_some() {
                return Err(
                    model.wrong(&format!("{name}{SCALE}"), format!("the scales of `{name}` have this name: give it another"))
                );
            }
        }
    }
    let entries = arrays.iter().map(|(name, array)| (name, Entry(array)));
    let header = serialize(entries, Some(HashMap::from([("moue".to_owned(), text)])))
        .map_err(|error| model.wrong("header", error.to_string()))?;
    let order: Metadata =
        serde_json::from_slice(header.get(PREFIX..).unwrap_or(&[])).map_err(|error| model.wrong("header", error.to_string()))?;
    let io = |source| Error::io(path, source);
    out.write_all(&header).map_err(io)?;
    for name in order.offset_keys() {
        let Some(array) = arrays.get(&name) else { continue };
        for range in array.chunks() {
            let bytes = array.bytes(range).map_err(|reason| model.wrong(&name, reason))?;
            out.write_all(&bytes).map_err(io)?;
        }
    }
    Ok(())
}
