//! Pictures as Python has them: a path, bytes of a file, or the memory of an array.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::path::PathBuf;

use image::RgbImage;
use moue::recognizer::Source;
use moue::{Error, Result, photo};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// A picture of Python's.
pub enum Item {
    Path(PathBuf),
    Bytes(Vec<u8>),
    Array(Array),
    /// It is no picture, and why.
    Refused(String),
}

/// An array `[height, width, 3]` of u8, contiguous.
pub struct Array {
    /// Keeps the memory.
    _owner: Py<PyAny>,
    address: usize,
    width: u32,
    height: u32,
}

impl Item {
    /// Of a path, of `bytes`, of `(array, address, height, width)`, or of `(reason,)`.
    pub fn of(item: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = item.cast::<PyBytes>() {
            return Ok(Self::Bytes(bytes.as_bytes().to_vec()));
        }
        if let Ok((owner, address, height, width)) = item.extract::<(Py<PyAny>, usize, u32, u32)>() {
            return Ok(Self::Array(Array { _owner: owner, address, width, height }));
        }
        if let Ok((reason,)) = item.extract::<(String,)>() {
            return Ok(Self::Refused(reason));
        }
        Ok(Self::Path(item.extract()?))
    }

    /// The picture; of an array where it lies.
    ///
    /// # Errors
    /// As [`photo::read`] and [`photo::decode`].
    pub fn picture(&self) -> Result<Picture<'_>> {
        match self {
            Self::Path(path) => photo::read(path).map(Picture::Own),
            Self::Bytes(bytes) => photo::decode(bytes).map(Picture::Own),
            Self::Array(array) => array.lent(),
            Self::Refused(reason) => Err(Error::Argument(reason.clone())),
        }
    }
}

impl Source for Item {
    fn read(&mut self) -> Result<RgbImage> {
        match self.picture()? {
            Picture::Own(picture) => Ok(picture),
            // Threads that nobody joins must not have what is somebody else's.
            Picture::Lent(picture, _) => Ok(RgbImage::clone(&picture)),
        }
    }
}

impl Array {
    fn lent(&self) -> Result<Picture<'_>> {
        let length = self.width as usize * self.height as usize * 3;
        // SAFETY: the memory is the owner's, of this length, and stays while the owner does; nothing frees it here, as it is never dropped, and nothing lets it grow, as
        // it is only lent. Who writes to the array meanwhile reads what is neither: the documentation says so.
        #[allow(unsafe_code)]
        let pixels = unsafe { Vec::from_raw_parts(self.address as *mut u8, length, length) };
        match RgbImage::from_raw(self.width, self.height, pixels) {
            Some(picture) => Ok(Picture::Lent(ManuallyDrop::new(picture), PhantomData)),
            None => Err(Error::Defect("an array is shorter than its shape says".into())),
        }
    }
}

/// A picture, or one of somebody else's.
pub enum Picture<'a> {
    Own(RgbImage),
    Lent(ManuallyDrop<RgbImage>, PhantomData<&'a Array>),
}

impl Deref for Picture<'_> {
    type Target = RgbImage;

    fn deref(&self) -> &RgbImage {
        match self {
            Self::Own(picture) => picture,
            Self::Lent(picture, _) => picture,
        }
    }
}
