//! The table of shaders that build.rs writes: sources and interfaces as naga sees them.

use crate::tensor::Precision;

/// One kernel's text and interface.
#[derive(Debug)]
pub struct Shader {
    /// Name in the table of variants.
    pub name: &'static str,
    /// Expanded WGSL.
    pub source: &'static str,
    /// Bindings of group 0, in order; the first is the uniform `params`.
    pub bindings: &'static [Binding],
    /// Invocations of a workgroup.
    pub workgroup: [u32; 3],
    /// Bytes of workgroup memory.
    pub workgroup_bytes: u32,
    /// Whether it needs subgroup operations.
    pub subgroup: bool,
    /// Whether it needs cooperative matrices.
    pub matrices: bool,
    /// Whether it needs arithmetic in f16.
    pub arithmetic_f16: bool,
    /// Its form for tensors in f16; `None` for that form itself, and where no tensor is read or written.
    pub f16: Option<&'static Shader>,
    /// Its form that adds no residual and reads none; `None` for that form itself, and where it has none.
    pub alone: Option<&'static Shader>,
    /// Its form that writes `output` into a texture; `None` for that form itself, and where it has none.
    pub texels: Option<&'static Shader>,
}

impl Shader {
    /// The form for tensors of `precision`.
    pub fn of(&'static self, precision: Precision) -> &'static Self {
        match (precision, self.f16) {
            (Precision::F16, Some(half)) => half,
            _ => self,
        }
    }

    /// Itself and its forms for tensors of the same precision.
    pub fn forms(&'static self) -> impl Iterator<Item = &'static Self> {
        let both = [Some(self), self.alone];
        both.into_iter().flatten().flat_map(|form| [Some(form), form.texels]).flatten()
    }

    /// What it does with the binding called `name`; [`BindingKind::Read`] where there is none.
    pub fn kind(&self, name: &str) -> BindingKind {
        self.bindings.iter().find(|binding| binding.name == name).map_or(BindingKind::Read, |binding| binding.kind)
    }
}

/// One binding of a shader.
#[derive(Debug)]
pub struct Binding {
    /// Name in the shader.
    pub name: &'static str,
    /// What the shader does with it.
    pub kind: BindingKind,
    /// What the texels of a texture are.
    pub texels: Precision,
}

/// Columns of the texture that a [`BindingKind::Texture`] or [`BindingKind::Image`] reads, and a [`BindingKind::Store`] writes.
pub const TEXTURE_WIDTH: u32 = 1024;

/// What a shader does with a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingKind {
    /// The uniform parameter struct, by dynamic offset.
    Params,
    /// A storage buffer that is read.
    Read,
    /// A storage buffer that is written.
    ReadWrite,
    /// Vec4s read through a sampled texture of [`TEXTURE_WIDTH`] columns. CPU adapters load texels ten times faster than from storage
    /// buffers: those go lane by lane, each behind a branch and a bounds check.
    Texture,
    /// As [`BindingKind::Texture`], through a storage texture: lavapipe's samplers are functions that are called, its image loads stand in
    /// place, and take half the time; with SwiftShader it is the other way round.
    Image,
    /// Vec4s written through a storage texture, which others read as texels: nothing is copied.
    Store,
}

impl BindingKind {
    /// Whether what it reads or writes lies in a texture.
    pub fn texels(self) -> bool {
        matches!(self, Self::Texture | Self::Image | Self::Store)
    }
}

include!(concat!(env!("OUT_DIR"), "/shaders.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    /// What `requestDevice` gives when nothing is asked for.
    #[test]
    fn every_shader_keeps_within_the_limits_that_webgpu_promises() {
        let limits = wgpu::Limits::default();
        for shader in ALL {
            let bound =
                |kinds: &[BindingKind]| shader.bindings.iter().filter(|binding| kinds.contains(&binding.kind)).count() as u32;
            let [x, y, z] = shader.workgroup;
            assert!(x * y * z <= limits.max_compute_invocations_per_workgroup, "{}: {x} x {y} x {z}", shader.name);
            assert!(x <= limits.max_compute_workgroup_size_x && z <= limits.max_compute_workgroup_size_z, "{}", shader.name);
            let buffers = bound(&[BindingKind::Read, BindingKind::ReadWrite]);
            assert!(buffers <= limits.max_storage_buffers_per_shader_stage, "{}: {buffers} buffers", shader.name);
            let (images, sampled) = (bound(&[BindingKind::Image, BindingKind::Store]), bound(&[BindingKind::Texture]));
            assert!(images <= limits.max_storage_textures_per_shader_stage, "{}: {images} storage textures", shader.name);
            assert!(sampled <= limits.max_sampled_textures_per_shader_stage, "{}: {sampled} textures", shader.name);
            // Those with matrices are left out where there is less.
            let bytes = shader.workgroup_bytes;
            assert!(bytes <= limits.max_compute_workgroup_storage_size || shader.matrices, "{}: {bytes} bytes", shader.name);
        }
        assert!(CONV_TILE_128.workgroup_bytes == 16_384 && CONV_MATRIX_128.workgroup_bytes > 16_384);
    }
}
