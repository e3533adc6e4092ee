// SPDX-License-Identifier: GPL-2.0-only

//! The T10 protocol identifier of a fabric.
//!
//! C header: [`include/scsi/scsi_proto.h`](srctree/include/scsi/scsi_proto.h)

/// The T10 protocol identifier of a fabric, for `core_tpg_register()`.
///
/// See SPC-4, section 7.6.1, and `enum scsi_protocol` in `include/scsi/scsi_proto.h`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Protocol(pub(super) u8);

impl Protocol {
    /// Fibre Channel.
    pub const FCP: Self = Self(0x0);
    /// Parallel SCSI.
    pub const SPI: Self = Self(0x1);
    /// Serial Storage Architecture.
    pub const SSA: Self = Self(0x2);
    /// Serial Bus Protocol, on IEEE 1394.
    pub const SBP: Self = Self(0x3);
    /// SCSI RDMA Protocol.
    pub const SRP: Self = Self(0x4);
    /// Internet SCSI.
    pub const ISCSI: Self = Self(0x5);
    /// Serial Attached SCSI.
    pub const SAS: Self = Self(0x6);
    /// Automation/Drive Interface.
    pub const ADT: Self = Self(0x7);
    /// ATA/ATAPI.
    pub const ATA: Self = Self(0x8);
    // T10 assigns the next three; `enum scsi_protocol` lacks them.
    /// USB Attached SCSI.
    pub const UAS: Self = Self(0x9);
    /// SCSI over PCI Express.
    pub const SOP: Self = Self(0xa);
    /// PCI Express.
    pub const PCIE: Self = Self(0xb);
}
