//! Which adapters there are, and which one `--device` means.

#[cfg(not(target_family = "wasm"))]
use super::environment;
use crate::error::{Error, Result};

/// What an adapter says of itself.
#[derive(Debug, Clone)]
pub struct Adapter {
    /// What a browser was asked for.
    #[cfg(target_family = "wasm")]
    pub(super) asked: Option<String>,
    /// Vendor, device, and where on the bus it is; 0 and nothing where the backend does not say.
    #[cfg(not(target_family = "wasm"))]
    pub(super) identity: (u32, u32, String),
    /// Position in [`adapters`], best first: what `--device INDEX` takes. 0 for one that the caller opened.
    pub index: usize,
    /// Name as the driver gives it.
    pub name: String,
    /// `vulkan`, `metal`, `dx12`, `gl`, `webgpu`.
    pub backend: String,
    /// `discrete`, `integrated`, `virtual`, `cpu`, `other`.
    pub kind: String,
    /// Driver and version, in the driver's own words.
    pub driver: String,
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
            identity: (info.vendor, info.device, info.device_pci_bus_id),
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

    /// Where it is among `found`; of several that are alike the one in its own place, else the first.
    #[cfg(not(target_family = "wasm"))]
    fn place(&self, found: &[Self]) -> Option<usize> {
        let alike = |other: &Self| (&other.name, &other.backend, &other.identity) == (&self.name, &self.backend, &self.identity);
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

/// Every adapter of this machine, best first. `WGPU_BACKEND` narrows the choice (`vulkan`, `metal`, `dx12`, `gl`, or several with commas); without it, or where
/// it is empty, OpenGL is looked for only where there is nothing else. None where it names what is no backend: [`super::environment()`] says so.
#[cfg(not(target_family = "wasm"))]
pub fn adapters() -> Vec<Adapter> {
    let found = pollster::block_on(found()).unwrap_or_default();
    found.iter().enumerate().map(|(index, adapter)| Adapter::of(index, adapter)).collect()
}

#[cfg(not(target_family = "wasm"))]
async fn found() -> Result<Vec<wgpu::Adapter>> {
    // OpenGL last: a driver's OpenGL twin is slower than the driver, and merely looking for one disturbs headless machines.
    let narrowed = environment::backends()?;
    let mut adapters = match &narrowed {
        Some((backends, _)) => of_backends(*backends).await,
        None => of_backends(wgpu::Backends::PRIMARY).await,
    };
    if adapters.is_empty() && narrowed.is_none() {
        adapters = of_backends(wgpu::Backends::GL).await;
    }
    adapters.sort_by_key(|adapter| {
        let info = adapter.get_info();
        let kind = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => 0,
            wgpu::DeviceType::IntegratedGpu => 1,
            wgpu::DeviceType::VirtualGpu => 2,
            wgpu::DeviceType::Other => 3,
            wgpu::DeviceType::Cpu => 4,
        };
        // Among CPU adapters the one with wider subgroups is faster.
        (kind, std::cmp::Reverse(info.subgroup_max_size))
    });
    Ok(adapters)
}

/// Why there is no adapter at all, and what to try.
#[cfg(not(target_family = "wasm"))]
pub fn no_adapter() -> String {
    match environment::backends() {
        Err(error) => error.to_string(),
        Ok(Some((_, variable))) => format!("{variable}: no GPU adapter was found there; unset it to look for all"),
        Ok(None) if cfg!(target_os = "linux") => {
            "no GPU adapter was found: install the GPU's Vulkan driver, or Mesa's `mesa-vulkan-drivers` for an adapter in software; a container needs both the \
             driver and the GPU handed in"
                .to_owned()
        }
        Ok(None) => "no GPU adapter was found (Vulkan, Metal or DX12): install the GPU's driver".to_owned(),
    }
}

#[cfg(not(target_family = "wasm"))]
async fn of_backends(backends: wgpu::Backends) -> Vec<wgpu::Adapter> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    descriptor.backends = backends;
    let instance = wgpu::Instance::new(descriptor);
    let mut adapters = instance.enumerate_adapters(backends).await;
    adapters.retain(|adapter| adapter.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS));
    adapters
}

/// A browser gives one adapter: the faster one of two where `choice` is `high-performance`, the thriftier one where it is `low-power`. It has no name where the
/// browser says none.
#[cfg(target_family = "wasm")]
pub(super) async fn choose(choice: Option<&str>) -> Result<(Adapter, wgpu::Adapter)> {
    let power_preference = match choice {
        Some("low-power") => wgpu::PowerPreference::LowPower,
        Some("high-performance") => wgpu::PowerPreference::HighPerformance,
        _ => wgpu::PowerPreference::None,
    };
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::BROWSER_WEBGPU;
    let instance = wgpu::Instance::new(descriptor);
    let options = wgpu::RequestAdapterOptions { power_preference, ..Default::default() };
    match instance.request_adapter(&options).await {
        Ok(adapter) => Ok((Adapter { asked: choice.map(str::to_owned), ..Adapter::of(0, &adapter) }, adapter)),
        Err(error) => Err(Error::NoAdapter(format!("the browser gives no GPU adapter: {error}"))),
    }
}

/// The adapter that `same` describes.
#[cfg(not(target_family = "wasm"))]
pub(super) async fn again(same: &Adapter) -> Result<(Adapter, wgpu::Adapter)> {
    let adapters = found().await?;
    let described: Vec<Adapter> = adapters.iter().enumerate().map(|(index, adapter)| Adapter::of(index, adapter)).collect();
    let place = same.place(&described);
    place.and_then(|place| Some((described[place].clone(), adapters.into_iter().nth(place)?))).ok_or_else(|| {
        let listed = names(&described);
        let listed = if listed.is_empty() { "there is none" } else { &listed };
        Error::NoAdapter(format!(
            "the adapter `{}` ({}) cannot be opened anew, as it is not among those of this machine ({listed}): open one of them by `Gpu::open`",
            same.name, same.backend
        ))
    })
}

/// As [`again`]: a browser gives what it gave for the same wish.
#[cfg(target_family = "wasm")]
pub(super) async fn again(same: &Adapter) -> Result<(Adapter, wgpu::Adapter)> {
    choose(same.asked.as_deref()).await
}

#[cfg(not(target_family = "wasm"))]
fn names(described: &[Adapter]) -> String {
    described.iter().map(|a| format!("{} {} ({})", a.index, a.name, a.backend)).collect::<Vec<_>>().join(", ")
}

/// The adapter that `choice` means: an index, a part of a name (case does not matter), or the best.
#[cfg(not(target_family = "wasm"))]
pub(super) async fn choose(choice: Option<&str>) -> Result<(Adapter, wgpu::Adapter)> {
    let adapters = found().await?;
    let described: Vec<Adapter> = adapters.iter().enumerate().map(|(index, adapter)| Adapter::of(index, adapter)).collect();
    let index = match choice {
        None => Some(0),
        Some(text) => text.parse::<usize>().ok().or_else(|| {
            let text = text.to_lowercase();
            described.iter().position(|adapter| adapter.name.to_lowercase().contains(&text))
        }),
    };
    index.and_then(|index| adapters.into_iter().nth(index).map(|adapter| (index, adapter))).map_or_else(
        || {
            Err(Error::NoAdapter(match (choice, described.is_empty()) {
                (None, _) => no_adapter(),
                (Some(_), true) => format!("{}; `cpu` needs none", no_adapter()),
                (Some(text), false) => format!("no adapter is called `{text}`; there are: {}, and cpu", names(&described)),
            }))
        },
        |(index, adapter)| Ok((described[index].clone(), adapter)),
    )
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::{Adapter, is_integrated};

    fn adapter(index: usize, name: &str, device: u32, bus: &str) -> Adapter {
        Adapter {
            identity: (1, device, bus.to_owned()),
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
