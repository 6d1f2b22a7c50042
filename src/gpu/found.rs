//! Which adapters there are, and which one `--device` means.

use super::adapter::Adapter;
#[cfg(not(target_family = "wasm"))]
use super::{
    chosen::{self, Why},
    cuda, environment,
};
use crate::error::{Error, Result};

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

/// The adapter that `choice` means: an index, a part of a name (case does not matter), a place on the PCI bus, `cuda:N`, or the best.
#[cfg(not(target_family = "wasm"))]
pub(super) async fn choose(choice: Option<&str>) -> Result<(Adapter, wgpu::Adapter)> {
    let adapters = found().await?;
    let described: Vec<Adapter> = adapters.iter().enumerate().map(|(index, adapter)| Adapter::of(index, adapter)).collect();
    let index = chosen::chosen(&described, choice, || cuda::of_machine(&described)).map_err(|why| {
        Error::NoAdapter(match (choice, why, described.is_empty()) {
            (None, Why::Said(reason), _) => reason,
            (None, Why::None, _) => no_adapter(),
            (Some(_), _, true) => format!("{}; `cpu` needs none", no_adapter()),
            (Some(text), Why::None, false) => format!("no adapter is called `{text}`; there are: {}, and cpu", names(&described)),
            (Some(_), Why::Said(reason), false) => format!("{reason}; there are: {}, and cpu", names(&described)),
        })
    })?;
    let found = adapters.into_iter().nth(index).map(|adapter| (described[index].clone(), adapter));
    found.ok_or_else(|| Error::Defect("an adapter that was found is not there".into()))
}
