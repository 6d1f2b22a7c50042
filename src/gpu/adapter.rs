//! What an adapter says of itself.

/// NVIDIA's number among the makers of PCI devices.
#[cfg(not(target_family = "wasm"))]
pub(super) const NVIDIA: u32 = 0x10DE;

/// What an adapter says of itself.
#[derive(Debug, Clone)]
pub struct Adapter {
    /// What a browser was asked for.
    #[cfg(target_family = "wasm")]
    pub(super) asked: Option<String>,
    /// Vendor and device; 0 where the backend does not say.
    #[cfg(not(target_family = "wasm"))]
    pub(super) identity: (u32, u32),
    /// Position in [`adapters`](super::adapters), best first: what `--device INDEX` takes. 0 for one that the caller opened.
    pub index: usize,
    /// Name as the driver gives it.
    pub name: String,
    /// `vulkan`, `metal`, `dx12`, `gl`, `webgpu`.
    pub backend: String,
    /// `discrete`, `integrated`, `virtual`, `cpu`, `other`.
    pub kind: String,
    /// Driver and version, in the driver's own words.
    pub driver: String,
    /// Its place on the PCI bus, as `0000:65:00.0`; empty where the backend does not say.
    pub pci_bus: String,
    /// Smallest and largest subgroup, in lanes; 0 where the adapter does not say.
    pub subgroup: [u32; 2],
    /// Largest storage binding in bytes.
    pub max_binding_bytes: u64,
    /// Features moue can use, by name: `subgroup`, `f16`, `timestamps`.
    pub features: Vec<String>,
    /// Shaders can convert pairs of f16 to f32 and back: almost everywhere, without f16 arithmetic too.
    pub converts_f16: bool,
    /// Cooperative matrices of 16 x 16 x 16, products of f16 and sums of f32, are among those it has.
    pub matrices: bool,
}

impl Adapter {
    pub(super) fn of(index: usize, adapter: &wgpu::Adapter) -> Self {
        let (info, limits, features) = (adapter.get_info(), adapter.limits(), adapter.features());
        let named = [
            (wgpu::Features::SUBGROUP, "subgroup"),
            (wgpu::Features::SHADER_F16, "f16"),
            (wgpu::Features::TIMESTAMP_QUERY, "timestamps"),
            (wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX, "cooperative-matrix"),
        ];
        Self {
            #[cfg(target_family = "wasm")]
            asked: None,
            #[cfg(not(target_family = "wasm"))]
            identity: (info.vendor, info.device),
            index,
            name: info.name,
            backend: info.backend.to_str().to_owned(),
            kind: match info.device_type {
                wgpu::DeviceType::DiscreteGpu => "discrete",
                wgpu::DeviceType::IntegratedGpu => "integrated",
                wgpu::DeviceType::VirtualGpu => "virtual",
                wgpu::DeviceType::Cpu => "cpu",
                wgpu::DeviceType::Other => "other",
            }
            .to_owned(),
            pci_bus: info.device_pci_bus_id,
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            subgroup: [info.subgroup_min_size, info.subgroup_max_size],
            max_binding_bytes: limits.max_storage_buffer_binding_size,
            features: named.iter().filter(|(f, _)| features.contains(*f)).map(|(_, n)| (*n).to_owned()).collect(),
            matrices: adapter.cooperative_matrix_properties().iter().any(|sizes| {
                [sizes.m_size, sizes.n_size, sizes.k_size] == [16; 3]
                    && sizes.ab_type == wgpu::CooperativeScalarType::F16
                    && sizes.cr_type == wgpu::CooperativeScalarType::F32
            }),
            converts_f16: adapter.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::SHADER_F16_IN_F32),
        }
    }

    /// Whether it is one of NVIDIA's cards.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn is_nvidia(&self) -> bool {
        self.identity.0 == NVIDIA && self.kind != "cpu"
    }

    /// Where it is among `found`; of several that are alike the one in its own place, else the first.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn place(&self, found: &[Self]) -> Option<usize> {
        let alike = |other: &Self| {
            (&other.name, &other.backend, &other.identity, &other.pci_bus)
                == (&self.name, &self.backend, &self.identity, &self.pci_bus)
        };
        let own = found.get(self.index).is_some_and(alike).then_some(self.index);
        own.or_else(|| found.iter().position(alike))
    }
}

/// Whether an adapter of which a browser says this shares the processor's memory; to wgpu every one is `other` there. Of NVIDIA and AMD it says no more of one
/// kind than of the other; Intel's cards are of architectures for high performance (`gen-12hp`, `xe-hpg`, `xe-2hpg`).
#[cfg(any(test, all(feature = "web", target_family = "wasm")))]
pub(crate) fn is_integrated(vendor: &str, architecture: &str) -> bool {
    let [vendor, architecture] = [vendor, architecture].map(str::to_lowercase);
    match vendor.as_str() {
        "apple" | "arm" | "img-tec" | "qualcomm" => true,
        // One that is not named may be either.
        "intel" => !architecture.is_empty() && !["hp", "arc"].iter().any(|part| architecture.contains(part)),
        _ => false,
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::{Adapter, is_integrated};

    fn adapter(index: usize, name: &str, device: u32, bus: &str) -> Adapter {
        Adapter {
            identity: (1, device),
            pci_bus: bus.to_owned(),
            index,
            name: name.to_owned(),
            backend: "vulkan".to_owned(),
            kind: "discrete".to_owned(),
            driver: String::new(),
            subgroup: [32, 32],
            max_binding_bytes: 0,
            features: Vec::new(),
            converts_f16: true,
            matrices: false,
        }
    }

    #[test]
    fn an_adapter_is_found_again_by_what_it_is() {
        let found = [adapter(0, "A", 1, "01"), adapter(1, "B", 2, "02"), adapter(2, "B", 2, "03"), adapter(3, "B", 2, "03")];
        // A lent one has the index 0.
        assert_eq!(adapter(0, "B", 2, "03").place(&found), Some(2));
        assert_eq!(adapter(3, "B", 2, "03").place(&found), Some(3));
        assert_eq!(adapter(0, "A", 1, "01").place(&found), Some(0));
        for stranger in [adapter(0, "A", 2, "01"), adapter(0, "C", 1, "01"), adapter(1, "B", 2, "04")] {
            assert_eq!(stranger.place(&found), None);
        }
        assert_eq!(Adapter { backend: "gl".to_owned(), ..adapter(0, "A", 1, "01") }.place(&found), None);
    }

    #[test]
    fn a_browsers_adapter_is_integrated_by_its_maker() {
        for (vendor, architecture) in
            [("intel", "gen-9"), ("Intel", "gen-12lp"), ("intel", "xe-lpg"), ("intel", "xe-2lpg"), ("apple", "metal-3")]
        {
            assert!(is_integrated(vendor, architecture), "{vendor} {architecture}");
        }
        for vendor in ["apple", "arm", "img-tec", "qualcomm"] {
            assert!(is_integrated(vendor, ""), "{vendor}");
        }
        for architecture in ["gen-12hp", "xe-hpg", "xe-2hpg", "Arc", ""] {
            assert!(!is_integrated("intel", architecture), "intel {architecture}");
        }
        for (vendor, architecture) in [("nvidia", "ampere"), ("amd", "rdna-2"), ("google", "swiftshader"), ("", "")] {
            assert!(!is_integrated(vendor, architecture), "{vendor} {architecture}");
        }
    }
}
