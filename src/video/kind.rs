//! What a file is, by its content, and where that says nothing by its name.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use image::ImageFormat;

/// Endings of videos. Not `ts`, which are programs more often; by their content they are known all the same.
pub const EXTENSIONS: [&str; 19] = [
    "mp4", "m4v", "mov", "qt", "mkv", "webm", "avi", "mpg", "mpeg", "m2v", "mts", "m2ts", "3gp", "3g2", "flv", "wmv", "asf",
    "ogv", "y4m",
];

/// How the frames of a file are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// By ffmpeg.
    Container,
    /// A GIF, WebP or PNG file of several frames.
    Animation(ImageFormat),
    /// YUV4MPEG2.
    Y4m,
}

/// Begins a Y4M file.
pub const Y4M: &[u8] = b"YUV4MPEG2";

impl Kind {
    /// Of a file; `None` for what is no video, such as a picture.
    ///
    /// # Errors
    /// The system's, where it cannot be read.
    pub fn of(path: &Path) -> io::Result<Option<Self>> {
        let mut file = BufReader::new(File::open(path)?);
        let mut head = Vec::new();
        file.by_ref().take(1024).read_to_end(&mut head)?;
        if let Some(kind) = Self::of_head(&head) {
            return Ok(Some(kind));
        }
        // What the rest of a picture's file looks like is its decoder's to say.
        let animated = match image::guess_format(&head) {
            Ok(ImageFormat::Gif) => gif_frames(&mut file).unwrap_or(0) > 1,
            Ok(ImageFormat::Png) => apng_frames(&mut file).unwrap_or(0) > 1,
            Ok(ImageFormat::WebP) => head.get(12..16) == Some(b"VP8X") && head.get(20).is_some_and(|flags| flags & 2 != 0),
            Ok(_) => false,
            Err(_) => {
                let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
                let named = ending.is_some_and(|ending| EXTENSIONS.contains(&ending.as_str()));
                return Ok(named.then_some(Self::Container));
            }
        };
        Ok(image::guess_format(&head).ok().filter(|_| animated).map(Self::Animation))
    }

    /// Of what a file begins with, where that is enough: not for animated pictures.
    pub fn of_head(head: &[u8]) -> Option<Self> {
        let begins = |mark: &[u8]| head.starts_with(mark);
        if begins(Y4M) {
            return Some(Self::Y4m);
        }
        let box_name = head.get(4..8).unwrap_or_default();
        let still: [&[u8]; 9] = [b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis", b"crx "];
        let movie = match box_name {
            b"ftyp" => !still.contains(&head.get(8..12).unwrap_or_default()),
            b"moov" | b"mdat" | b"wide" => true,
            _ => false,
        };
        let riff = begins(b"RIFF") && head.get(8..12) == Some(b"AVI ");
        let program = begins(b"\0\0\x01\xBA") || begins(b"\0\0\x01\xB3");
        let transport = [0, 188, 376].iter().all(|&at| head.get(at) == Some(&0x47));
        let others =
            begins(b"\x1A\x45\xDF\xA3") || begins(b"FLV\x01") || begins(b"OggS") || begins(b"\x30\x26\xB2\x75\x8E\x66\xCF\x11");
        (movie || riff || program || transport || others).then_some(Self::Container)
    }
}

/// Whether an AVI file is shorter than it says: ffmpeg reads what is there without a word.
pub fn is_cut_avi(path: &Path) -> bool {
    let look = || -> io::Result<bool> {
        let mut file = File::open(path)?;
        let mut head = [0; 12];
        file.read_exact(&mut head)?;
        let said = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        Ok(head.starts_with(b"RIFF") && head.ends_with(b"AVI ") && file.metadata()?.len() < 8 + u64::from(said))
    };
    look().unwrap_or(false)
}

/// Pictures of a GIF file, two at most.
fn gif_frames(file: &mut (impl Read + Seek)) -> io::Result<u32> {
    file.seek(SeekFrom::Start(10))?;
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let [flags, _, _] = read(file)?;
    file.seek_relative(table(flags))?;
    let mut frames = 0;
    loop {
        match read(file)? {
            [0x21] => drop(read::<1>(file)?),
            [0x2C] => {
                frames += 1;
                if frames > 1 {
                    return Ok(frames);
                }
                let [.., flags] = read::<9>(file)?;
                file.seek_relative(table(flags) + 1)?;
            }
            _ => return Ok(frames),
        }
        loop {
            match read(file)? {
                [0] => break,
                [length] => file.seek_relative(i64::from(length))?,
            }
        }
    }
}

/// Frames that a PNG file says it has, as an animation.
fn apng_frames(file: &mut (impl Read + Seek)) -> io::Result<u32> {
    file.seek(SeekFrom::Start(8))?;
    loop {
        let [a, b, c, d, name @ ..] = read::<8>(file)?;
        match &name {
            b"acTL" => return Ok(u32::from_be_bytes(read(file)?)),
            b"IDAT" | b"IEND" => return Ok(1),
            _ => file.seek_relative(i64::from(u32::from_be_bytes([a, b, c, d])) + 4)?,
        }
    }
}

fn read<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}
