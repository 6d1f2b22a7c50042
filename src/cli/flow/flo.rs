//! Middlebury's `.flo` files: `PIEH`, width, height, then dx and dy of every pixel, all little-endian.

use std::path::Path;

use crate::cli::files;
use crate::error::{Error, Result};
use crate::flow::Field;

const MARK: &[u8; 4] = b"PIEH";

/// Writes a field.
///
/// # Errors
/// [`Error::Io`] where the file cannot be written.
pub fn write(path: &Path, field: &Field) -> Result<()> {
    let mut bytes = MARK.to_vec();
    bytes.extend(field.width.to_le_bytes());
    bytes.extend(field.height.to_le_bytes());
    bytes.extend(field.data.as_flattened().iter().flat_map(|value| value.to_le_bytes()));
    files::write(path, &bytes)
}

/// Reads a field.
///
/// # Errors
/// [`Error::Io`] where the file cannot be read, [`Error::Argument`] where it is none.
pub fn read(path: &Path) -> Result<Field> {
    let bytes = std::fs::read(path).map_err(|error| Error::io(path, error))?;
    let wrong = |reason: &str| Error::Argument(format!("{}: {reason}", path.display()));
    let (Some(head), Some(rest)) = (bytes.get(..12), bytes.get(12..)) else { return Err(wrong("too short for a .flo file")) };
    if &head[..4] != MARK {
        return Err(wrong("not a .flo file: it does not begin with PIEH"));
    }
    let [width, height] = [4, 8].map(|at| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
    if rest.len() as u64 != 8 * u64::from(width) * u64::from(height) {
        return Err(wrong("cut short, or longer than its size says"));
    }
    let value = |at: usize| f32::from_le_bytes([rest[at], rest[at + 1], rest[at + 2], rest[at + 3]]);
    Field::new(width, height, (0..rest.len()).step_by(8).map(|at| [value(at), value(at + 4)]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let folder = std::env::temp_dir().join(format!("moue-flo-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("field.flo");
        let field = Field::new(3, 2, (0..6).map(|i| [i as f32 * 0.25, -1.5]).collect()).unwrap();
        write(&path, &field).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        // As the description of the format says: the mark is the float 202021.25, too.
        assert_eq!(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]), 202_021.25);
        assert_eq!(read(&path).unwrap(), field);
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("cut short"));
        std::fs::write(&path, b"no flow, but long enough").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("PIEH"));
    }
}
