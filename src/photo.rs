//! Photographs: files and bytes in, upright RGB out.
