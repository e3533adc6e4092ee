// SPDX-License-Identifier: GPL-2.0-only

//! The data of a command: length, direction, and memory.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use crate::bindings;

/// The direction of data, as seen from the initiator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Direction(pub(super) bindings::dma_data_direction);

impl Direction {
    /// No data.
    pub const NONE: Self = Self(bindings::dma_data_direction::DMA_NONE);
    /// To the target: a write.
    pub const OUT: Self = Self(bindings::dma_data_direction::DMA_TO_DEVICE);
    /// From the target: a read.
    pub const IN: Self = Self(bindings::dma_data_direction::DMA_FROM_DEVICE);

    /// Converts the direction of a C command. A bidirectional command, which is not supported,
    /// gives [`Self::NONE`].
    pub fn from_raw(direction: bindings::dma_data_direction) -> Self {
        match Self(direction) {
            Self::OUT => Self::OUT,
            Self::IN => Self::IN,
            _ => Self::NONE,
        }
    }
}

/// The data of a command to be submitted.
pub struct Buffer {
    /// Number of bytes that the initiator sends or expects, protection information included. `None`
    /// makes target core take the length from the command descriptor block.
    pub length: Option<u32>,
    /// Direction of the data.
    pub direction: Direction,
    /// Scatterlist and number of its entries; null makes target core allocate the memory.
    pub data: (*mut bindings::scatterlist, u32),
    /// Scatterlist of the protection information and number of its entries.
    pub protection: (*mut bindings::scatterlist, u32),
    /// True if the command asks for protection information that the buffer lacks.
    pub is_unprotected: bool,
}
