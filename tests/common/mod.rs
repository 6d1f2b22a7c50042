//! What the GPU tests share: adapters, random numbers, tolerances.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::OnceLock;

use moue::Precision;
use moue::cpu::Cpu;
use moue::device::Device;
use moue::gpu::shader::BindingKind;
use moue::gpu::{Gpu, Plan, Recording, Slice, adapters};
use moue::graph::{Engine, Graph, Memory, Prepared, TensorId, Weights};
use moue::kernels::{self, Pool, View};
use moue::operators::{Pooling, Window};
use moue::tensor::Tensor;

/// Every adapter of this machine, opened once a test program, so that its pipelines are compiled once. Where there is none the test is reported
/// as skipped, or fails when `MOUE_REQUIRE_ADAPTER` is set.
pub fn gpus() -> Vec<Gpu> {
    static OPENED: OnceLock<Vec<Gpu>> = OnceLock::new();
    OPENED.get_or_init(open_all).clone()
}

/// The twins, the processor's engine, and every adapter.
pub fn devices() -> Vec<Device> {
    [Device::Reference, engine()].into_iter().chain(gpus().into_iter().map(Device::Gpu)).collect()
}

/// The processor, with more threads than one wherever it runs: work is shared then.
pub fn engine() -> Device {
    Device::Cpu(Cpu::new(Some(3)).unwrap())
}

/// Every adapter, opened anew: for tests that spoil it. `MOUE_TEST_ADAPTERS=1` leaves the best one, for a quick run.
pub fn open_all() -> Vec<Gpu> {
    let most = std::env::var("MOUE_TEST_ADAPTERS").ok().and_then(|most| most.parse().ok()).unwrap_or(usize::MAX);
    let opened: Vec<Gpu> = adapters().iter().take(most).map(|a| Gpu::open(Some(&a.index.to_string())).unwrap()).collect();
    if opened.is_empty() {
        assert!(std::env::var_os("MOUE_REQUIRE_ADAPTER").is_none(), "no GPU adapter, and MOUE_REQUIRE_ADAPTER is set");
        eprintln!("SKIPPED: no GPU adapter on this machine");
    }
    for gpu in &opened {
        eprintln!("adapter: {} ({})", gpu.name(), gpu.adapter().backend);
    }
    opened
}

/// Whether everything is tried that takes minutes and seldom says more: `MOUE_THOROUGH=1`.
pub fn thorough() -> bool {
    std::env::var_os("MOUE_THOROUGH").is_some_and(|value| value != "0")
}

/// splitmix64: the same numbers on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [-1, 1).
    pub fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn tensor(&mut self, shape: &[usize]) -> Tensor {
        let count = shape.iter().product();
        Tensor::new(shape.to_vec(), (0..count).map(|_| self.unit()).collect()).unwrap()
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    pub fn values(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.unit()).collect()
    }
}

/// How far a kernel may be from its twin.
#[derive(Clone, Copy)]
pub enum Tolerance {
    /// The same bits.
    Exact,
    /// An f32 sum of this many products: one rounding each, relative to the largest result.
    Sum(usize),
    /// A sum of this many products by Winograd's method with tiles of this side. The way back of F(4, 3) adds up to 19 times what it is given and the way
    /// there up to 10 times, down and across, and most of it cancels: the roundings of what is added stay. F(2, 3) adds up to 3 times, and 2 times.
    Winograd(usize, usize),
    /// An f32 sum of sums of 16 products in f16.
    Half,
    /// A few roundings and one `exp`, which WGSL allows 3 + 2 |x| units in the last place.
    Exp,
}

/// Compares a kernel's result with its twin's.
pub fn close(what: &str, got: &[f32], want: &[f32], tolerance: Tolerance) -> Result<(), String> {
    close_in(Precision::F32, what, got, want, tolerance)
}

/// As [`close`], of a result that lay in `precision`: its last rounding is allowed too, unless the bits are to be the same.
pub fn close_in(precision: Precision, what: &str, got: &[f32], want: &[f32], tolerance: Tolerance) -> Result<(), String> {
    if got.len() != want.len() {
        return Err(format!("{what}: {} values, {} wanted", got.len(), want.len()));
    }
    let largest = want.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    let allowed = match tolerance {
        Tolerance::Exact => 0.0,
        Tolerance::Sum(terms) => f32::EPSILON * (terms + 8) as f32 * largest,
        Tolerance::Winograd(4, terms) => 19.0 * f32::EPSILON * (terms + 8) as f32 * largest,
        Tolerance::Winograd(_, terms) => 3.0 * f32::EPSILON * (terms + 8) as f32 * largest,
        // Sixteen products at a time, of which each step rounds to 11 bits: a fraction of a rounding, as they go either way.
        Tolerance::Half => largest / 1024.0,
        Tolerance::Exp => f32::EPSILON * 32.0 * largest,
    };
    // What an f16 does not hold becomes its largest number.
    let most = if precision == Precision::F16 { 65_504.0 } else { f32::MAX };
    for (index, (&g, &w)) in got.iter().zip(want).enumerate() {
        let w = w.clamp(-most, most);
        let difference = (g - w).abs();
        // An f16 keeps 11 bits, and below 2^-14 what is left of them; WGSL lets it be rounded to either side.
        let stored = match (precision, tolerance) {
            (Precision::F32, _) | (_, Tolerance::Exact) => 0.0,
            _ => w.abs() / 1024.0 + 6e-8,
        };
        let allowed = allowed + stored;
        if difference.is_nan() || difference > allowed {
            return Err(format!("{what}: value {index} is {g}, the twin says {w} (allowed {allowed:e})"));
        }
    }
    Ok(())
}

/// The tensor with its values as `precision` holds them.
pub fn stored(precision: Precision, tensor: Tensor) -> Tensor {
    let mut data = tensor.data;
    data.resize(data.len().next_multiple_of(2), 0.0);
    let mut data = precision.values(&precision.bytes("stored", &data).unwrap());
    data.truncate(tensor.shape.iter().product());
    Tensor { shape: tensor.shape, data }
}

/// The tensor as it lies on the GPU: [N, H, W, C/4] vec4.
pub fn packed(tensor: &Tensor) -> Vec<f32> {
    let [n, c, h, w] = tensor.nchw();
    let padded = c.next_multiple_of(4);
    let mut out = vec![0.0; n * h * w * padded];
    for (index, &value) in tensor.data.iter().enumerate() {
        let (x, y, channel, image) = (index % w, index / w % h, index / (w * h) % c, index / (w * h * c));
        out[((image * h + y) * w + x) * padded + channel] = value;
    }
    out
}

/// The inverse of [`packed`].
pub fn unpacked(values: &[f32], shape: &[usize]) -> Vec<f32> {
    let at = |i: usize| shape.get(i).copied().unwrap_or(1);
    let (c, h, w) = (at(1), at(2), at(3));
    let padded = c.next_multiple_of(4);
    let count: usize = shape.iter().product();
    (0..count)
        .map(|index| {
            let (x, y, channel, image) = (index % w, index / w % h, index / (w * h) % c, index / (w * h * c));
            values[((image * h + y) * w + x) * padded + channel]
        })
        .collect()
}

thread_local! {
    static DISPATCHED: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
    static THROUGH_TEXELS: Cell<bool> = const { Cell::new(false) };
}

/// The names of the shaders that this thread's [`Bench`]es ran since it was last asked.
pub fn dispatched() -> BTreeSet<&'static str> {
    DISPATCHED.take()
}

/// `run` with [`Bench`]es of this thread whose tensors are read through a texture before they come back: what can write there does.
pub fn through_texels<T>(run: impl FnOnce() -> T) -> T {
    THROUGH_TEXELS.set(true);
    let done = run();
    THROUGH_TEXELS.set(false);
    done
}

/// A recording with its inputs: one run of a few dispatches.
pub struct Bench<'g> {
    gpu: &'g Gpu,
    precision: Precision,
    pub recording: Recording,
    uploads: Vec<(Slice, Vec<u8>)>,
}

impl<'g> Bench<'g> {
    pub fn of(gpu: &'g Gpu, precision: Precision) -> Self {
        Self { gpu, precision, recording: Recording::default(), uploads: Vec::new() }
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> Slice {
        let mut bytes = bytes.to_vec();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let slice = self.recording.upload("input", bytes.len() as u64);
        self.uploads.push((slice, bytes));
        slice
    }

    pub fn floats(&mut self, values: &[f32]) -> Slice {
        self.bytes(bytemuck::cast_slice(values))
    }

    /// What a shader reads as tensors: weights.
    pub fn values(&mut self, values: &[f32]) -> Slice {
        let bytes = self.precision.bytes("problem", values).unwrap();
        self.bytes(&bytes)
    }

    pub fn words(&mut self, values: &[u32]) -> Slice {
        self.bytes(bytemuck::cast_slice(values))
    }

    pub fn tensor(&mut self, tensor: &Tensor) -> View {
        let slice = self.values(&packed(tensor));
        view(self.precision, slice, &tensor.shape)
    }

    pub fn output(&mut self, shape: &[usize]) -> View {
        let at = |i: usize| shape.get(i).copied().unwrap_or(1);
        let slice = self.recording.slab("output", View::bytes(self.precision, at(0), at(1), at(2), at(3)));
        view(self.precision, slice, shape)
    }

    /// Runs on poisoned slabs and gives the bytes of `output`.
    pub fn run(self, output: Slice) -> Result<Vec<u8>, String> {
        self.run_all(&[output])?.pop().ok_or_else(|| "nothing came back".to_owned())
    }

    /// As [`Bench::run`], of two outputs of f32.
    pub fn run_both(self, first: Slice, second: Slice) -> Result<[Vec<f32>; 2], String> {
        let floats = self.run_all(&[first, second])?.iter().map(|bytes| bytemuck::pod_collect_to_vec(bytes)).collect::<Vec<_>>();
        floats.try_into().map_err(|_| "not both came back".to_owned())
    }

    fn run_all(mut self, outputs: &[Slice]) -> Result<Vec<Vec<u8>>, String> {
        outputs.iter().for_each(|&output| self.recording.read(output));
        let mut plan = Plan::new(self.gpu, self.recording).map_err(|e| e.to_string())?;
        DISPATCHED.with_borrow_mut(|names| names.extend(plan.shaders().map(|shader| shader.name)));
        plan.poison();
        let uploads: Vec<_> = self.uploads.iter().map(|(slice, bytes)| (*slice, &bytes[..])).collect();
        plan.run(&uploads).map_err(|e| e.to_string())
    }

    pub fn run_tensor(mut self, mut output: View) -> Result<Vec<f32>, String> {
        let precision = self.precision;
        if THROUGH_TEXELS.get() {
            // The largest of one value is that value.
            let one = Pool { pooling: Pooling::Max, window: Window::square(1, 1), ceil: false, reads: BindingKind::Image };
            let read = View { slice: self.recording.slab("read", output.size()), ..output };
            self.recording.dispatch(kernels::pool("read", one, output, read).map_err(|e| e.to_string())?);
            output = read;
        }
        let slice = Slice { size: output.size(), ..output.slice };
        self.run(slice).map(|bytes| precision.values(&bytes))
    }

    pub fn run_floats(self, output: Slice) -> Result<Vec<f32>, String> {
        self.run(output).map(|bytes| bytemuck::pod_collect_to_vec(&bytes))
    }
}

/// The view of a tensor of `shape` in `slice`.
pub fn view(precision: Precision, slice: Slice, shape: &[usize]) -> View {
    let at = |i: usize| shape.get(i).copied().unwrap_or(1);
    View { slice, images: at(0), channels: at(1), height: at(2), width: at(3), precision }
}

/// The names of the shaders that `images` images of all members go through.
pub fn shaders_of(prepared: &Prepared, images: usize) -> Vec<&'static str> {
    let (graph, precision) = (prepared.graph(), prepared.precision());
    let [channels, height, width] = graph.tensors[0].shape;
    let mut recording = Recording::default();
    let slice = recording.upload("input", View::bytes(precision, images, channels, height, width));
    let input = View { slice, images, channels, height, width, precision };
    let slabs = recording.pool([prepared.slabs(images)]);
    prepared.record(&mut recording, &slabs, &[input], &graph.outputs).unwrap();
    recording.dispatches().iter().map(|dispatch| dispatch.shader.name).collect()
}

/// The tensors `wanted` of every member by the processor's engine, in memory that is poisoned before.
pub fn by_engine(
    threads: usize,
    graph: &Graph,
    members: &[&dyn Weights],
    inputs: &[Tensor],
    wanted: &[TensorId],
) -> Vec<Vec<Tensor>> {
    let engine = Engine::new(&Cpu::new(Some(threads)).unwrap(), graph.clone(), members, wanted).unwrap();
    let mut memory = Memory::default();
    let run = |(member, input)| {
        engine.run(member, &[input], &[], &mut memory).unwrap();
        memory.poison();
        engine.run(member, &[input], wanted, &mut memory).unwrap()
    };
    inputs.iter().enumerate().map(run).collect()
}

/// The tensors `wanted` of every member on the GPU; slabs are poisoned before.
pub fn run_graph(gpu: &Gpu, graph: &Graph, members: &[&dyn Weights], inputs: &[Tensor], wanted: &[TensorId]) -> Vec<Vec<Tensor>> {
    run_graph_in(Precision::F32, gpu, graph, members, inputs, wanted)
}

/// As [`run_graph`], with weights and tensors in `precision`.
pub fn run_graph_in(
    precision: Precision,
    gpu: &Gpu,
    graph: &Graph,
    members: &[&dyn Weights],
    inputs: &[Tensor],
    wanted: &[TensorId],
) -> Vec<Vec<Tensor>> {
    run_prepared(gpu, &Prepared::new(gpu, graph.clone(), members, wanted, precision).unwrap(), inputs, wanted)
}

/// As [`run_graph`], of a graph made ready: `inputs` are one a member.
pub fn run_prepared(gpu: &Gpu, prepared: &Prepared, inputs: &[Tensor], wanted: &[TensorId]) -> Vec<Vec<Tensor>> {
    let (graph, precision, members, images) = (prepared.graph(), prepared.precision(), inputs.len(), inputs[0].shape[0]);
    prepared.tune(members * images).unwrap();
    let [channels, height, width] = graph.tensors[0].shape;
    let mut recording = Recording::default();
    let slice = recording.upload("input", View::bytes(precision, members * images, channels, height, width));
    let input = View { slice, images: members * images, channels, height, width, precision };
    let slabs = recording.pool([prepared.slabs(input.images)]);
    let views = prepared.record(&mut recording, &slabs, &[input], wanted).unwrap();
    views.iter().for_each(|v| recording.read(v.slice));
    let mut plan = Plan::new(gpu, recording).unwrap();
    plan.poison();
    let values: Vec<f32> = inputs.iter().flat_map(packed).collect();
    let outputs = plan.run(&[(slice, &precision.bytes("input", &values).unwrap())]).unwrap();
    let mut answers = vec![Vec::new(); members];
    for (&id, bytes) in wanted.iter().zip(outputs) {
        let [c, h, w] = graph.tensors[id].shape;
        let all = unpacked(&precision.values(&bytes), &[members * images, c, h, w]);
        let each = all.len() / members;
        for (member, answer) in answers.iter_mut().enumerate() {
            answer
                .push(Tensor::new(graph.tensors[id].logical(images), all[member * each..(member + 1) * each].to_vec()).unwrap());
        }
    }
    answers
}
