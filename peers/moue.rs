//! moue as the other programs of this folder run: `moue-peer NET INPUT OUTPUT [DEVICE]`, files of f32. Once ready it writes what the network
//! answers and says so; for every line on standard input it runs once and gives the seconds, from input on the host to result on the host.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::BufRead;
use std::time::Instant;

use moue::graph::Graph;
use moue::runner::{Input, Options, Runner};
use moue::tensor::Tensor;
use moue::{Device, zoo};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [net, input, output, rest @ ..] = &arguments[..] else { return Err("NET INPUT OUTPUT [DEVICE]".into()) };
    let (device, _) = Device::select(rest.first().map(String::as_str))?;
    let architecture = zoo::find(net)?;
    let network = architecture.network(None)?;
    let values: Vec<f32> = bytemuck::pod_collect_to_vec(&std::fs::read(input)?);
    let [channels, height, width] = Graph::new(&network)?.tensors[0].shape;
    let images = values.len() / (channels * height * width);
    let inputs = [Input { name: None, tensor: Tensor::new(vec![images, channels, height, width], values)? }];
    let model = zoo::model(&architecture, network, 1)?;
    let mut runner = Runner::new(&model, &device, Options::default())?;
    let (_, answer) = runner.run(&inputs)?.into_iter().next().ok_or("no output")?;
    std::fs::write(output, bytemuck::cast_slice(&answer.data))?;
    println!("ready {}", device.name());
    for line in std::io::stdin().lock().lines() {
        line?;
        let start = Instant::now();
        runner.run(&inputs)?;
        println!("{}", start.elapsed().as_secs_f64());
    }
    Ok(())
}
