//! What the C library does with memory that is free again.

/// Bytes from which on a block has pages of its own, which the system has back at once.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN: libc::c_int = 128 << 10;

/// Bodies and pictures of a flood are given back after it. Unasked, glibc keeps blocks of up to 32 MiB, in as many heaps as threads had some: after 256 pictures
/// it held 480 MiB, and 130 MiB so (docs/serve.md).
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[allow(unsafe_code)]
    // SAFETY: it takes two numbers by value, and locks what it changes.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN);
    }
}
