// SPDX-License-Identifier: GPL-2.0-only

//! A port name: its canonical form, and the value that it stands for.
//!
//! Shared by all protocols, each of which defines its canonical form. Pure `core`: the same file is
//! compiled and tested on the host.

/// A port name of at most `N - 1` bytes that stands for a `V`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Name<V, const N: usize> {
    /// Canonical form, followed by NULs.
    text: [u8; N],
    len: usize,
    value: V,
}

impl<V: Copy, const N: usize> Name<V, N> {
    /// Makes a name of its canonical form. Bytes beyond `N - 1` are left out.
    pub(super) fn new(form: impl IntoIterator<Item = u8>, value: V) -> Self {
        let (mut text, mut len) = ([0; N], 0);
        let places = text.iter_mut().take(N.saturating_sub(1));
        for (place, byte) in places.zip(form) {
            *place = byte;
            len = usize::saturating_add(len, 1);
        }
        Self { text, len, value }
    }

    /// Returns the value.
    pub(crate) fn value(&self) -> V {
        self.value
    }

    /// Returns the canonical form.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }

    /// Returns the canonical form and the NUL that ends it.
    pub(crate) fn to_bytes_with_nul(&self) -> &[u8] {
        self.text.get(..=self.len).unwrap_or_default()
    }
}

/// Returns the rest of a name after `prefix`, which may be in any case.
pub(super) fn strip_prefix<'a>(name: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = (name.get(..prefix.len())?, name.get(prefix.len()..)?);
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}
