//! What the C library does with memory that is free again. Unasked, glibc keeps blocks of up to 32 MiB, in as many heaps as threads had some.

use std::time::Duration;

/// Bytes from which on a block has pages of its own, which the system has back at once.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN: libc::c_int = 128 << 10;

/// How often smaller ones are looked through.
pub const ROUND: Duration = Duration::from_secs(5);

/// Bodies and pictures are given back as soon as they are free.
pub fn own_pages() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[allow(unsafe_code)]
    // SAFETY: it takes two numbers by value, and locks what it changes.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN);
    }
}

/// Gives back what lies between small blocks that are in use: milliseconds.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[allow(unsafe_code)]
    // SAFETY: it takes a number by value, and locks what it changes.
    unsafe {
        libc::malloc_trim(0);
    }
}
