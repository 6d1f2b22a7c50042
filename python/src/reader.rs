//! A recognizer that threads share: one at a time reads, and none keeps Python's lock meanwhile.

use std::sync::{Mutex, MutexGuard, PoisonError};

use moue::recognizer::{Answer, Source};
use moue::records::{Record, json};
use moue::{Analysis, Error, Recognizer, Result};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use serde_json::json;

use crate::failure::{argument, failure};
use crate::own::Own;
use crate::pictures::Item;
use crate::recipe::{Parts, Recipe};

/// What is open, shared by the functions that Python has.
pub type Reader = Own<Open>;

/// A recognizer, and what makes another one.
pub struct Open {
    recognizer: Mutex<Recognizer>,
    /// Of videos that ended.
    spare: Mutex<Vec<Recognizer>>,
    parts: Parts,
    /// Labels, members, labels of action units: in the order of every answer.
    pub labels: Vec<String>,
    members: Vec<String>,
    pub units: Option<Vec<String>>,
}

impl Open {
    pub fn new(recipe: Recipe) -> Result<Self> {
        let parts = recipe.parts()?;
        let recognizer = parts.build()?;
        let description = recognizer.description();
        Ok(Self {
            labels: description.labels.clone(),
            members: description.members.iter().map(|member| member.name.clone()).collect(),
            units: recognizer.actions().map(|actions| actions.labels.clone()),
            recognizer: Mutex::new(recognizer),
            spare: Mutex::default(),
            parts,
        })
    }

    /// The recognizer, once nobody else reads. Never to be waited for with Python's lock.
    pub fn lock(&self) -> MutexGuard<'_, Recognizer> {
        self.recognizer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another one on the same device, for as long as a video lasts.
    pub fn spare(&self) -> Result<Recognizer> {
        let kept = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.map_or_else(|| self.parts.build(), Ok)
    }

    /// It can be used again.
    pub fn give_back(&self, recognizer: Recognizer) {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(recognizer);
    }

    /// A record as the command line writes it.
    pub fn json(&self, record: &Record) -> Result<String> {
        let wanted = json::Wanted { top: None, landmarks: self.parts.landmarks() };
        let mut line = Vec::new();
        let written = json::write(&mut line, record, &self.labels, &self.members, self.units.as_deref(), wanted, None::<&()>);
        written.map_err(|error| Error::Defect(error.to_string()))?;
        String::from_utf8(line).map_err(|error| Error::Defect(error.to_string()))
    }

    /// Numbers that a face is embedded as, where it is.
    pub fn embedding(&self) -> Option<usize> {
        self.parts.embeds().then_some(moue::embed::DIMENSIONS)
    }

    /// What is open, as JSON.
    pub fn about(&self) -> String {
        let recognizer = self.lock();
        let description = recognizer.description();
        let about = json!({
            "device": recognizer.device_name(),
            "warning": self.parts.warning,
            "model": description.name,
            "labels": self.labels,
            "members": self.members,
            "units": self.units,
            "crop": description.canonical.size,
        });
        about.to_string()
    }
}

/// A picture's answer: its record, the crops of its faces `[height, width, 3]`, and the code of its error.
pub struct Told {
    pub record: Record,
    crops: Vec<Vec<u8>>,
    code: Option<&'static str>,
}

/// As Python gets it.
pub type ToldPy = (String, Vec<Py<PyBytes>>, Option<&'static str>);

impl Told {
    /// Of a picture.
    ///
    /// # Errors
    /// The device is lost.
    pub fn of<S>(answer: Answer<S>, recognizer: &Recognizer, crops: bool, name: impl Fn(&S) -> String) -> Result<Self> {
        let code = answer.analysis.as_ref().err().map(Error::code);
        let (_, photo, record) = Record::of(answer, name)?;
        let crops = photo.filter(|_| crops).map(|photo| cut(recognizer, &photo, &record)).transpose()?;
        Ok(Self { record, crops: crops.unwrap_or_default(), code })
    }

    /// In Python's own values.
    pub fn told(self, py: Python<'_>, open: &Open) -> PyResult<ToldPy> {
        let json = open.json(&self.record).map_err(|error| failure(&error))?;
        let crops = self.crops.iter().map(|crop| PyBytes::new(py, crop).unbind()).collect();
        Ok((json, crops, self.code))
    }
}

/// What the networks see of each face.
pub fn cut(recognizer: &Recognizer, photo: &image::RgbImage, record: &Record) -> Result<Vec<Vec<u8>>> {
    record.faces.iter().map(|face| recognizer.crop(photo, face).map(image::RgbImage::into_raw)).collect()
}

/// A picture on its way, with its name.
pub struct Named {
    pub name: String,
    item: Item,
}

impl Source for Named {
    fn read(&mut self) -> Result<image::RgbImage> {
        self.item.read()
    }
}

/// Pictures of Python's, with their names.
pub fn named(py: Python<'_>, items: &Py<PyList>, names: Vec<String>) -> PyResult<Vec<Named>> {
    let items = items.bind(py);
    if items.len() != names.len() {
        return Err(argument(format!("{} pictures and {} names", items.len(), names.len())));
    }
    items.iter().zip(names).map(|(item, name)| Ok(Named { name, item: Item::of(&item)? })).collect()
}

/// The answers for pictures, in order. `step` is called after each, by which Python is interrupted too.
pub fn answers(
    open: &Open,
    named: Vec<Named>,
    crops: bool,
    step: Option<&Py<PyAny>>,
    mut keep: impl FnMut(Told) -> Result<()>,
) -> PyResult<()> {
    let fail = |error: Error| failure(&error);
    let mut recognizer;
    // A single one is not worth other threads, and an array is read where it lies.
    if let [only] = &named[..] {
        let picture = only.item.picture();
        recognizer = open.lock();
        let told = match picture {
            Ok(picture) => {
                let analysis = recognizer.analyze(&picture);
                let size = Some(picture.dimensions());
                let code = analysis.as_ref().err().map(Error::code);
                let record = of_analysis(only.name.clone(), size, analysis).map_err(fail)?;
                let crops = if crops { cut(&recognizer, &picture, &record).map_err(fail)? } else { Vec::new() };
                Told { record, crops, code }
            }
            Err(error) => {
                let code = Some(error.code());
                Told { record: of_analysis(only.name.clone(), None, Err(error)).map_err(fail)?, crops: Vec::new(), code }
            }
        };
        keep(told).map_err(fail)?;
        return stepped(step);
    }
    recognizer = open.lock();
    let photos = recognizer.prefetch(named).map_err(fail)?;
    let mut stream = recognizer.analyze_stream(photos);
    while let Some(answer) = stream.next() {
        keep(Told::of(answer, stream.recognizer(), crops, |named: &Named| named.name.clone()).map_err(fail)?).map_err(fail)?;
        stepped(step)?;
    }
    Ok(())
}

fn of_analysis(input: String, size: Option<(u32, u32)>, analysis: Result<Analysis>) -> Result<Record> {
    match analysis {
        Ok(analysis) => Ok(Record { input, at: None, size, faces: analysis.faces, error: None }),
        Err(error @ Error::DeviceLost { .. }) => Err(error),
        Err(error) => Ok(Record { input, at: None, size, faces: Vec::new(), error: Some(error.to_string()) }),
    }
}

fn stepped(step: Option<&Py<PyAny>>) -> PyResult<()> {
    Python::attach(|py| {
        py.check_signals()?;
        step.map_or(Ok(()), |step| step.call0(py).map(drop))
    })
}
