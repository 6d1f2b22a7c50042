//! burn as the other programs of this folder run: `moue-peer-burn MODEL.safetensors INPUT OUTPUT PRECISION`, files of f32, INPUT as many pictures as
//! there are. Once ready it says so; for every line on standard input, a number of images, it runs the first of them once, writes OUTPUT, and gives
//! the seconds from input on the host to result on the host.

mod network;

use std::io::BufRead;
use std::time::Instant;

use burn::tensor::wgpu::WgpuBackend;
use burn::tensor::{DType, Device, FloatDType, Tensor, TensorData};
use network::{Network, Result};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, input, output, precision] = &arguments[..] else { return Err("MODEL.safetensors INPUT OUTPUT PRECISION".into()) };
    let float = match precision.as_str() {
        "f32" => FloatDType::F32,
        "f16" => FloatDType::F16,
        _ => return Err("the precision is f32 or f16".into()),
    };
    let (mut device, setup) = Device::wgpu_options().graphics_api(WgpuBackend::Vulkan).init_with_setup()?;
    // What every tensor made of f32 values becomes: weights and pictures.
    device.configure(float)?;
    let network = Network::load(&std::fs::read(model)?, &device)?;
    let values: Vec<f32> = std::fs::read(input)?.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let [channels, height, width] = network.input;
    let kernels = if cfg!(feature = "vulkan") { "SPIR-V" } else { "WGSL" };
    println!("ready {}, {kernels}", setup.adapter.get_info().name);
    for line in std::io::stdin().lock().lines() {
        let images: usize = line?.trim().parse()?;
        let some = values.get(..images * channels * height * width).ok_or("the input has fewer images")?;
        let some = TensorData::new(some.to_vec(), [images, channels, height, width]);
        let start = Instant::now();
        let pictures = Tensor::from_data(some, &device);
        let answer: Vec<f32> = network.run(pictures)?.try_into_data_dtype(DType::F32)?.try_into_vec()?;
        let seconds = start.elapsed().as_secs_f64();
        std::fs::write(output, answer.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?;
        println!("{seconds}");
    }
    Ok(())
}
