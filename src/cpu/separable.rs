//! A depthwise convolution and the 1 x 1 one behind it: some rows of the first stay in a cache until the second has read them.

use pulp::{NullaryFnOnce, Simd, WithSimd};

use super::depthwise::{Depthwise, Rows, TOGETHER, rows_together};
use super::finish::Finish;
use super::pixels::{Pixels, PixelsMut};
use super::product::{self, Packed, Place, Product};
use super::threads::Cpu;
use crate::operators::Window;

/// Both made ready.
#[derive(Debug)]
pub(crate) struct Separable {
    depthwise: Depthwise,
    pointwise: Packed,
}

impl Separable {
    /// Of a depthwise convolution, and the weights `[O, C]` of the other.
    pub fn new(depthwise: Depthwise, pointwise: Packed) -> Self {
        Self { depthwise, pointwise }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> u64 {
        self.depthwise.bytes() + self.pointwise.bytes()
    }

    /// Floats that a thread works with, for outputs of a width.
    fn each(&self, columns: usize) -> usize {
        self.depthwise.floats(columns) + TOGETHER * columns * self.depthwise.channels()
    }

    /// Floats that it works with, for outputs of a width.
    pub fn work(&self, cpu: &Cpu, columns: usize) -> usize {
        cpu.threads() * self.each(columns)
    }

    /// Into `output`, with `work` of [`Separable::work`] floats: `between` the two, and at their end. Rows of the output are shared among threads.
    pub fn run(
        &self,
        cpu: &Cpu,
        input: Pixels<'_>,
        [between, finish]: [Finish<'_>; 2],
        output: &mut PixelsMut<'_>,
        work: &mut [f32],
    ) {
        let (size, first, stride) = (output.size, output.first, output.stride);
        let channels = self.depthwise.channels();
        let cost = output.count() * channels * (output.channels + 4);
        let each = cpu.share(output.images * size[0], TOGETHER, TOGETHER);
        let slopes = self.depthwise.repeated(between.slopes);
        let own = self.each(size[1]);
        cpu.each_with(output.whole(), each * size[1] * stride, work, own, cost, |index, lines, work| {
            let (ring, made) = work.split_at_mut(self.depthwise.floats(size[1]));
            let rows = Rows { layer: &self.depthwise, input, size, slopes: &slopes, activation: between.activation, ring };
            let place = Place { stride, first, skipped: 0, whole: false };
            cpu.vectors(Both { rows, weights: &self.pointwise, finish, first_row: index * each, place, lines, made });
        });
    }
}

/// Some rows of the output.
struct Both<'t> {
    rows: Rows<'t>,
    weights: &'t Packed,
    finish: Finish<'t>,
    /// Counted through all images.
    first_row: usize,
    place: Place,
    lines: &'t mut [f32],
    made: &'t mut [f32],
}

impl WithSimd for Both<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { mut rows, weights, finish, first_row, place, lines, made } = self;
        let ([height, columns], channels) = (rows.size, rows.layer.channels());
        let many = first_row + lines.len() / (columns * place.stride).max(1);
        let (mut row, mut loaded) = (first_row, None);
        while row < many {
            let count = rows_together(S::REGISTER_COUNT, (many - row).min(height - row % height));
            let made = &mut made[..count * columns * channels];
            rows.block(simd, row, count, &mut loaded, made);
            let input = Pixels::new(made, 1, [count, columns], channels);
            let rows = product::Rows { input, window: Window::square(1, 1), output: [count, columns], depth: channels };
            let out = &mut lines[(row - first_row) * columns * place.stride..][..count * columns * place.stride];
            let (pixels, panels) = (0..count * columns, 0..weights.panels());
            let product = Product { rows, weights, pixels, panels, finish: finish.from(row * columns), place, out };
            // As code of its own: it is what others call, too.
            simd.vectorize(Apart(simd, product));
            row += count;
        }
    }
}

/// A product, called.
struct Apart<'t, S: Simd>(S, Product<'t>);

impl<S: Simd> NullaryFnOnce for Apart<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.1.with_simd(self.0);
    }
}
