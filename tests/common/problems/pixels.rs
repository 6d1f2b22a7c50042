//! Problems of the kernels that make a network's input: bytes are the same or the kernel is wrong.

use image::{GrayImage, RgbImage};
use moue::Precision;
use moue::Rect;
use moue::gpu::Gpu;
use moue::kernels::{self, FacePart, Normalise, Source, TurnedPart};
use moue::operators::{Crop, Similarity};
use moue::reference;

use super::text;
use crate::common::{Bench, Random, Tolerance, close_in, unpacked};

fn words(picture: &RgbImage) -> Vec<u32> {
    picture.pixels().map(|p| u32::from_le_bytes([p.0[0], p.0[1], p.0[2], 0])).collect()
}

fn same_bytes(what: &str, got: &[u8], want: &[u8]) -> Result<(), String> {
    match got.iter().zip(want).position(|(g, w)| g != w) {
        _ if got.len() < want.len() => Err(format!("{what}: {} bytes, {} wanted", got.len(), want.len())),
        Some(i) => Err(format!("{what}: byte {i} is {}, the twin says {}", got[i], want[i])),
        None => Ok(()),
    }
}

fn random_rgb(random: &mut Random, width: u32, height: u32) -> RgbImage {
    RgbImage::from_raw(width, height, random.bytes((3 * width * height) as usize)).unwrap()
}

fn random_gray(random: &mut Random, width: u32, height: u32) -> GrayImage {
    GrayImage::from_raw(width, height, random.bytes((width * height) as usize)).unwrap()
}

pub(super) fn warp(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(1);
    let rect = |x, y, width, height| Rect { x, y, width, height };
    // (photograph, rectangles in it, crop height and width)
    let problems: &[(u32, u32, &[Rect], [u32; 2])] = &[
        (1, 1, &[rect(0, 0, 1, 1)], [5, 7]),
        (61, 47, &[rect(3, 5, 31, 29), rect(-9, -4, 40, 33), rect(50, 40, 25, 19)], [16, 16]),
        (61, 47, &[rect(3, 5, 11, 13), rect(0, 0, 61, 47)], [24, 20]),
        (40, 40, &[rect(0, 0, 40, 40), rect(4, 4, 7, 33), rect(-60, 3, 20, 20)], [13, 40]),
        (200, 150, &[rect(-20, -30, 230, 210); 7], [48, 48]),
    ];
    for &(width, height, rects, size) in problems {
        let photo = random_rgb(&mut random, width, height);
        // Every other face mirrored.
        let mirrored = |index: usize| index % 2 == 1;
        let parts: Vec<FacePart> =
            rects.iter().enumerate().map(|(i, &rect)| FacePart::new(0, width, height, rect, mirrored(i))).collect();
        let mut bench = Bench::of(gpu, precision);
        let faces = bench.bytes(bytemuck::cast_slice(&parts));
        let pixels = bench.words(&words(&photo));
        let output = bench.recording.slab("canonical", 4 * u64::from(size[0] * size[1]) * rects.len() as u64);
        bench.recording.dispatch(kernels::warp("warp", rects.len(), faces, pixels, size, output).map_err(text)?);
        let got = bench.run(output)?;
        let twin = |(index, &rect): (usize, &Rect)| {
            let crop = reference::warp(&photo, rect, size).unwrap();
            words(&if mirrored(index) { image::imageops::flip_horizontal(&crop) } else { crop })
        };
        let want: Vec<u32> = rects.iter().enumerate().flat_map(twin).collect();
        same_bytes(&format!("warp {width} x {height} to {size:?}"), &got, bytemuck::cast_slice(&want))?;
    }
    Ok(())
}

pub(super) fn turn(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(3);
    // (photograph; centre, side and right of squares in it; pixels of the crop's side): grown, of its own size, shrunk by one and by several samples, beyond
    // the edges, and by more than samples are taken.
    type Square = ([f64; 2], f64, [f64; 2]);
    let problems: &[(u32, u32, &[Square], u32)] = &[
        (1, 1, &[([0.5, 0.5], 3.0, [1.0, 0.2])], 5),
        (61, 47, &[([31.0, 20.0], 17.3, [1.0, 0.0]), ([31.5, 20.5], 16.0, [0.0, -1.0]), ([2.0, 45.0], 33.0, [-0.6, 0.8])], 16),
        (90, 120, &[([44.0, 61.0], 100.0, [0.9, 0.3]), ([80.0, 110.0], 61.0, [-1.0, 0.1])], 13),
        (400, 300, &[([200.0, 150.0], 390.0, [0.7, -0.7]); 3], 9),
        (700, 200, &[([350.0, 90.0], 690.0, [1.0, 0.05])], 7),
    ];
    for &(width, height, squares, side) in problems {
        let photo = random_rgb(&mut random, width, height);
        let mirrored = |index: usize| index % 2 == 1;
        let places: Vec<Similarity> =
            squares.iter().map(|&(centre, long, right)| Similarity::square(centre, long, right, side).unwrap()).collect();
        let parts: Vec<TurnedPart> =
            places.iter().enumerate().map(|(i, &place)| TurnedPart::new(0, width, height, place, mirrored(i))).collect();
        let mut bench = Bench::of(gpu, precision);
        let faces = bench.bytes(bytemuck::cast_slice(&parts));
        let pixels = bench.words(&words(&photo));
        let output = bench.recording.slab("turned", 4 * u64::from(side * side) * places.len() as u64);
        bench.recording.dispatch(kernels::turn("turn", places.len(), faces, pixels, [side; 2], output).map_err(text)?);
        let got = bench.run(output)?;
        let twin = |(index, &place): (usize, &Similarity)| {
            let crop = reference::turn(&photo, place, [side; 2]).unwrap();
            words(&if mirrored(index) { image::imageops::flip_horizontal(&crop) } else { crop })
        };
        let want: Vec<u32> = places.iter().enumerate().flat_map(twin).collect();
        same_bytes(&format!("turn {width} x {height} to {side}"), &got, bytemuck::cast_slice(&want))?;
    }
    Ok(())
}

pub(super) fn gray(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(2);
    for (width, height) in [(1, 1), (3, 1), (2, 3), (17, 13), (64, 33), (601, 443)] {
        let rgb = random_rgb(&mut random, width, height);
        let count = (width * height) as usize;
        let mut bench = Bench::of(gpu, precision);
        let input = bench.words(&words(&rgb));
        let output = bench.recording.slab("gray", count as u64);
        bench.recording.dispatch(kernels::gray("gray", count, input, output).map_err(text)?);
        same_bytes(&format!("gray {width} x {height}"), &bench.run(output)?, &reference::gray(&rgb))?;
    }
    Ok(())
}

/// Pictures whose diagonal neighbours tie with their centre, or nearly: few gray levels close together.
fn near_ties(random: &mut Random, width: u32, height: u32) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        image::Luma([(100 + (x + 2 * y) % 3 + u32::from(random.next().is_multiple_of(5))) as u8])
    })
}

pub(super) fn lbp(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    // A golden picture of the largest radius whose diagonals all but tie: only exact arithmetic decides them.
    let ties = image::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/ties_512.png")).unwrap().to_luma8();
    codes(gpu, precision, "near ties", &[ties], 512)?;
    let sizes = [(1, 23, 31, 2), (2, 41, 27, 3), (1, 40, 33, 5), (3, 37, 45, 10), (1, 160, 133, 61)];
    random_codes(gpu, precision, &sizes)
}

/// Eight codes are made at once: rows that end within them, once and several times, pictures that do, and a last element that is not full.
pub(super) fn lbp_radius_1(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    codes(gpu, precision, "all near ties", &[all_near_ties()], 1)?;
    let sizes = [
        (1, 3, 3, 1),
        (7, 9, 7, 1),
        (1, 3, 40, 1),
        (5, 3, 4, 1),
        (3, 4, 5, 1),
        (2, 5, 3, 1),
        (9, 6, 3, 1),
        (1, 40, 3, 1),
        (1, 34, 12, 1),
        (3, 13, 11, 1),
        (2, 47, 31, 1),
        (1, 258, 77, 1),
        (1, 261, 35, 1),
    ];
    random_codes(gpu, precision, &sizes)
}

/// Blocks of 3 x 3 pixels: for every sum that two neighbours can have beside each centre, the corners between which a diagonal's sign changes.
fn all_near_ties() -> GrayImage {
    let mut blocks = Vec::new();
    for centre in 0..=255_i32 {
        // Steps that share no factor with a byte's 256 values: over all centres every sum comes often.
        for sum in (centre % 7..=510).step_by(7) {
            let corner = f64::from(centre) - (2_f64.sqrt() - 1.0) * f64::from(sum - 2 * centre);
            let corners = [corner.floor() as i32, corner.floor() as i32 + 1];
            blocks.extend(corners.into_iter().filter(|c| (0..=255).contains(c)).map(|corner| [centre, sum, corner]));
        }
    }
    let across = 150;
    let down = blocks.len().div_ceil(across);
    GrayImage::from_fn(3 * across as u32, 3 * down as u32, |x, y| {
        let [centre, sum, corner] = blocks[(y as usize / 3 * across + x as usize / 3) % blocks.len()];
        let value = match (x % 3, y % 3) {
            (1, 1) => centre,
            // Above and below the larger half, left and right the smaller: a sum of one of each.
            (1, _) => sum - sum / 2,
            (_, 1) => sum / 2,
            _ => corner,
        };
        image::Luma([value as u8])
    })
}

/// (images, width, height, radius) of noise, of near ties, and flat.
fn random_codes(gpu: &Gpu, precision: Precision, sizes: &[(usize, u32, u32, u32)]) -> Result<(), String> {
    let mut random = Random(3);
    for &(images, width, height, radius) in sizes {
        let mut pictures = |kind: fn(&mut Random, u32, u32) -> GrayImage| -> Vec<GrayImage> {
            (0..images).map(|_| kind(&mut random, width, height)).collect()
        };
        codes(gpu, precision, "noise", &pictures(random_gray), radius)?;
        codes(gpu, precision, "near ties", &pictures(near_ties), radius)?;
        let flat = pictures(|random, width, height| GrayImage::from_pixel(width, height, image::Luma([random.next() as u8])));
        if codes(gpu, precision, "flat", &flat, radius)?.iter().any(|&code| code != 255) {
            return Err("a flat picture has a code that is not 255".into());
        }
    }
    Ok(())
}

/// The codes of pictures of one size, which are the twin's.
fn codes(gpu: &Gpu, precision: Precision, what: &str, pictures: &[GrayImage], radius: u32) -> Result<Vec<u8>, String> {
    let (width, height) = pictures[0].dimensions();
    let bytes: Vec<u8> = pictures.iter().flat_map(|p| p.as_raw().clone()).collect();
    let want: Vec<u8> = pictures.iter().flat_map(|p| reference::lbp(p, radius).unwrap().into_raw()).collect();
    let mut bench = Bench::of(gpu, precision);
    let input = bench.bytes(&bytes);
    let output = bench.recording.slab("codes", want.len() as u64);
    bench.recording.dispatch(kernels::lbp("lbp", pictures.len(), [height, width], radius, input, output).map_err(text)?);
    same_bytes(&format!("{what}, {} x {width} x {height}, R {radius}", pictures.len()), &bench.run(output)?, &want)?;
    Ok(want)
}

/// Pictures, how many and of what size, resized and cut; five crops of each, or the middle one.
struct Cut {
    images: usize,
    size: [u32; 2],
    resize: [u32; 2],
    window: [u32; 2],
    five: bool,
}

pub(super) fn normalise(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(4);
    // Growing, shrinking, one pixel.
    for (images, size, resize, window) in [
        (7, [13, 17], [16, 24], [12, 20]),
        (2, [38, 38], [48, 48], [44, 44]),
        (1, [31, 29], [9, 8], [5, 5]),
        (1, [1, 1], [3, 3], [2, 3]),
    ] {
        inputs(gpu, precision, &mut random, &Cut { images, size, resize, window, five: images == 7 })?;
    }
    Ok(())
}

/// Nothing is resized.
pub(super) fn normalise_crop(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(5);
    for (images, size, window) in [
        (1, [11, 9], [11, 9]),
        (1, [1, 1], [1, 1]),
        (2, [3, 67], [3, 67]),
        (3, [38, 38], [33, 35]),
        (5, [6, 7], [3, 2]),
        (1, [131, 130], [131, 130]),
    ] {
        inputs(gpu, precision, &mut random, &Cut { images, size, resize: size, window, five: images > 2 })?;
    }
    Ok(())
}

fn inputs(gpu: &Gpu, precision: Precision, random: &mut Random, cut: &Cut) -> Result<(), String> {
    let &Cut { images, size, resize, window, five } = cut;
    let mut table = [[0; 3]; 256];
    for row in &mut table {
        *row = [random.next() as u8, random.next() as u8, random.next() as u8];
    }
    let table_words: Vec<u32> = table.iter().map(|c| u32::from_le_bytes([c[0], c[1], c[2], 0])).collect();
    let mean = [120.5, 99.0, 3.25];
    // Where nothing is interpolated, powers of two leave nothing to round in f16 either.
    let (scale, tolerance) =
        if resize == size { ([0.25, 0.5, 1.0], Tolerance::Exact) } else { ([0.02, 0.5, 1.0], Tolerance::Sum(8)) };
    for source in [Source::Mapped, Source::Colour, Source::Gray] {
        let crops = if five { Crop::five(resize, window) } else { Crop::centre(resize, window) };
        let channels = if source == Source::Gray { 1 } else { 3 };
        let reversed = images == 2 && channels == 3;
        let (mut bytes, mut want) = (Vec::new(), Vec::new());
        for _ in 0..images {
            let picture = match source {
                Source::Mapped => {
                    let codes = random_gray(random, size[1], size[0]);
                    bytes.extend_from_slice(&codes);
                    reference::lookup(&codes, &table)
                }
                Source::Gray => {
                    let gray = random_gray(random, size[1], size[0]);
                    bytes.extend_from_slice(&gray);
                    RgbImage::from_fn(size[1], size[0], |x, y| image::Rgb([gray.get_pixel(x, y).0[0]; 3]))
                }
                Source::Colour => {
                    let rgb = random_rgb(random, size[1], size[0]);
                    bytes.extend_from_slice(bytemuck::cast_slice(&words(&rgb)));
                    rgb
                }
            };
            let planes = reference::normalise_crops(&picture, resize, window, &crops, reversed, mean, scale);
            let plane = (window[0] * window[1]) as usize;
            want.extend(planes.chunks_exact(3 * plane).flat_map(|crop| crop[..channels * plane].to_vec()));
        }
        // The first image belongs to another representation.
        let shape = [1 + images * crops.len(), channels, window[0] as usize, window[1] as usize];
        let mut bench = Bench::of(gpu, precision);
        let pixels = bench.bytes(&bytes);
        let table = bench.words(&table_words);
        let origins: Vec<u32> = crops.iter().flat_map(|c| c.origin).collect();
        let crops_slice = bench.words(&origins);
        let output = bench.output(&shape);
        let step = Normalise { source, size, resize, crops: crops.len(), reversed, mean, scale };
        bench
            .recording
            .dispatch(kernels::normalise("normalise", step, pixels, table, crops_slice, images, output, 1).map_err(text)?);
        let got = bench.run_tensor(output)?;
        let got = &unpacked(&got, &shape)[shape[1..].iter().product()..];
        close_in(precision, &format!("normalise {size:?} {source:?}"), got, &want, tolerance)?;
    }
    Ok(())
}
