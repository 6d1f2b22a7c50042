//! burn as the other programs of this folder run: `moue-peer-burn MODEL.safetensors INPUT OUTPUT [SHAPE]`, files of f32, SHAPE as `N,C,H,W`. Once
//! ready it writes what the network answers and says so; for every line on standard input it runs once and gives the seconds, from input on the
//! host to result on the host.

mod network;

use std::io::BufRead;
use std::time::Instant;

use burn::tensor::wgpu::WgpuBackend;
use burn::tensor::{Device, Tensor, TensorData};
use network::{Network, Result};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, input, output, rest @ ..] = &arguments[..] else { return Err("MODEL.safetensors INPUT OUTPUT [SHAPE]".into()) };
    let (device, setup) = Device::wgpu_options().graphics_api(WgpuBackend::Vulkan).init_with_setup()?;
    let network = Network::load(&std::fs::read(model)?, &device)?;
    let values: Vec<f32> = std::fs::read(input)?.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let shape = shape(rest.first(), network.input, values.len())?;
    let run = || -> Result<Vec<f32>> {
        let images = Tensor::from_data(TensorData::new(values.clone(), shape), &device);
        Ok(network.run(images)?.try_into_data()?.try_into_vec()?)
    };
    std::fs::write(output, run()?.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?;
    let kernels = if cfg!(feature = "vulkan") { "SPIR-V" } else { "WGSL" };
    println!("ready {}, {kernels}", setup.adapter.get_info().name);
    for line in std::io::stdin().lock().lines() {
        line?;
        let start = Instant::now();
        run()?;
        println!("{}", start.elapsed().as_secs_f64());
    }
    Ok(())
}

/// `[N, C, H, W]` of `values` f32: as many images of the network's `[C, H, W]` as there are, which `given` must agree with.
fn shape(given: Option<&String>, [channels, height, width]: [usize; 3], values: usize) -> Result<[usize; 4]> {
    let one = channels * height * width;
    if one == 0 || values == 0 || !values.is_multiple_of(one) {
        return Err(format!("the input has {values} values, an image of the network {one}").into());
    }
    let shape = [values / one, channels, height, width];
    match given {
        Some(text) if *text != shape.map(|side| side.to_string()).join(",") => {
            Err(format!("{text}: with this input, the network reads {shape:?}").into())
        }
        _ => Ok(shape),
    }
}
