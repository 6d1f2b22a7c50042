//! TIFF files of colours that the decoder does not read: it is told that they are gray or RGB, and what it reads is converted here. TIFF 6.0.

use image::{Rgb, RgbImage};

const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const SAMPLES: u16 = 277;
const COLOUR_MAP: u16 = 320;
const SAMPLE_FORMAT: u16 = 339;

const GRAY: u16 = 1;
const RGB: u16 = 2;
const PALETTE: u16 = 3;
const YCBCR: u16 = 6;
const CIE_LAB: u16 = 8;
const ICC_LAB: u16 = 9;

const JPEG: u32 = 7;

/// How the values of the rewritten file become colours.
pub(super) enum Colours {
    /// A colour for each gray value.
    Palette(Vec<[u8; 3]>),
    /// As JPEG has them: section 21, with the coefficients of CCIR 601.
    YCbCr,
    /// Section 23: L* of 0 to 255 for 0 to 100; a* and b* signed, or with 128 added.
    Lab { signed: bool },
}

/// The file with colours that the decoder reads in the place of its own, and how these come back; `None` for any other.
pub(super) fn rewritten(bytes: &[u8]) -> Option<(Vec<u8>, Colours)> {
    let file = File::new(bytes)?;
    let bits = file.values(BITS);
    let eight = bits.len() == 3 && bits.iter().all(|&bits| bits == 8);
    let (told, colours) = match u16::try_from(file.first(PHOTOMETRIC)?).ok()? {
        PALETTE if matches!(bits[..], [1] | [8]) => (GRAY, Colours::Palette(palette(&file, bits[0])?)),
        YCBCR if eight && file.first(COMPRESSION) == Some(JPEG) => (RGB, Colours::YCbCr),
        kind @ (CIE_LAB | ICC_LAB) if eight => (RGB, Colours::Lab { signed: kind == CIE_LAB }),
        _ => return None,
    };
    let mut same = bytes.to_vec();
    let place = file.entries.iter().find(|entry| entry.tag == PHOTOMETRIC && entry.size == 2)?.values;
    *same.get_mut(place..)?.first_chunk_mut()? = if file.big { told.to_be_bytes() } else { told.to_le_bytes() };
    Some((same, colours))
}

/// Colour by colour as many values as the bits count, 16 bits each; of old programs 8.
fn palette(file: &File<'_>, bits: u32) -> Option<Vec<[u8; 3]>> {
    let values = file.values(COLOUR_MAP);
    let count = 1_usize << bits;
    if values.len() != 3 * count {
        return None;
    }
    let shift = if values.iter().all(|&value| value < 256) { 0 } else { 8 };
    let colours: Vec<_> = (0..count).map(|i| [0, 1, 2].map(|c| (values[c * count + i] >> shift) as u8)).collect();
    // The decoder spreads one bit over 0 to 255.
    let step = 255 / (count - 1);
    Some((0..256).map(|gray| colours[gray / step]).collect())
}

impl Colours {
    /// The colours of a picture of the rewritten file.
    pub(super) fn restore(&self, mut picture: RgbImage) -> RgbImage {
        for Rgb(pixel) in picture.pixels_mut() {
            *pixel = match self {
                Self::Palette(colours) => colours.get(usize::from(pixel[0])).copied().unwrap_or_default(),
                Self::YCbCr => ycbcr(*pixel),
                Self::Lab { signed } => lab(*pixel, *signed),
            };
        }
        picture
    }
}

fn byte(value: f32) -> u8 {
    // `as` stops at 0 and 255.
    value.round() as u8
}

fn ycbcr([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let [y, cb, cr] = [f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0];
    [byte(y + 1.402 * cr), byte(y - 0.344_136 * cb - 0.714_136 * cr), byte(y + 1.772 * cb)]
}

/// CIE 15 to XYZ of the white D50, Bradford's adaptation to D65 with the primaries of IEC 61966-2-1 in one matrix, and its curve.
fn lab([l, a, b]: [u8; 3], signed: bool) -> [u8; 3] {
    const WHITE: [f32; 3] = [0.964_22, 1.0, 0.825_21];
    const TO_SRGB: [[f32; 3]; 3] =
        [[3.133_856, -1.616_867, -0.490_615], [-0.978_768, 1.916_142, 0.033_454], [0.071_945, -0.228_991, 1.405_243]];
    let offset = |value: u8| if signed { f32::from(value as i8) } else { f32::from(value) - 128.0 };
    let y = (f32::from(l) * (100.0 / 255.0) + 16.0) / 116.0;
    let cube = |f: f32| if f > 6.0 / 29.0 { f * f * f } else { (f - 4.0 / 29.0) * (108.0 / 841.0) };
    let [x, y, z] = [y + offset(a) / 500.0, y, y - offset(b) / 200.0].map(cube);
    let xyz = [x * WHITE[0], y * WHITE[1], z * WHITE[2]];
    TO_SRGB.map(|row| {
        let linear = (row[0] * xyz[0] + row[1] * xyz[1] + row[2] * xyz[2]).clamp(0.0, 1.0);
        byte(255.0 * if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 })
    })
}

/// What keeps a file from being read, behind "a TIFF file".
pub(super) fn kind(bytes: &[u8]) -> Option<String> {
    let file = File::new(bytes)?;
    let compression = match file.first(COMPRESSION).unwrap_or(1) {
        2..=4 => Some("compressed as a fax"),
        6 => Some("compressed as JPEG in the way of before 1995"),
        9 | 10 | 34661 => Some("compressed as JBIG"),
        33003 | 33005 | 34712 => Some("compressed as JPEG 2000"),
        34887 => Some("compressed as LERC"),
        34925 => Some("compressed as LZMA"),
        50000 => Some("compressed as Zstandard"),
        50001 => Some("compressed as WebP"),
        50002 | 52546 => Some("compressed as JPEG XL"),
        _ => None,
    };
    if let Some(text) = compression {
        return Some(text.to_owned());
    }
    let bits = file.values(BITS);
    let bits = bits.iter().copied().max().unwrap_or(1);
    match (file.first(PHOTOMETRIC)?, file.first(SAMPLE_FORMAT).unwrap_or(1)) {
        (3, _) => Some(format!("with a palette and {bits} bits a pixel")),
        (6, _) => Some("of YCbCr colours, not compressed as JPEG,".to_owned()),
        (8..=10, _) => Some(format!("of L*a*b* colours with {bits} bits")),
        (32803 | 34892, _) => Some("of a camera's raw data".to_owned()),
        (_, 2) => Some(format!("of signed {bits}-bit integers")),
        (_, 3) => Some(format!("of {bits}-bit floating-point numbers")),
        (_, 5 | 6) => Some("of complex numbers".to_owned()),
        _ if !matches!(bits, 1 | 8 | 16) => Some(format!("of {bits}-bit integers")),
        _ => file.first(SAMPLES).filter(|&samples| samples > 4).map(|samples| format!("of {samples} channels")),
    }
}

/// The first directory of a file.
struct File<'b> {
    bytes: &'b [u8],
    big: bool,
    entries: Vec<Entry>,
}

struct Entry {
    tag: u16,
    /// Bytes of a value.
    size: usize,
    count: usize,
    /// Where the values are.
    values: usize,
}

impl<'b> File<'b> {
    fn new(bytes: &'b [u8]) -> Option<Self> {
        let mut file = Self { bytes, big: bytes.starts_with(b"MM"), entries: Vec::new() };
        if file.number(2, 2)? != 42 {
            return None;
        }
        let first = file.number(4, 4)? as usize;
        for index in 0..file.number(first, 2)? as usize {
            let at = first.checked_add(2 + 12 * index)?;
            let size = match file.number(at + 2, 2)? {
                1 | 2 | 6 | 7 => 1,
                3 | 8 => 2,
                4 | 9 => 4,
                _ => continue,
            };
            let (tag, count) = (file.number(at, 2)? as u16, file.number(at + 4, 4)? as usize);
            let values = if count.checked_mul(size)? <= 4 { at + 8 } else { file.number(at + 8, 4)? as usize };
            file.entries.push(Entry { tag, size, count, values });
        }
        Some(file)
    }

    fn number(&self, at: usize, size: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(size)?)?;
        let add = |number: u32, byte: &u8| (number << 8) | u32::from(*byte);
        Some(if self.big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    }

    fn values(&self, tag: u16) -> Vec<u32> {
        let Some(entry) = self.entries.iter().find(|entry| entry.tag == tag) else { return Vec::new() };
        let place = |index: usize| entry.values.checked_add(index.checked_mul(entry.size)?);
        (0..entry.count).map_while(|index| self.number(place(index)?, entry.size)).collect()
    }

    fn first(&self, tag: u16) -> Option<u32> {
        self.values(tag).first().copied()
    }
}
