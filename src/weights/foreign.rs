//! Files that people take for models: what they are, by their content or their ending, and what makes a model of them.

use std::path::Path;

/// Bytes of a file's beginning that are enough to know it.
pub(crate) const HEAD: usize = 512;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// In words, with its article.
    what: &'static str,
    remedy: &'static str,
}

const fn is(what: &'static str, remedy: &'static str) -> Foreign {
    Foreign { what, remedy }
}

const ONNX: Foreign = is("an ONNX file", "`moue import` makes a model of it");
const CAFFEMODEL: Foreign = is("a caffemodel", "`moue import` makes a model of it and its prototxt");
const PROTOTXT: Foreign = is("Caffe's prototxt", "`moue import` makes a model of it and its caffemodel");
const PYTORCH: Foreign = is(
    "a PyTorch checkpoint",
    "moue does not read it. Export the network with torch.onnx.export, `moue import` makes a model of that",
);
const TFLITE: Foreign = is("a TensorFlow Lite file", "`moue import` makes a model of it");
const TASK: Foreign = is("a bundle of MediaPipe's", "`moue import FILE:MEMBER` makes a model of one of its networks");
const HDF5: Foreign = is(
    "an HDF5 file, as Keras writes them",
    "moue does not read it. Convert it with tf2onnx, `moue import` makes a model of ONNX files",
);
const TENSORFLOW: Foreign =
    is("a TensorFlow graph", "moue does not read it. Convert it with tf2onnx, `moue import` makes a model of ONNX files");
const EXPORT: &str = "moue does not read it. Export the network to ONNX, `moue import` makes a model of that";
const OTHER: [(&str, Foreign); 16] = [
    ("onnx", ONNX),
    ("caffemodel", CAFFEMODEL),
    ("prototxt", PROTOTXT),
    ("pt", PYTORCH),
    ("pth", PYTORCH),
    ("ckpt", PYTORCH),
    ("tflite", TFLITE),
    ("task", TASK),
    ("h5", HDF5),
    ("keras", HDF5),
    ("pb", TENSORFLOW),
    ("mlmodel", is("a Core ML file", EXPORT)),
    ("engine", is("a TensorRT plan", EXPORT)),
    ("param", is("a file of ncnn", EXPORT)),
    ("pdmodel", is("a file of PaddlePaddle", EXPORT)),
    ("gguf", is("a GGUF file", EXPORT)),
];

impl Foreign {
    /// What a file is that begins with these bytes; else what its ending says.
    pub(crate) fn of(path: &str, head: &[u8]) -> Option<Self> {
        let ending = Path::new(path).extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        // A bundle is a zip.
        if ending.as_deref() == Some("task") && head.starts_with(b"PK") {
            return Some(TASK);
        }
        Self::by_content(head)
            .or_else(|| OTHER.iter().find(|(own, _)| Some(*own) == ending.as_deref()).map(|(_, foreign)| *foreign))
    }

    /// What a file is that begins with these bytes.
    pub(crate) fn by_content(head: &[u8]) -> Option<Self> {
        let has = |mark: &[u8]| head.windows(mark.len()).take(HEAD).any(|part| part == mark);
        Some(match head {
            [0x89, b'H', b'D', b'F', ..] => HDF5,
            [b'G', b'G', b'U', b'F', ..] => is("a GGUF file", EXPORT),
            [0x80, 2..=5, ..] => PYTORCH,
            [b'P', b'K', 3, 4, ..] if has(b"data.pkl") => PYTORCH,
            [b'P', b'K', 3, 4, ..] => is("a zip archive", "unpack it, and give the file in it"),
            [0x1F, 0x8B, ..] => is("a gzip archive", "unpack it, and give the file in it"),
            [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => is("a NumPy array", "give the file of a network"),
            [_, _, _, _, b'T', b'F', b'L', b'3', ..] => TFLITE,
            // Protocol buffers: the version of the format, then another field of the model.
            [8, 1, 0x12, ..] => TENSORFLOW,
            [8, 2..=30, 0x12 | 0x1A | 0x22 | 0x28 | 0x32 | 0x3A | 0x42 | 0x72, ..] => ONNX,
            // The network's name, then a layer of either syntax.
            [0x0A, length, rest @ ..] if is_name(rest, usize::from(*length)) => CAFFEMODEL,
            _ if head.starts_with(b"version https://git-lfs") => {
                is("a pointer of Git LFS and not the file", "fetch the file with `git lfs pull`")
            }
            _ if head.trim_ascii_start().starts_with(b"<") => is("a web page or XML", "download the file itself"),
            _ if image::guess_format(head).is_ok() => is("a picture", "give the file of a network"),
            _ => return None,
        })
    }

    /// Whether the importer of ONNX reads it.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn is_onnx(self) -> bool {
        self == ONNX
    }

    /// Whether the importer of TensorFlow Lite reads it.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn is_tflite(self) -> bool {
        self == TFLITE
    }

    /// What it is, in words.
    pub(crate) fn what(self) -> &'static str {
        self.what
    }

    /// What it is, and what to do.
    pub(crate) fn sentence(self) -> String {
        format!("it is {}: {}", self.what, self.remedy)
    }
}

fn is_name(rest: &[u8], length: usize) -> bool {
    let Some((name, next)) = rest.split_at_checked(length) else { return false };
    let printable = name.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    length > 0 && printable && (next.starts_with(&[0xA2, 0x06]) || next.starts_with(&[0x12]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(path: &str, head: &[u8]) -> String {
        Foreign::of(path, head).map(Foreign::sentence).unwrap_or_default()
    }

    #[test]
    fn files_are_known_by_what_they_hold_whatever_they_are_called() {
        let cases: [(&[u8], &str); 14] = [
            (b"\x08\x08\x12\x07pytorch", "ONNX"),
            (b"\x08\x07:\x10\n\x02", "ONNX"),
            (b"\x08\x01\x12\x90\x01", "TensorFlow graph"),
            (b"\x0A\x07LeNet-5\xA2\x06\x10", "caffemodel"),
            (b"PK\x03\x04\0\0\0\0archive/data.pkl", "torch.onnx.export"),
            (b"\x80\x02\x8a\x0a", "PyTorch"),
            (b"\x1C\0\0\0TFL3", "Lite"),
            (b"\x89HDF\r\n\x1a\n", "Keras"),
            (b"GGUF\x03", "GGUF"),
            (b"PK\x03\x04word/document.xml", "unpack"),
            (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
            (b"\n<!DOCTYPE html>", "web page"),
            (b"\x89PNG\r\n\x1a\n", "a picture"),
            (b"\x93NUMPY\x01", "NumPy"),
        ];
        for (head, words) in cases {
            let said = sentence("model.bin", head);
            assert!(said.contains(words), "{words}: {said}");
        }
    }

    #[test]
    fn the_ending_says_what_the_content_does_not() {
        assert!(sentence("net.ONNX", b"").contains("ONNX"));
        assert!(sentence("face.task", b"PK\x03\x04a.tflite").contains("FILE:MEMBER"));
        assert!(sentence("net.pth", b"????").contains("PyTorch"));
        assert_eq!(Foreign::of("net.safetensors", b"\x10\0\0\0\0\0\0\0{\"a\":{}}"), None);
    }
}
