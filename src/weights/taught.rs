//! A file of what somebody taught: heads for the networks of other models, which it names by their hashes and does not hold.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::heads::Head;
use super::{Fusion, Model, Rule, combine};
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// The largest file that a base is looked for in.
const MOST: u64 = 1 << 30;

/// A model that labels are taught on, and the hash of its file.
#[derive(Debug, Clone)]
pub struct Base {
    /// The model.
    pub model: Model,
    /// SHA-256 of its file, in hexadecimal digits.
    pub sha256: String,
    /// The name of its file, where moue does not carry it.
    pub file: Option<String>,
}

/// What is known of a base without its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseName {
    /// The name of the model.
    pub name: String,
    /// SHA-256 of its file, in hexadecimal digits.
    pub sha256: String,
    /// The name of its file, looked for beside the taught one, where moue does not carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its members, in order.
    pub members: Vec<String>,
}

/// What the header of a taught file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// Version of the format of models.
    pub moue: u32,
    /// Version of the format of taught files.
    pub taught: u32,
    /// Name of the model.
    pub name: String,
    /// The labels, in the order of the probabilities.
    pub labels: Vec<String>,
    /// What it was taught on.
    pub bases: Vec<BaseName>,
    /// T of the softmax of the members' mean.
    pub temperature: f64,
    /// Faces that it learned of, a label.
    pub faces: Vec<usize>,
    /// How many it answered rightly when it had not learned of them, and of how many; none where it was not tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested: Option<[usize; 2]>,
}

/// What somebody taught: a few kilobytes a label.
#[derive(Debug, Clone, PartialEq)]
pub struct Taught {
    /// What its header says.
    pub lesson: Lesson,
    /// One a member of each base, in order.
    pub heads: Vec<Vec<Head>>,
}

impl Base {
    /// The models that moue carries: the default one and that of embeddings, as far as this build has them.
    ///
    /// # Errors
    /// [`Error::Argument`] where it carries no default model, [`Error::Model`] where one is broken.
    pub fn carried() -> Result<Vec<Self>> {
        let mut bases = Vec::new();
        for (name, bytes) in Model::carried() {
            bases.push(Self { model: Model::parse(name, bytes)?, sha256: hash(bytes), file: None });
        }
        if bases.is_empty() {
            // Says which feature is missing.
            Model::embedded()?;
        }
        Ok(bases)
    }

    /// The model of a file.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn load(path: &Path) -> Result<Self> {
        let io = |source| Error::io(path, source);
        if std::fs::metadata(path).map_err(io)?.len() > MOST {
            return Err(Error::Argument(format!("{}: more than 1 GB: teach on a smaller model", path.display())));
        }
        let bytes = std::fs::read(path).map_err(io)?;
        let mut base = Self::parse(&path.display().to_string(), &bytes)?;
        base.file = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(base)
    }

    /// The model of a file's bytes; `name` is what errors call it.
    ///
    /// # Errors
    /// As [`Model::parse`].
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        Ok(Self { model: Model::parse(name, bytes)?, sha256: hash(bytes), file: None })
    }

    /// Whether it makes features, without labels, of the same crop as `other`: both can be taught on together.
    pub fn joins(&self, other: &Self) -> bool {
        let [own, other] = [self, other].map(|base| &base.model.description);
        own.labels.is_empty() && (&own.canonical, own.oversample) == (&other.canonical, other.oversample)
    }

    /// What a taught file says of it.
    pub fn named(&self) -> BaseName {
        let description = &self.model.description;
        BaseName {
            name: description.name.clone(),
            sha256: self.sha256.clone(),
            file: self.file.clone(),
            members: description.members.iter().map(|member| member.name.clone()).collect(),
        }
    }
}

impl Taught {
    /// Reads the header of a taught file, where `text` is one.
    pub(super) fn lesson(text: &str) -> Option<Result<Lesson, String>> {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        let version = value.get("taught")?;
        if version.as_u64() != Some(1) {
            return Some(Err(format!("taught version {version} is not known; this moue reads version 1")));
        }
        Some(serde_json::from_value(value).map_err(|error| error.to_string()))
    }

    /// The tensors' names, member by member of each base.
    pub(super) fn names(lesson: &Lesson) -> Vec<Vec<[String; 2]>> {
        let member = |base: &BaseName, member: &String| ["weight", "bias"].map(|what| format!("{}/{member}.{what}", base.name));
        lesson.bases.iter().map(|base| base.members.iter().map(|own| member(base, own)).collect()).collect()
    }

    /// The bytes of its file.
    ///
    /// # Errors
    /// [`Error::Model`] where they cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let wrong = |reason: String| self.wrong("header", reason);
        let text = serde_json::to_string(&self.lesson).map_err(|error| wrong(error.to_string()))?;
        let mut tensors: BTreeMap<String, Tensor> = BTreeMap::new();
        for ([weight, bias], head) in Self::names(&self.lesson).into_iter().flatten().zip(self.heads.iter().flatten()) {
            tensors.insert(weight, head.weight.clone());
            tensors.insert(bias, Tensor { shape: vec![head.bias.len()], data: head.bias.clone() });
        }
        let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
            .into_iter()
            .map(|(name, tensor)| (name, tensor.shape, tensor.data.iter().flat_map(|v| v.to_le_bytes()).collect()))
            .collect();
        let views = bytes.iter().map(|(name, shape, bytes)| {
            let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes);
            view.map(|view| (name.as_str(), view)).map_err(|error| wrong(error.to_string()))
        });
        let views = views.collect::<Result<Vec<_>>>()?;
        safetensors::serialize(views, Some(HashMap::from([("moue".to_owned(), text)]))).map_err(|error| wrong(error.to_string()))
    }

    /// Writes [`Taught::to_bytes`] to a file.
    ///
    /// # Errors
    /// As [`Taught::to_bytes`]; [`Error::Io`] where the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        std::fs::write(path, self.to_bytes()?).map_err(|source| Error::io(path, source))
    }

    /// The whole model, on `bases` in the order of the lesson.
    ///
    /// # Errors
    /// [`Error::Model`] where a base is not the one that it was taught on, or a head does not fit.
    pub fn model(&self, bases: &[&Base]) -> Result<Model> {
        let mut models = Vec::new();
        for (at, named) in self.lesson.bases.iter().enumerate() {
            let base = bases.get(at).filter(|base| base.sha256 == named.sha256).ok_or_else(|| self.lacks(named, None))?;
            let heads = self.heads.get(at).map_or(&[][..], |heads| &heads[..]);
            if heads.len() != base.model.description.members.len() {
                return Err(self.wrong("bases", format!("it has {} heads for `{}`: teach again", heads.len(), named.name)));
            }
            models.push(base.model.with_heads(self.lesson.labels.clone(), heads)?);
        }
        let counts: Vec<f64> = models.iter().map(|model| model.description.members.len() as f64).collect();
        let mut model = combine(&self.lesson.name, &models, &counts, None)?;
        model.description.fusion = Fusion {
            rule: Rule::MeanLogits,
            weights: model.description.fusion.weights.clone(),
            temperature: self.lesson.temperature,
            offset: 0.0,
            motion: 0.0,
            floor: None,
        };
        Model::new(model.description, model.tensors)
    }

    /// The whole model, on bases that are `given`, that moue carries, or that lie in `folder`.
    pub(super) fn found(&self, given: &[Base], folder: Option<&Path>) -> Result<Model> {
        let carried = Model::carried();
        let mut bases = Vec::new();
        for named in &self.lesson.bases {
            if let Some(base) = given.iter().find(|base| base.sha256 == named.sha256) {
                bases.push(base.clone());
                continue;
            }
            let own = carried.iter().find(|(_, bytes)| hash(bytes) == named.sha256);
            let beside = named.file.as_ref().zip(folder).map(|(file, folder)| folder.join(file)).filter(|path| path.is_file());
            bases.push(match (own, beside) {
                (Some((name, bytes)), _) => Base::parse(name, bytes)?,
                (None, Some(path)) => Base::load(&path)?,
                (None, None) => {
                    let other = carried.iter().find(|(name, _)| *name == named.name);
                    return Err(self.lacks(named, other.map(|(_, bytes)| hash(bytes)).as_deref()));
                }
            });
        }
        self.model(&bases.iter().collect::<Vec<_>>())
    }

    fn lacks(&self, base: &BaseName, other: Option<&str>) -> Error {
        let short = |hash: &str| hash.chars().take(12).collect::<String>();
        let carried = other.map(|hash| format!(", and the one that this moue carries is {}", short(hash))).unwrap_or_default();
        let remedy = match &base.file {
            Some(file) => format!("lay that model beside it as `{file}`, or teach again"),
            None => "teach again with this moue, or use the one that it was taught with".into(),
        };
        let (name, hash) = (&base.name, short(&base.sha256));
        self.wrong("bases", format!("it was taught on the model `{name}` with SHA-256 {hash}...{carried}: {remedy}"))
    }

    fn wrong(&self, at: &str, reason: String) -> Error {
        Error::Model { model: self.lesson.name.clone(), at: at.to_owned(), reason }
    }
}

/// SHA-256 in hexadecimal digits.
fn hash(bytes: &[u8]) -> String {
    hmac_sha256::Hash::hash(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
