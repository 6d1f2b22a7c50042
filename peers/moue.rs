//! moue as the other programs of this folder run: `moue-peer NET INPUT OUTPUT PRECISION [DEVICE]`, files of f32, INPUT as many pictures as there
//! are. Once ready it says so; for every line on standard input, a number of images, it runs the first of them once, writes OUTPUT, and gives the
//! seconds from input on the host to result on the host. NET may be an ONNX file. `moue-peer NET MODEL` writes the network and its seeded weights for burn, and ends.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::BufRead;
use std::time::Instant;

use moue::graph::Graph;
use moue::runner::{Input, Options, Runner};
use moue::tensor::Tensor;
use moue::weights::onnx;
use moue::{Device, Precision, zoo};

const SEED: u64 = 1;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [net, file] = &arguments[..] {
        let architecture = zoo::find(net)?;
        return Ok(zoo::model(&architecture, architecture.network(None)?, SEED)?.save(file.as_ref())?);
    }
    let [net, input, output, precision, rest @ ..] = &arguments[..] else {
        return Err("NET INPUT OUTPUT PRECISION [DEVICE], or NET MODEL".into());
    };
    let precision = [Precision::F32, Precision::F16].into_iter().find(|known| known.name() == precision);
    let precision = precision.ok_or("the precision is f32 or f16")?;
    let (device, _) = Device::select(rest.first().map(String::as_str), None)?;
    let model = if net.ends_with(".onnx") {
        onnx::load(net.as_ref())?.model(Vec::new(), None)?
    } else {
        let architecture = zoo::find(net)?;
        zoo::model(&architecture, architecture.network(None)?, SEED)?
    };
    let values: Vec<f32> = bytemuck::pod_collect_to_vec(&std::fs::read(input)?);
    let network = model.description.networks.values().next().ok_or("a model without a network")?;
    let [channels, height, width] = Graph::new(network)?.tensors[0].shape;
    let mut runner = Runner::new(&model, &device, Options { precision, ..Options::default() })?;
    let driver = match &device {
        Device::Gpu(gpu) => gpu.adapter().driver.clone(),
        Device::Cpu(cpu) => cpu.words(),
        Device::Reference => String::new(),
    };
    println!("ready {}\tmoue {}\t{driver}", device.name(), env!("CARGO_PKG_VERSION"));
    for line in std::io::stdin().lock().lines() {
        let images: usize = line?.trim().parse()?;
        let some = values.get(..images * channels * height * width).ok_or("the input has fewer images")?;
        let inputs = [Input { name: None, tensor: Tensor::new(vec![images, channels, height, width], some.to_vec())? }];
        let start = Instant::now();
        let answers = runner.run(&inputs)?;
        let seconds = start.elapsed().as_secs_f64();
        let (_, answer) = answers.into_iter().next().ok_or("no output")?;
        std::fs::write(output, bytemuck::cast_slice(&answer.data))?;
        println!("{seconds}");
    }
    Ok(())
}
