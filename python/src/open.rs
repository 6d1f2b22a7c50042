//! A recognizer is opened: the functions that Python has of it.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::failure::{argument, failure};
use crate::own::Own;
use crate::reader::{Open, ToldPy, answers, named};
use crate::recipe::Recipe;
use crate::{function, table, video};

/// What is open as JSON, and the functions analyze, table and video.
type OpenPy = (String, Py<PyAny>, Py<PyAny>, Py<PyAny>);

/// `(options as JSON) -> (about as JSON, analyze, table, video)`.
pub fn open(py: Python<'_>, (options,): (String,)) -> PyResult<OpenPy> {
    let recipe: Recipe = serde_json::from_str(&options).map_err(|error| argument(format!("options of a recognizer: {error}")))?;
    let open = py.detach(|| Open::new(recipe)).map_err(|error| failure(&error))?;
    let about = open.about();
    let reader = Arc::new(Own::new(open));
    let own = Arc::clone(&reader);
    // `(pictures, names, whether with crops, what is called after each or none) -> a list of (record as JSON, crops, code of its error)`
    let analyze = function::of(
        py,
        c"analyze",
        move |py, (items, names, crops, step): (Py<PyList>, Vec<String>, bool, Option<Py<PyAny>>)| {
            let open = own.get().map_err(|error| failure(&error))?;
            let pictures = named(py, &items, names)?;
            let mut all = Vec::with_capacity(pictures.len());
            py.detach(|| {
                answers(open, pictures, crops, step.as_ref(), |told| {
                    all.push(told);
                    Ok(())
                })
            })?;
            all.into_iter().map(|told| told.told(py, open)).collect::<PyResult<Vec<ToldPy>>>()
        },
    )?;
    let table = table::function(py, Arc::clone(&reader))?;
    let video = video::function(py, reader)?;
    Ok((about, analyze.into_any().unbind(), table.into_any().unbind(), video.into_any().unbind()))
}
