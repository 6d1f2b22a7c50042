//! NumPy's `.npy` files of float32 tensors.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

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

/// A file of arrays of one shape, one after another: float32 `[N, ...]` in C order, N known at the end.
#[derive(Debug)]
pub struct Growing {
    path: PathBuf,
    file: BufWriter<File>,
    shape: Vec<usize>,
    count: usize,
}

/// Bytes before the values, with room for any number.
const HEAD: usize = 192;

impl Growing {
    /// Begins the file.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written.
    pub fn create(path: &Path, shape: &[usize]) -> Result<Self> {
        let file = File::create(path).map_err(|error| Error::io(path, error))?;
        let mut growing = Self { path: path.into(), file: BufWriter::new(file), shape: shape.into(), count: 0 };
        growing.put(&growing.head())?;
        Ok(growing)
    }

    /// One more array.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written.
    pub fn push(&mut self, values: &[f32]) -> Result<()> {
        self.count += 1;
        self.put(&values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
    }

    /// Writes how many there are.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written.
    pub fn finish(mut self) -> Result<()> {
        let head = self.head();
        self.file.seek(SeekFrom::Start(0)).map_err(|error| Error::io(&self.path, error))?;
        self.put(&head)?;
        self.file.flush().map_err(|error| Error::io(&self.path, error))
    }

    fn head(&self) -> Vec<u8> {
        let sides: String = self.shape.iter().map(|side| format!("{side}, ")).collect();
        let words = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {sides}), }}", self.count);
        let mut head = b"\x93NUMPY\x01\x00".to_vec();
        head.extend(((HEAD - 10) as u16).to_le_bytes());
        head.extend(words.bytes());
        head.resize(HEAD - 1, b' ');
        head.push(b'\n');
        head
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| Error::io(&self.path, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
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
    fn what_grew_is_read_again() {
        let path = scratch("growing.npy");
        let mut growing = Growing::create(&path, &[2, 2]).unwrap();
        growing.push(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        growing.push(&[5.0, 6.0, 7.0, 8.5]).unwrap();
        growing.finish().unwrap();
        let read = read(&path).unwrap();
        assert_eq!((read.shape, read.values), (vec![2, 2, 2], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.5]));
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
