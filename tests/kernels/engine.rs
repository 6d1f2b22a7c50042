//! The processor's operators against their twins: the random problems that kernels have, on one thread and on several. Each test is a second or less.

use std::collections::HashMap;
use std::iter::successors;

use crate::common::{Random, Tolerance, close};
use image::RgbImage;
use moue::cpu::{self, Cpu};
use moue::graph::resolve::TensorInfo;
use moue::graph::{Constant, Engine, Graph, Kind, Memory, Method, Node, Weights, interpret, parameters};
use moue::operators::{
    Beyond, Binary, Coordinates, Lrn, Pooling, Rearrange, Rect, Resampling, ResizeMode, Rounding, Similarity, Unary, Window,
    WinogradSize, check_window,
};
use moue::tensor::Tensor;
use moue::{Error, Result, reference};

struct Held(HashMap<String, Tensor>);

impl Weights for Held {
    fn tensor(&self, name: &str) -> Result<Tensor> {
        self.0.get(name).cloned().ok_or_else(|| Error::Argument(format!("no {name}")))
    }
}

fn info(name: &str, dims: &[usize]) -> TensorInfo {
    let at = |i: usize| dims.get(i).copied().unwrap_or(1);
    TensorInfo { name: name.into(), shape: [at(0), at(1), dims.iter().skip(2).product()], dims: dims.to_vec() }
}

/// The processor on one thread and on several, with all vector instructions that it has and with narrower ones.
fn processors() -> Vec<Cpu> {
    let narrower = |threads| successors(Some(Cpu::new(Some(threads)).unwrap()), Cpu::narrower);
    [1, 3].into_iter().flat_map(narrower).collect()
}

/// One operator as a network.
struct Problem {
    kind: Kind,
    inputs: Vec<Vec<usize>>,
    output: Vec<usize>,
    images: usize,
    tolerance: Tolerance,
    /// How far inputs reach, and what is added to them.
    values: [f32; 2],
}

impl Problem {
    fn new(kind: Kind, inputs: &[&[usize]], output: &[usize], images: usize, tolerance: Tolerance) -> Self {
        let inputs = inputs.iter().map(|dims| dims.to_vec()).collect();
        Self { kind, inputs, output: output.to_vec(), images, tolerance, values: [1.0, 0.0] }
    }

    fn of(self, values: [f32; 2]) -> Self {
        Self { values, ..self }
    }

    /// Held against its twin, in memory that is poisoned before.
    fn check(&self, seed: u64, method: Option<Method>) {
        let mut tensors: Vec<TensorInfo> =
            self.inputs.iter().enumerate().map(|(index, dims)| info(&format!("in{index}"), dims)).collect();
        tensors.push(info("out", &self.output));
        let output = tensors.len() - 1;
        let graph = Graph {
            inputs: output,
            constants: Vec::<Constant>::new(),
            nodes: vec![Node { kind: self.kind.clone(), inputs: (0..output).collect(), output }],
            outputs: vec![output],
            tensors,
        };
        held(&graph, self.images, seed, method, self.tolerance, self.values);
    }
}

/// A graph held against its twins, by every processor, in memory that is poisoned before. Inputs are within `reach` of `offset`.
fn held(graph: &Graph, images: usize, seed: u64, method: Option<Method>, tolerance: Tolerance, [reach, offset]: [f32; 2]) {
    let mut random = Random(seed);
    let weights = parameters(graph).into_iter().map(|parameter| {
        let mut tensor = random.tensor(&parameter.shape);
        if parameter.above.is_some() {
            tensor.data.iter_mut().for_each(|value| *value = value.abs() + 0.5);
        }
        (parameter.name, tensor)
    });
    let weights = Held(weights.collect());
    let inputs: Vec<Tensor> = (0..graph.inputs)
        .map(|id| {
            let mut tensor = random.tensor(&graph.tensors[id].logical(images));
            tensor.data.iter_mut().for_each(|value| *value = *value * reach + offset);
            tensor
        })
        .collect();
    let inputs: Vec<&Tensor> = inputs.iter().collect();
    let want = interpret(graph, &weights, &inputs, &graph.outputs).unwrap().remove(0);
    for cpu in processors() {
        let engine = || Engine::by(&cpu, graph.clone(), &[&weights], &[], method).unwrap();
        // One by one, and all at once where there are several.
        for engine in [engine(), engine().together()].into_iter().take(images.min(2)) {
            let mut memory = Memory::default();
            engine.run(0, &inputs, &[], &mut memory).unwrap();
            memory.poison();
            let got = engine.run(0, &inputs, &graph.outputs, &mut memory).unwrap().remove(0);
            assert_eq!(got.shape, want.shape, "{:?}", graph.nodes);
            let sizes: Vec<_> = graph.tensors.iter().map(|tensor| &tensor.dims).collect();
            let what = format!("{:?} of {sizes:?}, {images} images, {}, {method:?}", graph.nodes, cpu.words());
            close(&what, &got.data, &want.data, tolerance).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

fn check(problems: impl IntoIterator<Item = Problem>) {
    for (problem, seed) in problems.into_iter().zip(100..) {
        problem.check(seed, None);
    }
}

fn conv(images: usize, [from, to]: [usize; 2], [height, width]: [usize; 2], window: Window, groups: usize) -> Problem {
    let [rows, columns] = window.output("problem", [height, width], false).unwrap();
    let kind = Kind::Conv { name: "c".into(), channels: to, window, groups, bias: true };
    let terms = from / groups * window.kernel[0] * window.kernel[1];
    Problem::new(kind, &[&[from, height, width]], &[to, rows, columns], images, Tolerance::Sum(terms))
}

const W: fn(usize, usize) -> Window = Window::square;

#[test]
fn products() {
    let problems = [
        conv(1, [1, 1], [1, 1], W(1, 1), 1),
        conv(1, [3, 5], [7, 9], W(3, 1).padded(1), 1),
        conv(7, [6, 10], [5, 11], W(3, 1).padded(1), 1),
        conv(2, [17, 70], [9, 8], W(3, 2).padded(1), 1),
        conv(6, [20, 36], [6, 7], W(1, 1), 1),
        conv(2, [9, 12], [13, 6], W(5, 2).padded(2), 1),
        conv(1, [8, 33], [11, 10], Window { kernel: [3, 2], stride: [1, 2], pad: [2, 0, 1, 3], dilation: [2, 3] }, 1),
        conv(1, [14, 17], [12, 9], Window { kernel: [2, 3], stride: [3, 1], pad: [1, 2, 0, 1], dilation: [1, 2] }, 1),
        conv(1, [4, 4], [23, 19], W(7, 2).padded(3), 1),
        conv(2, [3, 70], [23, 19], W(7, 2).padded(3), 1),
        conv(2, [2, 9], [17, 30], W(11, 4), 1),
        conv(1, [3, 36], [8, 13], Window { kernel: [3, 2], stride: [1, 2], pad: [2, 0, 1, 3], dilation: [2, 3] }, 1),
        conv(1, [70, 130], [4, 5], W(3, 1).padded(1), 1),
        // More weights than pixels: panels are shared among threads.
        conv(1, [130, 300], [3, 5], W(3, 1).padded(1), 1),
        conv(1, [513, 290], [20, 21], W(1, 1), 1),
        conv(3, [8, 24], [5, 5], W(1, 1), 1),
        conv(1, [16, 24], [7, 7], W(3, 1).padded(1), 2),
        conv(2, [16, 80], [5, 6], W(3, 2).padded(1), 4),
        conv(7, [9, 6], [5, 5], W(3, 1).padded(1), 3),
        // Wider than one block of pixels, of every remainder.
        conv(1, [13, 19], [1, 43], Window { kernel: [1, 3], ..W(1, 1) }, 1),
    ];
    for (problem, seed) in problems.iter().zip(1..) {
        problem.check(seed, Some(Method::Direct));
    }
    for width in 1..=29 {
        conv(1, [13, 17], [1, width], W(1, 1), 1).check(50 + width as u64, Some(Method::Direct));
    }
}

#[test]
fn winograd() {
    for size in WinogradSize::ALL {
        for (images, channels, input, pad) in [
            (1, [1, 1], [3, 3], [0; 4]),
            (2, [7, 18], [9, 14], [1; 4]),
            (1, [5, 9], [10, 7], [2, 0, 1, 2]),
            (7, [20, 34], [5, 9], [1; 4]),
            (1, [16, 40], [70, 66], [1; 4]),
            // Several rounds of what stays in a cache.
            (3, [64, 96], [41, 57], [1, 1, 0, 1]),
        ] {
            let problem = conv(images, channels, input, Window { pad, ..W(3, 1) }, 1);
            let terms = 9 * channels[0];
            let problem = Problem { tolerance: Tolerance::Winograd(size.pixels(), terms), ..problem };
            problem.check(7 + images as u64, Some(Method::Winograd(size)));
        }
    }
}

#[test]
fn depthwise() {
    for (index, (images, channels, size, window)) in [
        (2, 13, [9, 7], W(3, 2).padded(1)),
        (1, 16, [5, 9], Window { kernel: [3, 3], stride: [1, 1], pad: [0, 1, 2, 1], dilation: [1, 2] }),
        (1, 40, [11, 12], W(3, 1).padded(1)),
        (1, 33, [11, 13], W(3, 1).padded(1)),
        (2, 24, [12, 10], W(5, 2).padded(2)),
        (1, 17, [9, 8], W(5, 1).padded(2)),
        (1, 5, [8, 6], Window { kernel: [2, 4], stride: [1, 3], pad: [1, 3, 0, 2], dilation: [3, 1] }),
        (1, 3, [1, 1], W(3, 1).padded(1)),
        (1, 16, [2, 2], W(5, 1).padded(2)),
    ]
    .into_iter()
    .enumerate()
    {
        conv(images, [channels; 2], size, window, channels).check(20 + index as u64, None);
    }
}

#[test]
fn transposed_convolutions() {
    let mut problems = Vec::new();
    for (images, [from, to], [height, width], window, groups, output_pad) in [
        (1, [1, 1], [1, 1], W(1, 1), 1, [0, 0]),
        (2, [5, 7], [4, 5], W(3, 2).padded(1), 1, [1, 1]),
        (1, [8, 12], [5, 3], Window { kernel: [2, 3], stride: [3, 1], pad: [0, 1, 1, 0], dilation: [1, 2] }, 4, [0, 0]),
    ] {
        let length = |axis: usize, size: usize| {
            (size - 1) * window.stride[axis] + window.dilation[axis] * (window.kernel[axis] - 1) + 1 + output_pad[axis]
                - window.pad[axis]
                - window.pad[axis + 2]
        };
        let kind = Kind::ConvTranspose { name: "t".into(), channels: to, window, groups, bias: true };
        let output = [to, length(0, height), length(1, width)];
        let terms = from * window.kernel[0] * window.kernel[1];
        problems.push(Problem::new(kind, &[&[from, height, width]], &output, images, Tolerance::Sum(terms)));
    }
    check(problems);
}

#[test]
fn locally_connected_layers() {
    let problem = |images, [from, to]: [usize; 2], [height, width]: [usize; 2], window: Window, bias| {
        let [rows, columns] = window.output("problem", [height, width], false).unwrap();
        let kind = Kind::LocalConv { name: "l".into(), channels: to, window, bias };
        let terms = from * window.kernel[0] * window.kernel[1];
        Problem::new(kind, &[&[from, height, width]], &[to, rows, columns], images, Tolerance::Sum(terms))
    };
    let uneven = Window { kernel: [3, 2], stride: [1, 2], pad: [2, 0, 1, 3], dilation: [2, 3] };
    check([
        problem(1, [1, 1], [1, 1], W(1, 1), true),
        problem(7, [3, 5], [4, 5], W(3, 1).padded(1), true),
        problem(2, [6, 21], [5, 7], W(3, 2).padded(1), false),
        problem(3, [7, 40], [6, 5], uneven, true),
        problem(5, [4, 33], [2, 3], W(2, 1), true),
        problem(13, [9, 70], [3, 2], W(3, 1).padded(1), true),
        problem(1, [4, 4], [1, 1], W(3, 1).padded(1), true),
    ]);
    // With a batch-norm folded in, and every kind of activation at its end.
    let lasts = [Kind::Unary(Unary::Relu), Kind::Prelu { name: "p".into() }, Kind::Unary(Unary::HardSwish)];
    for (last, seed) in lasts.into_iter().zip(500..) {
        let (input, made): (&[usize], &[usize]) = (&[6, 5, 4], &[21, 5, 4]);
        let tensors = vec![info("in", input), info("local", made), info("norm", made), info("out", made)];
        let kind = Kind::LocalConv { name: "l".into(), channels: 21, window: W(3, 1).padded(1), bias: true };
        let node = |kind, input, output| Node { kind, inputs: vec![input], output };
        let nodes = vec![node(kind, 0, 1), node(Kind::BatchNorm { name: "n".into(), eps: 1e-3 }, 1, 2), node(last, 2, 3)];
        let graph = Graph { tensors, inputs: 1, constants: Vec::new(), nodes, outputs: vec![3] };
        held(&graph, 3, seed, None, Tolerance::Sum(54), [1.0, 0.0]);
    }
}

#[test]
fn dense_layers() {
    for (images, columns, outputs) in [(1, 1, 1), (7, 13, 7), (2, 64, 10), (1, 300, 77), (9, 35, 39), (1, 650, 12)] {
        let kind = Kind::Dense { name: "d".into(), channels: outputs, bias: true };
        check([Problem::new(kind, &[&[columns]], &[outputs], images, Tolerance::Sum(columns))]);
    }
}

/// Pictures are read as they lie: their weights are permuted instead.
#[test]
fn dense_layers_of_pictures() {
    for (images, dims, outputs) in [(1, [3, 4, 5], 7), (3, [20, 3, 1], 35)] {
        let columns = dims.iter().product();
        let tensors = vec![info("in", &dims), info("flat", &[columns]), info("out", &[outputs])];
        let kind = Kind::Dense { name: "d".into(), channels: outputs, bias: true };
        let nodes = vec![Node { kind: Kind::Reshape, inputs: vec![0], output: 1 }, Node { kind, inputs: vec![1], output: 2 }];
        let graph = Graph { tensors, inputs: 1, constants: Vec::new(), nodes, outputs: vec![2] };
        held(&graph, images, 400, None, Tolerance::Sum(columns), [1.0, 0.0]);
    }
}

#[test]
fn pools() {
    let mut problems = Vec::new();
    for (images, channels, size, window, ceil) in [
        (1, 1, [1, 1], W(1, 1), false),
        (7, 5, [9, 11], W(2, 2), false),
        (1, 6, [11, 8], W(3, 2), true),
        (2, 3, [7, 7], W(3, 2).padded(1), false),
        (1, 9, [6, 13], Window { kernel: [3, 2], stride: [2, 3], pad: [1, 0, 2, 1], dilation: [1, 1] }, true),
        (1, 4, [5, 5], W(3, 3).padded(1), true),
        (2, 5, [9, 8], Window { kernel: [3, 2], stride: [1, 2], pad: [2, 1, 1, 0], dilation: [2, 3] }, false),
        (1, 6, [8, 11], Window { kernel: [2, 3], stride: [2, 3], pad: [1, 2, 0, 1], dilation: [3, 2] }, true),
    ] {
        let averages = [false, true].map(|count_include_pad| Pooling::Average { count_include_pad });
        let averages = averages.into_iter().filter(|_| window.dilation == [1, 1]);
        for pooling in std::iter::once(Pooling::Max).chain(averages) {
            let [rows, columns] = check_window("problem", pooling, window, size, ceil).unwrap();
            let kind = Kind::Pool { pooling, window, ceil };
            let problem =
                Problem::new(kind, &[&[channels, size[0], size[1]]], &[channels, rows, columns], images, Tolerance::Sum(9));
            // Values below zero too: a maximum that starts from 0 would show.
            problems.push(problem.of([1.0, -0.9]));
        }
    }
    for (images, channels, size, kernel, made) in
        [(1, 1, [1, 1], [1, 1], [1, 1]), (7, 5, [9, 11], [3, 2], [4, 6]), (1, 9, [5, 24], [2, 3], [1, 22])]
    {
        let kind = Kind::FractionalMaxPool { kernel, sample: [0.3, 0.8] };
        let output = [channels, made[0], made[1]];
        let problem = Problem::new(kind, &[&[channels, size[0], size[1]]], &output, images, Tolerance::Exact);
        problems.push(problem.of([1.0, -0.9]));
    }
    for [images, channels, height, width] in [[1, 1, 1, 1], [7, 5, 3, 7], [2, 16, 6, 6], [1, 130, 17, 9]] {
        let input: &[usize] = &[channels, height, width];
        problems.push(Problem::new(Kind::GlobalAverage, &[input], &[channels], images, Tolerance::Sum(height * width)));
    }
    check(problems);
}

#[test]
fn normalisations() {
    let lrn = |size, alpha, beta, k| Kind::Lrn(Lrn { size, alpha, beta, k });
    let of = |kind: Kind, [images, channels, height, width]: [usize; 4]| {
        let dims: &[usize] = &[channels, height, width];
        Problem::new(kind, &[dims], dims, images, Tolerance::Exp).of([3.0, 0.0])
    };
    check([
        of(lrn(5, 1e-4, 0.75, 1.0), [1, 1, 1, 1]),
        of(lrn(5, 2.0, 0.75, 1.0), [7, 7, 3, 2]),
        of(lrn(3, 0.7, 0.5, 2.0), [2, 18, 2, 3]),
        of(lrn(8, 1.5, 1.2, 0.1), [1, 33, 5, 1]),
        of(lrn(31, 3.0, 0.75, 1.0), [1, 6, 2, 2]),
        of(lrn(1, 2.0, 0.75, 0.5), [2, 12, 1, 4]),
        of(Kind::BatchNorm { name: "n".into(), eps: 1e-3 }, [3, 7, 4, 5]),
        of(Kind::Prelu { name: "p".into() }, [2, 21, 4, 5]),
        of(Kind::Softmax, [2, 7, 1, 1]),
        of(Kind::Softmax, [3, 70, 3, 2]),
        of(Kind::LogSoftmax, [3, 70, 3, 2]),
        of(Kind::LogSoftmax, [1, 3, 1, 1]).of([90.0, 0.0]),
    ]);
}

#[test]
fn functions_of_one_value() {
    let functions = [
        Unary::Relu,
        Unary::Sigmoid,
        Unary::Tanh,
        Unary::Exp,
        Unary::Abs,
        Unary::LeakyRelu(0.1),
        Unary::Elu(1.3),
        Unary::Clip(-0.5, 1.5),
        Unary::HardSigmoid(0.2, 0.5),
        Unary::HardSwish,
        Unary::Erf,
        Unary::Gelu,
        Unary::GeluTanh,
        Unary::Softplus,
    ];
    for function in functions {
        for reach in [1.0, 6.0] {
            let dims: &[usize] = &[19, 5, 3];
            check([Problem::new(Kind::Unary(function), &[dims], dims, 3, Tolerance::Exp).of([reach, 0.0])]);
        }
    }
    for function in [Unary::Log, Unary::Sqrt] {
        let dims: &[usize] = &[19, 5, 3];
        check([Problem::new(Kind::Unary(function), &[dims], dims, 3, Tolerance::Exp).of([2.0, 2.5])]);
    }
}

#[test]
fn functions_of_two_values() {
    let shapes: [[&[usize]; 3]; 7] = [
        [&[5, 3, 4], &[5, 3, 4], &[5, 3, 4]],
        [&[1], &[1], &[1]],
        [&[17, 6, 5], &[17, 1, 1], &[17, 6, 5]],
        [&[1, 6, 5], &[17, 6, 5], &[17, 6, 5]],
        [&[17, 6, 5], &[1, 1, 5], &[17, 6, 5]],
        [&[17, 1, 5], &[1, 6, 1], &[17, 6, 5]],
        [&[9, 4], &[1], &[9, 4]],
    ];
    for function in [Binary::Add, Binary::Mul, Binary::Sub, Binary::Div, Binary::Max, Binary::Min, Binary::Pow] {
        for [left, right, output] in shapes {
            // Positive: their quotients and powers are numbers.
            check([Problem::new(Kind::Binary(function), &[left, right], output, 3, Tolerance::Exp).of([1.0, 1.5])]);
        }
    }
}

/// A quotient of zeros is no number, on the processor as by the twin: it does not come out as a plausible one.
#[test]
fn what_is_no_number_stays_none() {
    let tensors = vec![info("in", &[19, 5, 3]), info("none", &[19, 5, 3]), info("out", &[19, 5, 3])];
    let node = |kind, inputs: &[usize], output| Node { kind, inputs: inputs.to_vec(), output };
    let nodes = vec![node(Kind::Binary(Binary::Sub), &[0, 0], 1), node(Kind::Binary(Binary::Div), &[1, 1], 2)];
    let graph = Graph { tensors, inputs: 1, constants: Vec::new(), nodes, outputs: vec![2] };
    let input = Random(7).tensor(&[2, 19, 5, 3]);
    let twin = interpret(&graph, &Held(HashMap::new()), &[&input], &[2]).unwrap().remove(0);
    assert!(twin.data.iter().all(|value| value.is_nan()));
    for cpu in processors() {
        let engine = Engine::new(&cpu, graph.clone(), &[&Held(HashMap::new())], &[]).unwrap();
        let got = engine.run(0, &[&input], &[2], &mut Memory::default()).unwrap().remove(0);
        assert!(got.data.iter().all(|value| value.is_nan()), "{}: {:?}", cpu.words(), got.data[0]);
    }
}

/// A thread that computes image by image works where one image does by all threads, and so do networks that run after one another: a frame with more faces than any
/// before takes no memory for that. No other test sees what a run leaves behind.
#[test]
fn memory_is_that_of_the_largest_run() {
    let none = Held(HashMap::new());
    // Of the first input and the last, the sum squared.
    let engine = |inputs: usize, dims: &[usize]| {
        let node = |kind, inputs: [usize; 2], output| Node { kind: Kind::Binary(kind), inputs: inputs.to_vec(), output };
        let nodes = vec![node(Binary::Add, [0, inputs - 1], inputs), node(Binary::Mul, [inputs; 2], inputs + 1)];
        let tensors = ["a", "b", "c", "d"].iter().take(inputs + 2).map(|name| info(name, dims)).collect();
        let graph = Graph { tensors, inputs, constants: Vec::new(), nodes, outputs: vec![inputs + 1] };
        Engine::new(&Cpu::new(Some(1)).unwrap(), graph, &[&none], &[]).unwrap()
    };
    let (large, small) = (engine(2, &[7, 6, 5]), engine(1, &[5, 4, 3]));
    let mut memory = Memory::default();
    let mut bytes = |engine: &Engine, images: usize| {
        let graph = engine.graph();
        let inputs: Vec<Tensor> = (0..graph.inputs).map(|id| Random(9).tensor(&graph.tensors[id].logical(images))).collect();
        let inputs: Vec<&Tensor> = inputs.iter().collect();
        memory.poison();
        let got = engine.run(0, &inputs, &graph.outputs, &mut memory).unwrap();
        assert_eq!(got, interpret(graph, &none, &inputs, &graph.outputs).unwrap(), "{images} images");
        memory.bytes()
    };
    let one = bytes(&large, 1);
    for (engine, images) in [(&large, 5), (&small, 5), (&small, 1), (&large, 2), (&large, 1)] {
        assert_eq!(bytes(engine, images), one, "{images} images");
    }
}

#[test]
fn values_from_other_places() {
    let problems = [
        (vec![1], Rearrange::reshape(1), vec![1]),
        (vec![6, 5, 3], Rearrange::reshape(90), vec![90]),
        (vec![6, 5, 3], Rearrange::reshape(90), vec![3, 10, 3]),
        (vec![5, 3, 4], Rearrange::transpose(&[5, 3, 4], &[1, 2, 0]), vec![3, 4, 5]),
        (vec![2, 3, 5, 2], Rearrange::transpose(&[2, 3, 5, 2], &[1, 0, 3, 2]), vec![3, 2, 2, 5]),
        (vec![9, 4, 5], Rearrange::slice(&[9, 4, 5], 0, 1, 4, 2), vec![4, 4, 5]),
        (vec![3, 7, 2], Rearrange::slice(&[3, 7, 2], 1, 6, 3, -3), vec![3, 3, 2]),
        (vec![3, 4, 5], Rearrange::pad(&[3, 4, 5], &[0, 1, 2], &[2, 0, 3], Beyond::Constant(-7.5)), vec![5, 5, 10]),
        (vec![5, 4, 3], Rearrange::pad(&[5, 4, 3], &[1, 3, 2], &[4, 0, 1], Beyond::Reflect), vec![10, 7, 6]),
        (vec![2, 3, 3], Rearrange::pad(&[2, 3, 3], &[1, 0, 5], &[3, 2, 1], Beyond::Edge), vec![6, 5, 9]),
    ];
    for (dims, to, output) in problems {
        let kind = Kind::Rearrange(to);
        check([1, 3].map(|images| Problem::new(kind.clone(), &[&dims], &output, images, Tolerance::Exact)));
    }
    let parts: [&[usize]; 3] = [&[3, 4, 2], &[6, 4, 2], &[1, 4, 2]];
    check([Problem::new(Kind::Concat, &parts, &[10, 4, 2], 3, Tolerance::Exact)]);
    check([Problem::new(Kind::ArgMax, &[&[19, 3, 4]], &[1, 3, 4], 2, Tolerance::Exact)]);
    for (images, channels, from, to) in [(1, 1, [1, 1], [1, 1]), (7, 5, [3, 4], [7, 9]), (2, 9, [8, 5], [3, 11])] {
        for mode in [ResizeMode::Nearest, ResizeMode::Linear] {
            let how = Resampling { mode, coordinates: Coordinates::HalfPixel, rounding: Rounding::RoundPreferFloor };
            let kind = Kind::Resample { how, scale: None };
            let (input, output) = ([channels, from[0], from[1]], [channels, to[0], to[1]]);
            check([Problem::new(kind, &[&input], &output, images, Tolerance::Sum(4))]);
        }
    }
}

#[test]
fn products_of_matrices() {
    for (images, channels, [rows, depth, columns]) in
        [(1, 1, [1, 1, 1]), (3, 4, [5, 7, 9]), (1, 3, [50, 16, 50]), (2, 13, [3, 70, 33])]
    {
        let (left, right) = ([channels, rows, depth], [channels, depth, columns]);
        let output = [channels, rows, columns];
        check([Problem::new(Kind::Matmul, &[&left, &right], &output, images, Tolerance::Sum(depth))]);
    }
}

/// A convolution, a sum, a ReLU, and then a part of a concatenation that is written in place.
#[test]
fn what_is_fused_into_convolutions() {
    for (index, (channels, size, window, groups, method)) in [
        ([7, 20], [9, 8], W(3, 1).padded(1), 1, Some(Method::Direct)),
        ([3, 20], [9, 8], W(3, 1).padded(1), 1, Some(Method::Direct)),
        ([130, 300], [3, 5], W(3, 1).padded(1), 1, Some(Method::Direct)),
        ([20, 36], [1, 1], W(1, 1), 1, None),
        ([8, 16], [9, 7], W(3, 2).padded(1), 2, None),
        ([24, 24], [9, 8], W(3, 1).padded(1), 24, None),
        ([21, 20], [11, 8], W(3, 1).padded(1), 1, Some(Method::Winograd(WinogradSize::Four))),
        ([21, 20], [11, 8], W(3, 1).padded(1), 1, Some(Method::Winograd(WinogradSize::Two))),
    ]
    .into_iter()
    .enumerate()
    {
        let [from, to] = channels;
        let [rows, columns] = window.output("problem", size, false).unwrap();
        let made: &[usize] = &[to, rows, columns];
        let whole: &[usize] = &[2 * to, rows, columns];
        let tensors = vec![
            info("in", &[from, size[0], size[1]]),
            info("beside", made),
            info("conv", made),
            info("sum", made),
            info("relu", made),
            info("out", whole),
        ];
        let kind = Kind::Conv { name: "c".into(), channels: to, window, groups, bias: true };
        let node = |kind, inputs: &[usize], output| Node { kind, inputs: inputs.to_vec(), output };
        let nodes = vec![
            node(kind, &[0], 2),
            node(Kind::Binary(Binary::Add), &[2, 1], 3),
            node(Kind::Unary(Unary::Relu), &[3], 4),
            node(Kind::Concat, &[1, 4], 5),
        ];
        let graph = Graph { tensors, inputs: 2, constants: Vec::new(), nodes, outputs: vec![5] };
        let terms = from / groups * window.kernel[0] * window.kernel[1];
        let side = if method == Some(Method::Winograd(WinogradSize::Four)) { 4 } else { 2 };
        held(&graph, 2, 300 + index as u64, method, Tolerance::Winograd(side, terms), [1.0, 0.0]);
    }
}

/// What a convolution ends with: a residual of fewer channels, then any activation.
fn ending(conv: Kind, input: [usize; 3], output: [usize; 3], fewer: usize, last: Kind) -> Graph {
    let [to, rows, columns] = output;
    let more = Rearrange::pad(&[fewer, rows, columns], &[0; 3], &[to - fewer, 0, 0], Beyond::Constant(0.0));
    let tensors = vec![
        info("in", &input),
        info("beside", &[fewer, rows, columns]),
        info("conv", &output),
        info("padded", &output),
        info("sum", &output),
        info("out", &output),
    ];
    let node = |kind, inputs: &[usize], output| Node { kind, inputs: inputs.to_vec(), output };
    let nodes = vec![
        node(Kind::Rearrange(more), &[1], 3),
        node(conv, &[0], 2),
        node(Kind::Binary(Binary::Add), &[2, 3], 4),
        node(last, &[4], 5),
    ];
    Graph { tensors, inputs: 2, constants: Vec::new(), nodes, outputs: vec![5] }
}

/// Every activation at the end of every way to compute a convolution, behind a residual of fewer channels.
#[test]
fn ends_of_convolutions() {
    let lasts = [
        Kind::Prelu { name: "p".into() },
        Kind::Unary(Unary::Clip(-0.4, 0.7)),
        Kind::Unary(Unary::LeakyRelu(0.2)),
        Kind::Unary(Unary::HardSwish),
        Kind::Unary(Unary::HardSigmoid(0.3, 0.4)),
        Kind::Unary(Unary::Sigmoid),
    ];
    for (index, (channels, size, window, groups, method)) in [
        ([7, 20], [9, 8], W(3, 1).padded(1), 1, Some(Method::Direct)),
        ([130, 300], [3, 5], W(3, 1).padded(1), 1, Some(Method::Direct)),
        ([8, 40], [9, 7], W(3, 2).padded(1), 2, None),
        ([37, 37], [9, 8], W(3, 1).padded(1), 37, None),
        ([21, 20], [11, 8], W(3, 1).padded(1), 1, Some(Method::Winograd(WinogradSize::Two))),
    ]
    .into_iter()
    .enumerate()
    {
        let ([from, to], terms) = (channels, channels[0] / groups * window.kernel[0] * window.kernel[1]);
        let [rows, columns] = window.output("problem", size, false).unwrap();
        let kind = Kind::Conv { name: "c".into(), channels: to, window, groups, bias: true };
        for (place, last) in lasts.iter().enumerate() {
            // Beyond a part of a vector, within one, and within the second group.
            let fewer = [12, 4, 28][place % 3].min(to / 4 * 4);
            let graph = ending(kind.clone(), [from, size[0], size[1]], [to, rows, columns], fewer, last.clone());
            held(&graph, 2, 500 + index as u64, method, Tolerance::Winograd(2, terms), [1.0, 0.0]);
        }
    }
}

/// A depthwise convolution, an activation, and a 1 x 1 convolution: computed at once where the image is large enough.
#[test]
fn separable_convolutions() {
    for (index, (channels, size, window, between)) in [
        ([13, 7], [13, 11], W(3, 1).padded(1), None),
        ([24, 20], [23, 22], W(3, 2).padded(1), Some(Kind::Prelu { name: "b".into() })),
        ([16, 37], [12, 13], W(5, 1).padded(2), Some(Kind::Unary(Unary::Clip(0.0, 0.5)))),
        ([8, 32], [21, 25], Window { pad: [1, 1, 2, 2], ..W(5, 2) }, Some(Kind::Unary(Unary::Relu))),
        ([9, 5], [14, 15], Window { kernel: [2, 3], stride: [1, 1], pad: [1, 2, 0, 1], dilation: [2, 2] }, None),
        // Computed apart.
        ([40, 24], [6, 6], W(3, 1).padded(1), None),
    ]
    .into_iter()
    .enumerate()
    {
        let [from, to] = channels;
        let [rows, columns] = window.output("problem", size, false).unwrap();
        let fewer = to / 4 * 4;
        let pointwise = Kind::Conv { name: "c".into(), channels: to, window: W(1, 1), groups: 1, bias: true };
        let mut graph = ending(pointwise, [from, size[0], size[1]], [to, rows, columns], fewer, Kind::Prelu { name: "p".into() });
        let [made, active] = [graph.tensors.len(), graph.tensors.len() + 1];
        graph.tensors.extend(["made", "active"].map(|name| info(name, &[from, rows, columns])));
        let depthwise = Kind::Conv { name: "d".into(), channels: from, window, groups: from, bias: true };
        graph.nodes[1].inputs = vec![if between.is_some() { active } else { made }];
        graph.nodes.insert(1, Node { kind: depthwise, inputs: vec![0], output: made });
        if let Some(between) = between {
            graph.nodes.insert(2, Node { kind: between, inputs: vec![made], output: active });
        }
        let terms = from * window.kernel[0] * window.kernel[1];
        held(&graph, 3, 600 + index as u64, None, Tolerance::Sum(terms), [1.0, 0.0]);
    }
}

/// Crops are the twin's to the byte: shrunk, grown, beyond the edges of the photograph, as large as may be.
#[test]
fn crops() {
    let mut random = Random(9);
    for (photo, rect, size) in [
        ([1, 1], [0, 0, 1, 1], [1, 1]),
        ([40, 30], [-7, 5, 60, 20], [19, 23]),
        ([40, 30], [3, -4, 11, 9], [31, 26]),
        ([200, 170], [10, 20, 160, 130], [32, 48]),
        ([97, 61], [-40, -30, 200, 150], [192, 192]),
        ([90, 3], [0, 0, 65_535, 65_535], [3, 2]),
        ([33, 21], [2, 1, 24, 17], [24, 17]),
    ] {
        let values = random.tensor(&[photo[0] * photo[1] * 3]);
        // Dark and bright ones too: what is rounded at either end.
        let bytes: Vec<u8> = values.data.iter().map(|value| (value * 190.0 + 127.0).clamp(0.0, 255.0) as u8).collect();
        let photo = RgbImage::from_raw(photo[0] as u32, photo[1] as u32, bytes).unwrap();
        let rect = Rect { x: rect[0], y: rect[1], width: rect[2] as u32, height: rect[3] as u32 };
        let want = reference::warp(&photo, rect, size).unwrap();
        for cpu in processors() {
            assert!(cpu::warp(&cpu, &photo, rect, size).unwrap() == want, "{rect:?} to {size:?}, {}", cpu.words());
        }
        // The same rectangle turned about its corner, by steps that grow, keep and shrink.
        for step in [0.3, 1.0, 2.6] {
            let turned = Similarity::new([f64::from(rect.x), f64::from(rect.y)], [0.8 * step, -0.6 * step]).unwrap();
            let want = reference::turn(&photo, turned, size).unwrap();
            for cpu in processors() {
                assert!(cpu::turn(&cpu, &photo, turned, size).unwrap() == want, "{turned:?} to {size:?}, {}", cpu.words());
            }
        }
    }
}
