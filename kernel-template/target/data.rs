// SPDX-License-Identifier: GPL-2.0-only

//! The data of a command: their length, their direction, and the memory that they are in.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use crate::bindings;

/// The direction of data, seen from the initiator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Direction(pub(super) bindings::dma_data_direction);

impl Direction {
    /// No data.
    pub const NONE: Self = Self(bindings::dma_data_direction::DMA_NONE);
    /// To the target: a write.
    pub const OUT: Self = Self(bindings::dma_data_direction::DMA_TO_DEVICE);
    /// From the target: a read.
    pub const IN: Self = Self(bindings::dma_data_direction::DMA_FROM_DEVICE);

    /// The direction of a C command; none for a bidirectional one, which is not supported.
    pub fn from_raw(direction: bindings::dma_data_direction) -> Self {
        match Self(direction) {
            Self::OUT => Self::OUT,
            Self::IN => Self::IN,
            _ => Self::NONE,
        }
    }
}

/// The payload of a command to be submitted: its length, its direction, and its memory.
pub struct Buffer {
    /// How many bytes the initiator sends or expects, protection information included. `None` if
    /// target core shall take the length from the command descriptor block.
    pub length: Option<u32>,
    /// The direction of the bytes.
    pub direction: Direction,
    /// The scatterlist and its length; if it is null, target core allocates the memory.
    pub data: (*mut bindings::scatterlist, u32),
    /// The scatterlist of the protection information and its length.
    pub protection: (*mut bindings::scatterlist, u32),
    /// Whether the command asks for protection information, and the buffer has none.
    pub is_unprotected: bool,
}
