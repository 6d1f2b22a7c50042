//! NumPy's `.npy` files of float32 tensors.

use std::path::Path;

use npyz::{NpyFile, Order, WriterBuilder};

use super::files;
use crate::error::{Error, Result};

/// A float32 tensor in C order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Length of every axis, outermost first.
    pub shape: Vec<usize>,
    /// The values.
    pub values: Vec<f32>,
}

/// Reads a float32 (or float64, narrowed) array in C order.
///
/// # Errors
/// [`Error::Io`] where the file cannot be read, [`Error::Argument`] where it is not such an array.
pub fn read(path: &Path) -> Result<Array> {
    let bytes = std::fs::read(path).map_err(|error| Error::io(path, error))?;
    let wrong = |reason: &str| Error::Argument(format!("{}: {reason}", path.display()));
    let file = NpyFile::new(&bytes[..]).map_err(|_| wrong("not a .npy file: save the array with `numpy.save`"))?;
    if file.order() != Order::C {
        return Err(wrong("in Fortran order: save it with `numpy.ascontiguousarray`"));
    }
    let shape = file.shape().iter().map(|&n| usize::try_from(n)).collect::<Result<Vec<_>, _>>();
    let shape = shape.map_err(|_| wrong("a side is longer than this machine can address"))?;
    let kind = file.dtype().descr();
    let values = match file.try_data::<f32>() {
        Ok(data) => data.collect::<Result<Vec<_>, _>>(),
        Err(file) => match file.try_data::<f64>() {
            Ok(data) => data.map(|value| value.map(|v| v as f32)).collect(),
            Err(file) => match file.try_data::<u8>() {
                Ok(data) => data.map(|value| value.map(f32::from)).collect(),
                Err(_) => return Err(wrong(&format!("holds {kind}: save it with `.astype(numpy.float32)`"))),
            },
        },
    };
    let values = values.map_err(|error| wrong(&format!("cut short or damaged: {error}")))?;
    if shape.iter().product::<usize>() != values.len() {
        return Err(wrong("cut short: fewer values than its shape says"));
    }
    Ok(Array { shape, values })
}

/// Writes a float32 array in C order.
///
/// # Errors
/// [`Error::Io`] where the file cannot be written.
pub fn write(path: &Path, array: &Array) -> Result<()> {
    let shape: Vec<u64> = array.shape.iter().map(|&n| n as u64).collect();
    let mut bytes = Vec::new();
    let written = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(&mut bytes).begin_nd().and_then(|mut writer| {
        writer.extend(array.values.iter().copied())?;
        writer.finish()
    });
    written.map_err(|error| Error::io(path, error))?;
    files::write(path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("moue-npy-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(name)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let path = scratch("round.npy");
        let array = Array { shape: vec![2, 3, 1, 2], values: (0..12).map(|i| i as f32 * 0.37 - 1.0).collect() };
        write(&path, &array).unwrap();
        assert_eq!(read(&path).unwrap(), array);
    }

    #[test]
    fn a_cut_file_and_integers_are_refused_by_name() {
        let path = scratch("cut.npy");
        write(&path, &Array { shape: vec![4], values: vec![1.0; 4] }).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("cut short"));
        std::fs::write(&path, b"not numpy").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("not a .npy file"));
    }
}
