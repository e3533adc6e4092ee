// SPDX-License-Identifier: GPL-2.0-only

//! Headers of iSCSI protocol data units (RFC 7143, section 11).
//!
//! A PDU has a basic header segment of 48 bytes, additional header segments, a header digest, and a
//! data segment with a data digest. `request` and `login` read the headers that an initiator sends;
//! `reply` writes those that a target sends. There is no state of a connection here.
//!
//! Pure `core`: the same files are compiled and tested on the host.

#![forbid(unsafe_code)]

mod login;
mod reply;
mod request;

pub(crate) use login::*;
pub(crate) use reply::*;
pub(crate) use request::*;

/// Length of a basic header segment, in bytes.
pub(crate) const HEADER_LEN: usize = 48;

/// Length of a digest, in bytes.
pub(crate) const DIGEST_LEN: usize = 4;

/// The reserved tag, of no task and no transfer.
pub(crate) const NO_TAG: u32 = 0xffff_ffff;

/// A basic header segment.
pub(crate) type Header = [u8; HEADER_LEN];

/// Returns the number of padding bytes after `length` bytes.
pub(crate) fn padding(length: u32) -> u32 {
    length.wrapping_neg() & 3
}

fn u16_at(header: &[u8], offset: usize) -> u16 {
    let bytes = header.get(offset..).and_then(<[u8]>::first_chunk);
    bytes.copied().map_or(0, u16::from_be_bytes)
}

fn u32_at(header: &[u8], offset: usize) -> u32 {
    let bytes = header.get(offset..).and_then(<[u8]>::first_chunk);
    bytes.copied().map_or(0, u32::from_be_bytes)
}

fn u64_at(header: &[u8], offset: usize) -> u64 {
    let bytes = header.get(offset..).and_then(<[u8]>::first_chunk);
    bytes.copied().map_or(0, u64::from_be_bytes)
}

/// Returns true if `a` precedes `b` in serial number arithmetic (RFC 1982).
pub(crate) fn is_before(a: u32, b: u32) -> bool {
    a.wrapping_sub(b) > u32::MAX / 2
}
