//! moue's errors as Python raises them.

use moue::Error;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// `moue.Error(code, message)`.
pub fn failure(error: &Error) -> PyErr {
    raised(error.code(), error.to_string())
}

fn raised(code: &'static str, message: String) -> PyErr {
    Python::attach(|py| {
        let class = py.import("moue._error").and_then(|module| Ok(module.getattr("Error")?.cast_into::<PyType>()?));
        class.map_or_else(|error| error, |class| PyErr::from_type(class, (code, message)))
    })
}

/// `moue.Error("argument", message)`.
pub fn argument(message: impl Into<String>) -> PyErr {
    failure(&Error::Argument(message.into()))
}
