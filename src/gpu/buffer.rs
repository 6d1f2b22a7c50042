//! Buffers on the device, and what is written to them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::device::Gpu;
use super::mirror::Mirror;
use super::owned::Owned;
use super::shader::BindingKind;
use crate::error::{Error, Result};
use crate::tensor::Precision;

/// Bytes of uploads that wait in the host's memory at most.
const MOST_UNSENT: usize = 1 << 24;

/// A buffer on the device. Clones share it.
#[derive(Debug, Clone)]
pub struct Buffer {
    pub(super) held: Arc<Held>,
}

#[derive(Debug)]
pub(super) enum Held {
    Bytes(Owned<wgpu::Buffer>),
    /// Vec4s that shaders read and write through a texture only.
    Texels(Arc<Mirror>),
}

impl Buffer {
    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.held.size()
    }

    /// What is no texture.
    pub(super) fn bytes(&self) -> Option<&wgpu::Buffer> {
        match &*self.held {
            Held::Bytes(buffer) => Some(buffer),
            Held::Texels(_) => None,
        }
    }
}

impl Held {
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(buffer) => buffer.size(),
            Self::Texels(texture) => texture.size(),
        }
    }
}

impl Gpu {
    /// A buffer holding `bytes`, padded to whole words.
    ///
    /// # Errors
    /// [`Error::Limit`] where it exceeds the adapter's largest binding, [`Error::OutOfMemory`].
    pub fn upload(&self, label: &str, bytes: &[u8]) -> Result<Buffer> {
        self.filled(self.reserve(label, bytes.len() as u64)?, bytes)
    }

    /// A buffer of `values` in `precision`, for a binding of a shader: what it reads through a texture lies in one.
    ///
    /// # Errors
    /// As [`Gpu::upload`]; [`Error::Argument`] where f16 does not hold a value.
    pub fn upload_for(&self, kind: BindingKind, precision: Precision, label: &str, values: &[f32]) -> Result<Buffer> {
        let bytes = precision.bytes(label, values)?;
        self.filled(self.reserve_for(kind, precision, label, bytes.len() as u64)?, &bytes)
    }

    /// A buffer of `size` bytes, padded to whole words, to be written.
    ///
    /// # Errors
    /// As [`Gpu::upload`].
    pub fn reserve(&self, label: &str, size: u64) -> Result<Buffer> {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC;
        let buffer = self.allocate(label, size.next_multiple_of(4).max(16), usage)?;
        Ok(Buffer { held: Arc::new(Held::Bytes(buffer)) })
    }

    /// As [`Gpu::reserve`], for a binding of a shader.
    ///
    /// # Errors
    /// As [`Gpu::upload`].
    pub fn reserve_for(&self, kind: BindingKind, precision: Precision, label: &str, size: u64) -> Result<Buffer> {
        match kind {
            kind if kind.texels() => {
                let texture = Arc::new(Mirror::new(self, precision, label, size)?);
                Ok(Buffer { held: Arc::new(Held::Texels(texture)) })
            }
            _ => self.reserve(label, size),
        }
    }

    /// Bytes of the largest f32 tensor that every kernel can read: CPU adapters read some through textures. In f16 as many numbers fit.
    pub fn max_tensor(&self) -> u64 {
        self.most_for(if self.shared.capabilities.cpu { BindingKind::Texture } else { BindingKind::Read }, Precision::F32)
    }

    /// Bytes that a binding of this kind holds at most.
    pub fn most_for(&self, kind: BindingKind, precision: Precision) -> u64 {
        match kind {
            kind if kind.texels() => Mirror::most(self, precision).min(self.max_binding()),
            _ => self.max_binding(),
        }
    }

    /// Writes `bytes`, whole words (whole vec4s for a texture), to a place in `buffer`.
    ///
    /// # Errors
    /// [`Error::Argument`] where they do not lie in it or are no whole words; [`Error::OutOfMemory`], [`Error::DeviceLost`].
    pub fn write(&self, buffer: &Buffer, offset: u64, bytes: &[u8]) -> Result<()> {
        let size = buffer.size();
        let unit = match &*buffer.held {
            Held::Texels(texture) => texture.precision.vec4(),
            Held::Bytes(_) => 4,
        };
        if !offset.is_multiple_of(unit)
            || !(bytes.len() as u64).is_multiple_of(unit)
            || offset.checked_add(bytes.len() as u64).is_none_or(|end| end > size)
        {
            return Err(Error::Argument(format!("{} bytes at {offset} of a buffer of {size}", bytes.len())));
        }
        for (index, part) in bytes.chunks(MOST_UNSENT).enumerate() {
            let at = offset + (index * MOST_UNSENT) as u64;
            match &*buffer.held {
                Held::Bytes(buffer) => self.shared.queue.write_buffer(buffer, at, part),
                Held::Texels(texture) => texture.write(&self.shared.queue, at, part),
            }
            self.sent(part.len());
        }
        self.check("writing a buffer")
    }

    /// `buffer` with `bytes` in it; an end that is no whole unit is padded with zeros.
    fn filled(&self, buffer: Buffer, bytes: &[u8]) -> Result<Buffer> {
        let whole = bytes.len() / 16 * 16;
        self.write(&buffer, 0, &bytes[..whole])?;
        let rest = &bytes[whole..];
        if !rest.is_empty() {
            let mut last = [0; 16];
            last[..rest.len()].copy_from_slice(rest);
            let end = (buffer.size() - whole as u64).min(16) as usize;
            self.write(&buffer, whole as u64, &last[..end])?;
        }
        Ok(buffer)
    }

    /// Counts bytes that the queue holds until something is submitted, and sends them off when they are many.
    pub(super) fn sent(&self, bytes: usize) {
        if self.shared.unsent.fetch_add(bytes, Ordering::Relaxed) + bytes >= MOST_UNSENT {
            self.shared.unsent.store(0, Ordering::Relaxed);
            self.shared.queue.submit([]);
            // In a browser this does nothing, and the queue empties by itself.
            let _ = self.shared.device.poll(wgpu::PollType::wait_indefinitely());
        }
    }

    pub(super) fn allocate(&self, label: &str, size: u64, usage: wgpu::BufferUsages) -> Result<Owned<wgpu::Buffer>> {
        if size > self.max_binding() {
            return Err(Error::Limit {
                adapter: self.name().to_owned(),
                reason: format!("`{label}` needs a buffer of {size} bytes, the largest binding is {}", self.max_binding()),
            });
        }
        let buffer = self.shared.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size,
            usage,
            mapped_at_creation: false,
        });
        let buffer = Owned(buffer);
        self.check(label)?;
        Ok(buffer)
    }
}
