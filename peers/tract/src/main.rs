//! tract as the other programs of `processor.py` run: `moue-peer-tract MODEL INPUT OUTPUT SHAPE`, files of f32. Once ready it says so; for every line on standard
//! input it runs once, writes OUTPUT, and gives the seconds from input on the host to result on the host. It has one thread.

use std::error::Error;
use std::io::BufRead;
use std::time::Instant;

use tract_onnx::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, input, output, shape, ..] = &arguments[..] else {
        return Err("MODEL INPUT OUTPUT SHAPE".into());
    };
    let shape: Vec<usize> = shape.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let bytes = std::fs::read(input)?;
    let values: Vec<f32> = bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
    let fact = InferenceFact::dt_shape(f32::datum_type(), &shape);
    let plan = tract_onnx::onnx().model_for_path(model)?.with_input_fact(0, fact)?.into_optimized()?.into_runnable()?;
    println!("ready tract 0.23.9");
    for line in std::io::stdin().lock().lines() {
        line?;
        let picture = Tensor::from_shape(&shape, &values)?;
        let start = Instant::now();
        let answers = plan.run(tvec!(picture.into()))?;
        let seconds = start.elapsed().as_secs_f64();
        let answer = answers
            .first()
            .ok_or("no output")?
            .to_plain_array_view::<f32>()?
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect::<Vec<u8>>();
        std::fs::write(output, answer)?;
        println!("{seconds}");
    }
    Ok(())
}
