//! Functions that Python calls.

use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use pyo3::{FromPyObject, IntoPyObjectExt};

/// A function of positional arguments: as many as `A`, a tuple, has.
pub fn of<'py, A, R>(
    py: Python<'py>,
    name: &'static CStr,
    work: impl for<'a> Fn(Python<'a>, A) -> PyResult<R> + Send + Sync + 'static,
) -> PyResult<Bound<'py, PyCFunction>>
where
    A: for<'a, 'b> FromPyObject<'a, 'b, Error = PyErr>,
    R: for<'a> IntoPyObjectExt<'a>,
{
    PyCFunction::new_closure(py, Some(name), None, move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
        let py = arguments.py();
        work(py, arguments.extract::<A>()?)?.into_py_any(py)
    })
}

/// A function without arguments.
pub fn plain<'py, R>(
    py: Python<'py>,
    name: &'static CStr,
    work: impl for<'a> Fn(Python<'a>) -> PyResult<R> + Send + Sync + 'static,
) -> PyResult<Bound<'py, PyCFunction>>
where
    R: for<'a> IntoPyObjectExt<'a>,
{
    PyCFunction::new_closure(py, Some(name), None, move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
        let py = arguments.py();
        work(py)?.into_py_any(py)
    })
}
