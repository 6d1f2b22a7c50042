//! Memory of the device that is free again when its owner is gone.

use std::ops::Deref;

/// A buffer or texture of wgpu's. In a browser, dropping that leaves its memory until garbage is collected, which may be long: it is destroyed instead,
/// and what was submitted before goes on.
#[derive(Debug)]
pub(super) struct Owned<T: Destroy>(pub T);

/// What the device can be told to forget.
pub(super) trait Destroy {
    /// Frees the memory, once what was submitted is done.
    fn destroy(&self);
}

impl Destroy for wgpu::Buffer {
    fn destroy(&self) {
        Self::destroy(self);
    }
}

impl Destroy for wgpu::Texture {
    fn destroy(&self) {
        Self::destroy(self);
    }
}

impl<T: Destroy> Deref for Owned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Destroy> Drop for Owned<T> {
    fn drop(&mut self) {
        if cfg!(target_family = "wasm") {
            self.0.destroy();
        }
    }
}
