//! Columns as others read them without a copy: the C data interface and the C stream interface of Apache Arrow, whose specification says what each part means and
//! who frees it (arrow.apache.org/docs/format/CDataInterface.html). What is exported keeps the rows it points into.
#![allow(unsafe_code)]

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;

use crate::rows::{Batch, Column, Field, Kind, Values};

/// `ARROW_FLAG_NULLABLE`.
const NULLABLE: i64 = 2;

#[repr(C)]
pub struct ArrowSchema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut ArrowSchema,
    dictionary: *mut ArrowSchema,
    release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    private_data: *mut c_void,
}

#[repr(C)]
struct ArrowArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut ArrowArray,
    dictionary: *mut ArrowArray,
    release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    private_data: *mut c_void,
}

#[repr(C)]
pub struct ArrowArrayStream {
    get_schema: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    private_data: *mut c_void,
}

// SAFETY: what they point to is shared or their own, and is freed by whatever thread releases them.
unsafe impl Send for ArrowSchema {}
// SAFETY: as above.
unsafe impl Send for ArrowArrayStream {}

/// What an [`ArrowSchema`] points to.
struct OfSchema {
    _texts: [CString; 2],
    children: Vec<*mut ArrowSchema>,
}

/// What an [`ArrowArray`] points to.
struct OfArray {
    _batch: Arc<Batch>,
    buffers: Vec<*const c_void>,
    children: Vec<*mut ArrowArray>,
}

/// What an [`ArrowArrayStream`] gives.
struct OfStream {
    fields: Arc<Vec<Field>>,
    batches: std::vec::IntoIter<Arc<Batch>>,
}

impl ArrowSchema {
    /// Of rows of these columns.
    pub fn of(fields: &[Field]) -> Self {
        let children = fields.iter().map(|field| {
            let (format, inner) = match field.kind {
                Kind::Text => ("u".to_owned(), None),
                Kind::Bool => ("b".to_owned(), None),
                Kind::U32 => ("I".to_owned(), None),
                Kind::I32 => ("i".to_owned(), None),
                Kind::F32 => ("f".to_owned(), None),
                Kind::F64 => ("g".to_owned(), None),
                Kind::Vector(numbers) => (format!("+w:{numbers}"), Some(Self::new("f", "item", 0, Vec::new()))),
            };
            Self::new(&format, &field.name, if field.nullable { NULLABLE } else { 0 }, inner.into_iter().collect())
        });
        Self::new("+s", "", 0, children.collect())
    }

    fn new(format: &str, name: &str, flags: i64, children: Vec<Self>) -> Self {
        // A label with a zero in it is cut there.
        let text = |text: &str| CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default();
        let texts = [text(format), text(name)];
        let (format, name) = (texts[0].as_ptr(), texts[1].as_ptr());
        let children = children.into_iter().map(|child| Box::into_raw(Box::new(child))).collect();
        let mut own = Box::new(OfSchema { _texts: texts, children });
        Self {
            format,
            name,
            metadata: ptr::null(),
            flags,
            n_children: own.children.len() as i64,
            children: own.children.as_mut_ptr(),
            dictionary: ptr::null_mut(),
            release: Some(release_schema),
            private_data: Box::into_raw(own).cast(),
        }
    }
}

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: a consumer calls it once, with what `ArrowSchema::new` made.
    unsafe {
        let own = Box::from_raw((*schema).private_data.cast::<OfSchema>());
        for child in own.children {
            drop(Box::from_raw(child));
        }
        (*schema).release = None;
    }
}

impl Drop for ArrowSchema {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: nobody released it before.
            unsafe { release(self) };
        }
    }
}

impl ArrowArray {
    fn of(batch: &Arc<Batch>, fields: &[Field]) -> Self {
        let children = batch.columns.iter().zip(fields).map(|(column, field)| Self::column(batch, column, field.kind)).collect();
        Self::new(batch, batch.rows, 0, vec![ptr::null()], children)
    }

    fn column(batch: &Arc<Batch>, column: &Column, kind: Kind) -> Self {
        fn at<T>(values: &[T]) -> *const c_void {
            values.as_ptr().cast()
        }
        let mut buffers = vec![if column.nulls == 0 { ptr::null() } else { at(&column.valid) }];
        let mut children = Vec::new();
        match &column.values {
            Values::Text { offsets, bytes } => buffers.extend([at(offsets), at(bytes)]),
            Values::Bool(bits) => buffers.push(at(bits)),
            Values::U32(all) => buffers.push(at(all)),
            Values::I32(all) => buffers.push(at(all)),
            Values::F32(all) => buffers.push(at(all)),
            Values::F64(all) => buffers.push(at(all)),
            Values::Vector(all) => {
                let numbers = if let Kind::Vector(numbers) = kind { numbers } else { 0 };
                children.push(Self::new(batch, batch.rows * numbers, 0, vec![ptr::null(), at(all)], Vec::new()));
            }
        }
        Self::new(batch, batch.rows, column.nulls, buffers, children)
    }

    fn new(batch: &Arc<Batch>, length: usize, nulls: usize, buffers: Vec<*const c_void>, children: Vec<Self>) -> Self {
        let children = children.into_iter().map(|child| Box::into_raw(Box::new(child))).collect();
        let mut own = Box::new(OfArray { _batch: Arc::clone(batch), buffers, children });
        Self {
            length: length as i64,
            null_count: nulls as i64,
            offset: 0,
            n_buffers: own.buffers.len() as i64,
            n_children: own.children.len() as i64,
            buffers: own.buffers.as_mut_ptr(),
            children: own.children.as_mut_ptr(),
            dictionary: ptr::null_mut(),
            release: Some(release_array),
            private_data: Box::into_raw(own).cast(),
        }
    }

    /// The end of a stream.
    fn none() -> Self {
        Self {
            length: 0,
            null_count: 0,
            offset: 0,
            n_buffers: 0,
            n_children: 0,
            buffers: ptr::null_mut(),
            children: ptr::null_mut(),
            dictionary: ptr::null_mut(),
            release: None,
            private_data: ptr::null_mut(),
        }
    }
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: a consumer calls it once, with what `ArrowArray::new` made. A child that it took has no release any more, its place is freed all the same.
    unsafe {
        let own = Box::from_raw((*array).private_data.cast::<OfArray>());
        for child in own.children {
            drop(Box::from_raw(child));
        }
        (*array).release = None;
    }
}

impl Drop for ArrowArray {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: nobody released it before.
            unsafe { release(self) };
        }
    }
}

impl ArrowArrayStream {
    /// All rows, a batch after the other.
    pub fn of(fields: Arc<Vec<Field>>, batches: Vec<Arc<Batch>>) -> Self {
        let own = Box::new(OfStream { fields, batches: batches.into_iter() });
        Self {
            get_schema: Some(get_schema),
            get_next: Some(get_next),
            get_last_error: Some(get_last_error),
            release: Some(release_stream),
            private_data: Box::into_raw(own).cast(),
        }
    }
}

unsafe extern "C" fn get_schema(stream: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
    // SAFETY: the stream is one of `ArrowArrayStream::of` that was not released; `out` is the consumer's, and holds nothing yet.
    unsafe {
        let own = &*(*stream).private_data.cast::<OfStream>();
        out.write(ArrowSchema::of(&own.fields));
    }
    0
}

unsafe extern "C" fn get_next(stream: *mut ArrowArrayStream, out: *mut ArrowArray) -> c_int {
    // SAFETY: as in `get_schema`.
    unsafe {
        let own = &mut *(*stream).private_data.cast::<OfStream>();
        let next = own.batches.next();
        out.write(next.map_or_else(ArrowArray::none, |batch| ArrowArray::of(&batch, &own.fields)));
    }
    0
}

unsafe extern "C" fn get_last_error(_: *mut ArrowArrayStream) -> *const c_char {
    ptr::null()
}

unsafe extern "C" fn release_stream(stream: *mut ArrowArrayStream) {
    // SAFETY: a consumer calls it once, with what `ArrowArrayStream::of` made.
    unsafe {
        drop(Box::from_raw((*stream).private_data.cast::<OfStream>()));
        (*stream).release = None;
    }
}

impl Drop for ArrowArrayStream {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: nobody released it before.
            unsafe { release(self) };
        }
    }
}
