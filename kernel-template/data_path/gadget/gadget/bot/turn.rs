// SPDX-License-Identifier: GPL-2.0-only

//! A command of the bulk-only transport, which has one at a time.
//!
//! Whoever works for the command has a [`Turn`]: the command itself while target core has it, and
//! each request. The next command is received when the last one is dropped.

#![forbid(unsafe_code)]

use kernel::sync::Arc;

use super::Bot;
use crate::target::{
    atomic::{Full, Relaxed},
    Direction,
};

/// A share in the command. Dropped in any context.
pub(crate) struct Turn(Arc<Bot>);

impl Turn {
    /// Begins a command. The previous one must have ended.
    pub(super) fn new(bot: Arc<Bot>) -> Self {
        bot.shares.fetch_add(1, Relaxed);
        Self(bot)
    }

    /// Returns the link.
    pub(super) fn bot(&self) -> &Arc<Bot> {
        &self.0
    }
}

impl Clone for Turn {
    fn clone(&self) -> Self {
        Self::new(self.0.clone())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.0.shares.fetch_sub(1, Full) == 1 {
            self.0.receive_command();
        }
    }
}

/// The progress of a command.
#[derive(Clone, Copy)]
pub(super) struct Progress {
    /// `dCBWTag`.
    pub(super) tag: u32,
    /// Number of bytes that the host moves.
    pub(super) length: u32,
    /// Direction of the data.
    pub(super) direction: Direction,
    /// Logical unit number.
    pub(super) lun: u8,
    /// True if the data are compared with those of a read.
    pub(super) is_verify: bool,
    /// Number of bytes moved so far.
    pub(super) moved: u32,
    /// Number of bytes that the command does not use.
    pub(super) unused: u32,
    /// True if the host moves no more: a packet was short, or a transfer failed.
    pub(super) is_ended: bool,
    /// True if the host has given the command up: it gets no status.
    pub(super) is_void: bool,
}

impl Progress {
    /// No command.
    pub(super) const NONE: Self = Self {
        tag: 0,
        length: 0,
        direction: Direction::NONE,
        lun: 0,
        is_verify: false,
        moved: 0,
        unused: 0,
        is_ended: true,
        is_void: true,
    };

    /// Returns the number of bytes that the host still moves.
    pub(super) fn left(&self) -> u32 {
        if self.is_ended {
            0
        } else {
            self.length.saturating_sub(self.moved)
        }
    }
}
