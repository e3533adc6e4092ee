// SPDX-License-Identifier: GPL-2.0-only

//! The data of a command: how much, which way, and where.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use crate::bindings;

/// Which way data goes, seen from the initiator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Direction(pub(super) bindings::dma_data_direction);

impl Direction {
    /// No data.
    pub const NONE: Self = Self(bindings::dma_data_direction_DMA_NONE);
    /// To the target: a write.
    pub const OUT: Self = Self(bindings::dma_data_direction_DMA_TO_DEVICE);
    /// From the target: a read.
    pub const IN: Self = Self(bindings::dma_data_direction_DMA_FROM_DEVICE);

    /// What C says, but for bidirectional commands, which have no data here.
    pub fn from_raw(direction: bindings::dma_data_direction) -> Self {
        match Self(direction) {
            Self::OUT => Self::OUT,
            Self::IN => Self::IN,
            _ => Self::NONE,
        }
    }
}

/// The payload of a command to be submitted: how long, which way, and where.
pub struct Buffer {
    /// How many bytes the initiator sends or expects, with protection information. Without it
    /// target core goes by the command descriptor block.
    pub length: Option<u32>,
    /// Which way they go.
    pub direction: Direction,
    /// The scatterlist and its length; without one target core has memory of its own.
    pub data: (*mut bindings::scatterlist, u32),
    /// The scatterlist of the protection information and its length.
    pub protection: (*mut bindings::scatterlist, u32),
    /// Whether the initiator asks for protection information that is not in the buffer.
    pub is_unprotected: bool,
}
