//! The native half of the Python package: python/moue is the other, and documents what users call.
//!
//! Classes live there. What is open here is functions that own it: Python calls them, and drops them. They take and give plain values, records as JSON, so that
//! numbers are those of the command line to the last digit. pyo3's macros are left out: they ask more of a library under all others than the program does, and moue
//! would be compiled once more for it.

mod arrow;
mod devices;
mod failure;
mod function;
mod maps;
mod network;
mod own;
mod pictures;
mod reader;
mod recipe;
mod rows;
mod table;
mod video;

use std::ffi::OsString;

use pyo3::prelude::*;
use pyo3::types::PyModule;

/// What Python calls when it imports the module.
// SAFETY: no other function of the process has the name of this module's.
#[allow(unsafe_code, non_snake_case)]
#[unsafe(no_mangle)]
pub extern "C" fn PyInit__moue() -> *mut pyo3::ffi::PyObject {
    Python::attach(|py| match module(py) {
        Ok(module) => module.into_ptr(),
        Err(error) => {
            error.restore(py);
            std::ptr::null_mut()
        }
    })
}

fn module(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    let module = PyModule::new(py, "_moue")?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("open", function::of(py, c"open", reader::open)?)?;
    module.add("devices", function::of(py, c"devices", devices::devices)?)?;
    module.add("lbp", function::of(py, c"lbp", maps::lbp)?)?;
    module.add("lut", function::of(py, c"lut", maps::lut)?)?;
    module.add("distances", function::of(py, c"distances", maps::distances)?)?;
    module.add("import_model", function::of(py, c"import_model", network::import)?)?;
    module.add("network", function::of(py, c"network", network::open)?)?;
    module.add("cli", function::of(py, c"cli", cli)?)?;
    Ok(module)
}

/// `(arguments, whether standard output was closed) -> exit status`.
fn cli(py: Python<'_>, (arguments, closed): (Vec<OsString>, bool)) -> PyResult<u8> {
    Ok(py.detach(|| moue::cli::run(arguments, closed)))
}
