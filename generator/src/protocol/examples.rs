// SPDX-License-Identifier: GPL-2.0-only

//! Examples of each protocol's names, from the files that a module's unit tests use.

#![allow(dead_code, reason = "TransportIDs are for the unit tests alone")]

#[path = "../../kernel-template/protocol/examples/fc.rs"]
pub(super) mod fc;
#[path = "../../kernel-template/protocol/examples/iscsi.rs"]
pub(super) mod iscsi;
#[path = "../../kernel-template/protocol/examples/naa.rs"]
pub(super) mod naa;
#[path = "../../kernel-template/protocol/examples/pcie.rs"]
pub(super) mod pcie;
#[path = "../../kernel-template/protocol/examples/sas.rs"]
pub(super) mod sas;
#[path = "../../kernel-template/protocol/examples/sbp.rs"]
pub(super) mod sbp;
#[path = "../../kernel-template/protocol/examples/sop.rs"]
pub(super) mod sop;
#[path = "../../kernel-template/protocol/examples/spi.rs"]
pub(super) mod spi;
#[path = "../../kernel-template/protocol/examples/srp.rs"]
pub(super) mod srp;
#[path = "../../kernel-template/protocol/examples/ssa.rs"]
pub(super) mod ssa;
