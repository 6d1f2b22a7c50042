//! Every way moue can fail. Messages name the thing and the remedy; nothing in the library panics.

use std::path::PathBuf;
use std::sync::Arc;

/// What went wrong, where, and what to try.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A picture could not be read or decoded.
    #[error("cannot read the picture: {0}")]
    Picture(String),
    /// A video, or a camera, could not be read.
    #[error("cannot read the video: {0}")]
    Video(String),
    /// A file could not be read or written.
    #[error("{}: {}", path.display(), plain(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's own reason.
        source: Arc<std::io::Error>,
    },
    /// A model file, its description or its weights are not as `model-format` says.
    #[error("model `{model}`: {at}: {reason}")]
    Model {
        /// Name of the model or its file.
        model: String,
        /// The member, operator or tensor at fault.
        at: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// An argument is outside of what the function accepts.
    #[error("{0}")]
    Argument(String),
    /// Shapes do not fit together.
    #[error("{at}: {reason}")]
    Shape {
        /// The operator or tensor at fault.
        at: String,
        /// The shapes met and the shapes wanted.
        reason: String,
    },
    /// No adapter answers to the request.
    #[error("{0}")]
    NoAdapter(String),
    /// The adapter's limits do not allow what is asked.
    #[error("adapter `{adapter}`: {reason}")]
    Limit {
        /// Name of the adapter.
        adapter: String,
        /// The limit and what exceeds it.
        reason: String,
    },
    /// The device ran out of memory.
    #[error("out of memory on `{adapter}` while {doing}: use a smaller batch or another `--device`")]
    OutOfMemory {
        /// Name of the adapter.
        adapter: String,
        /// What was being allocated.
        doing: String,
    },
    /// The device was lost (driver reset, unplugged, destroyed).
    #[error("the device `{adapter}` was lost: {reason}. Start again, or use `--device cpu`")]
    DeviceLost {
        /// Name of the adapter.
        adapter: String,
        /// The driver's own words.
        reason: String,
    },
    /// The device refused a command; a defect in moue or in the driver.
    #[error("the device `{adapter}` refused a command: {reason}")]
    Device {
        /// Name of the adapter.
        adapter: String,
        /// The validation message.
        reason: String,
    },
    /// Code that should not have panicked did, or a thread could not be had: a defect in moue, in a library it uses, or in the caller's detector.
    #[error("a defect in moue or in a library it uses, please report it: {0}")]
    Defect(String),
}

/// The result of every fallible function of the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn shape(at: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Shape { at: at.into(), reason: reason.into() }
    }

    /// The kind of failure in a word, for who cannot match on it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Picture(_) => "picture",
            Self::Video(_) => "video",
            Self::Io { .. } => "io",
            Self::Model { .. } => "model",
            Self::Argument(_) => "argument",
            Self::Shape { .. } => "shape",
            Self::NoAdapter(_) => "no-adapter",
            Self::Limit { .. } => "limit",
            Self::OutOfMemory { .. } => "out-of-memory",
            Self::DeviceLost { .. } => "device-lost",
            Self::Device { .. } => "device",
            Self::Defect(_) => "defect",
        }
    }

    /// Whether the device failed, and not the picture: what comes next would fare no better.
    pub fn is_of_device(&self) -> bool {
        matches!(self, Self::DeviceLost { .. } | Self::Device { .. } | Self::OutOfMemory { .. } | Self::Limit { .. })
    }

    /// An [`Error::Io`] for `path`.
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source: Arc::new(source) }
    }
}

/// A system's reason without its number.
pub(crate) fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
