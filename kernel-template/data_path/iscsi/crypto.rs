// SPDX-License-Identifier: GPL-2.0-only

//! Digests for authentication, and random numbers.
//!
//! C headers: [`include/crypto/md5.h`](srctree/include/crypto/md5.h),
//! [`include/crypto/sha1.h`](srctree/include/crypto/sha1.h),
//! [`include/crypto/sha2.h`](srctree/include/crypto/sha2.h),
//! [`include/crypto/utils.h`](srctree/include/crypto/utils.h),
//! [`include/linux/random.h`](srctree/include/linux/random.h)

use crate::bindings;

/// Declares digest functions, each with the length of its digest in bytes.
macro_rules! digests {
    ($($(#[$attr:meta])* $name:ident $length:literal;)*) => {$(
        $(#[$attr])*
        pub(crate) fn $name(bytes: &[u8]) -> [u8; $length] {
            let mut digest = [0; $length];
            // SAFETY: `bytes` is valid for reads of its length. The function writes a digest of the
            // length of `digest`.
            unsafe { bindings::$name(bytes.as_ptr(), bytes.len(), digest.as_mut_ptr()) };
            digest
        }
    )*};
}

digests! {
    /// MD5, RFC 1321.
    md5 16;
    /// SHA-1, FIPS 180-4.
    sha1 20;
    /// SHA-256, FIPS 180-4.
    sha256 32;
}

/// Returns true if two digests are equal, in constant time.
pub(crate) fn is_equal<const N: usize>(a: &[u8; N], b: &[u8; N]) -> bool {
    // SAFETY: Both arrays are valid for reads of `N` bytes.
    unsafe { bindings::__crypto_memneq(a.as_ptr().cast(), b.as_ptr().cast(), N) == 0 }
}

/// Returns random bytes. Early in a boot, sleeps until the kernel has enough entropy.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // SAFETY: `bytes` is valid for writes of `N` bytes. A signal may end the wait, after which the
    // bytes are written anyway.
    unsafe {
        bindings::wait_for_random_bytes();
        bindings::get_random_bytes(bytes.as_mut_ptr().cast(), N);
    }
    bytes
}
