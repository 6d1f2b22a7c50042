//! One table of many pictures, which grows by some at a time.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyCapsule, PyList};

use crate::arrow::{ArrowArrayStream, ArrowSchema};
use crate::failure::failure;
use crate::function;
use crate::reader::{Reader, answers, named};
use crate::rows::{Batch, fields};

/// `() -> (add, stream, schema)`: `add(pictures, keys, what is called after each or none) -> rows so far`, capsules of Arrow's C interface.
pub fn function(py: Python<'_>, reader: Arc<Reader>) -> PyResult<Bound<'_, PyCFunction>> {
    function::plain(py, c"table", move |py| table(py, Arc::clone(&reader)))
}

fn table(py: Python<'_>, reader: Arc<Reader>) -> PyResult<(Py<PyAny>, Py<PyAny>, Py<PyAny>)> {
    let open = reader.get().map_err(|error| failure(&error))?;
    let fields = Arc::new(fields(&open.labels, open.units.as_deref(), open.embedding()));
    let batches: Arc<Mutex<Vec<Arc<Batch>>>> = Arc::default();
    let (kept, own) = (Arc::clone(&batches), Arc::clone(&fields));
    let add = function::of(py, c"add", move |py, (items, keys, step): (Py<PyList>, Vec<String>, Option<Py<PyAny>>)| {
        let open = reader.get().map_err(|error| failure(&error))?;
        let pictures = named(py, &items, keys)?;
        let (labels, units) = (open.labels.len(), open.units.as_ref().map_or(0, Vec::len));
        let mut batch = Batch::new(&own);
        py.detach(|| {
            answers(open, pictures, false, step.as_ref(), |told| {
                batch.add(&told.record, labels, units, open.embedding().is_some());
                Ok(())
            })
        })?;
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if batch.rows > 0 {
            kept.push(Arc::new(batch));
        }
        Ok(kept.iter().map(|batch| batch.rows).sum::<usize>())
    })?;
    let own = Arc::clone(&fields);
    let stream = function::plain(py, c"stream", move |py| {
        let all = batches.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let stream = ArrowArrayStream::of(Arc::clone(&own), all);
        Ok(PyCapsule::new_with_value(py, stream, c"arrow_array_stream")?.into_any().unbind())
    })?;
    let schema = function::plain(py, c"schema", move |py| {
        Ok(PyCapsule::new_with_value(py, ArrowSchema::of(&fields), c"arrow_schema")?.into_any().unbind())
    })?;
    Ok((add.into_any().unbind(), stream.into_any().unbind(), schema.into_any().unbind()))
}
