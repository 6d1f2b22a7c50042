//! Face detection.
