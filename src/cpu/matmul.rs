//! Products of matrices, one a channel.

use super::finish::Finish;
use super::pixels::{Pixels, PixelsMut, channels_first, channels_last};
use super::product::{Packed, Place, Product, Rows};
use super::threads::Cpu;
use crate::error::{Error, Result};
use crate::operators::Window;

/// `left` `[C, M, K]` times `right` `[C, K, P]` of every image: `[C, M, P]`.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree.
pub(crate) fn matmul(cpu: &Cpu, at: &str, left: Pixels<'_>, right: Pixels<'_>, output: &mut PixelsMut<'_>) -> Result<()> {
    let ([rows, depth], [below, columns]) = (left.size, right.size);
    let channels = left.channels;
    let made = [output.channels, output.size[0], output.size[1]];
    if depth != below || channels != right.channels || made != [channels, rows, columns] || output.stride != channels {
        return Err(Error::shape(
            at,
            format!("{rows} x {depth} times {below} x {columns}, {channels} and {} channels", right.channels),
        ));
    }
    let mut matrices = vec![0.0; channels * rows * depth];
    let mut products = vec![0.0; channels * rows * columns];
    let mut gathered = Vec::new();
    for image in 0..output.images {
        let own = left.part(image, 1);
        gathered.clear();
        (0..own.count()).for_each(|pixel| gathered.extend_from_slice(own.pixel(pixel)));
        channels_first(&gathered, channels, rows * depth, &mut matrices);
        let right = right.part(image, 1);
        cpu.each(&mut products, rows * columns, channels * rows * depth * columns, |channel, out| {
            let weights = Packed::new(cpu, depth, &vec![0.0; columns], |column, k| {
                right.data[(k * columns + column) * right.stride + channel]
            });
            let input = Pixels::new(&matrices[channel * rows * depth..][..rows * depth], 1, [1, rows], depth);
            let read = Rows { input, window: Window::square(1, 1), output: [1, rows], depth };
            let place = Place { stride: columns, first: 0, skipped: 0, whole: false };
            let panels = 0..weights.panels();
            cpu.vectors(Product {
                rows: read,
                weights: &weights,
                pixels: 0..rows,
                panels,
                finish: Finish::default(),
                place,
                out,
            });
        });
        let each = rows * columns * channels;
        channels_last(cpu, &products, channels, rows * columns, &mut output.data[image * each..][..each]);
    }
    Ok(())
}
