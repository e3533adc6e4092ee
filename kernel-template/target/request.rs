// SPDX-License-Identifier: GPL-2.0-only

//! The request of an initiator, from which a command is submitted.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use crate::{
    bindings,
    target::Operations, //
};

/// The order in which a command is to be executed, SAM-5 section 8.9.
#[derive(Clone, Copy)]
pub struct TaskAttribute(pub(super) u32);

impl TaskAttribute {
    /// In any order.
    pub const SIMPLE: Self = Self(bindings::TCM_SIMPLE_TAG);
    /// After all commands that came before, and before all that come after it.
    pub const ORDERED: Self = Self(bindings::TCM_ORDERED_TAG);
    /// At once.
    pub const HEAD: Self = Self(bindings::TCM_HEAD_TAG);
}

/// The request of an initiator.
pub struct Request<'a> {
    /// The task tag, by which the initiator may ask to abort the command.
    pub tag: u64,
    /// The logical unit.
    pub lun: u64,
    /// The command descriptor block, which may be followed by padding: its first byte determines
    /// its length.
    pub cdb: &'a [u8],
    /// The order of execution.
    pub attribute: TaskAttribute,
}

impl Request<'_> {
    /// Whether the command descriptor block is as long as its first byte says, SPC-4 section 4.2.5.
    pub(super) fn is_whole(&self) -> bool {
        let length = match self.cdb {
            // A command of variable length has the number of bytes after the first eight in byte 7.
            [0x7f, _, _, _, _, _, _, additional, ..] => 8 + usize::from(*additional),
            [0x00..=0x1f, ..] => 6,
            [0x20..=0x5f, ..] => 10,
            [0x80..=0x9f, ..] => 16,
            [0x60..=0x7e | 0xa0..=0xbf, ..] => 12,
            [0xc0..=0xff, ..] => 10,
            _ => return false,
        };
        self.cdb.len() >= length
    }
}

/// Why a command is not passed to target core.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The command descriptor block is shorter than its first byte says.
    ShortCdb,
    /// The nexus is stopped.
    Stopped,
}

/// A command that was not passed to target core.
pub struct Refused<T: Operations> {
    /// The reason.
    pub reason: Refusal,
    /// Its memory.
    pub memory: T::CmdMemory,
    /// The driver's data for it.
    pub data: T::Cmd,
}
