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
mod open;
mod own;
mod pictures;
mod reader;
mod recipe;
mod rows;
mod table;
mod video;

use std::cell::UnsafeCell;
use std::ffi::OsString;
use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyModule;

/// What Python calls when it imports the module.
// SAFETY: no other function of the process has the name of this module's.
#[allow(unsafe_code, non_snake_case)]
#[unsafe(no_mangle)]
pub extern "C" fn PyInit__moue() -> *mut ffi::PyObject {
    static DEFINITION: Definition = Definition(UnsafeCell::new(ffi::PyModuleDef {
        m_base: ffi::PyModuleDef_HEAD_INIT,
        m_name: c"_moue".as_ptr(),
        m_doc: ptr::null(),
        // One interpreter of a process has it.
        m_size: -1,
        m_methods: ptr::null_mut(),
        m_slots: ptr::null_mut(),
        m_traverse: None,
        m_clear: None,
        m_free: None,
    }));
    Python::attach(|py| {
        // SAFETY: Python calls this with its lock, and the definition stays where it is; a module that is none is an error that Python has.
        let made = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyModule_Create(DEFINITION.0.get())) };
        let made = made.and_then(|module| Ok(module.cast_into::<PyModule>()?)).and_then(|module| fill(&module).map(|()| module));
        match made {
            Ok(module) => module.into_ptr(),
            Err(error) => {
                error.restore(py);
                ptr::null_mut()
            }
        }
    })
}

/// Python's to write to.
struct Definition(UnsafeCell<ffi::PyModuleDef>);

// SAFETY: only Python reads or writes it, with its lock.
#[allow(unsafe_code)]
unsafe impl Sync for Definition {}

fn fill(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("open", function::of(py, c"open", open::open)?)?;
    module.add("devices", function::plain(py, c"devices", devices::devices)?)?;
    module.add("lbp", function::of(py, c"lbp", maps::lbp)?)?;
    module.add("lut", function::of(py, c"lut", maps::lut)?)?;
    module.add("distances", function::of(py, c"distances", maps::distances)?)?;
    module.add("import_model", function::of(py, c"import_model", network::import)?)?;
    module.add("network", function::of(py, c"network", network::open)?)?;
    module.add("cli", function::of(py, c"cli", cli)?)?;
    Ok(())
}

/// `(arguments, whether standard output was closed) -> exit status`.
fn cli(py: Python<'_>, (arguments, closed): (Vec<OsString>, bool)) -> PyResult<u8> {
    Ok(py.detach(|| moue::cli::run(arguments, closed)))
}
