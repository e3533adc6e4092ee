// SPDX-License-Identifier: GPL-2.0-only

//! Protection information, SBC-3 section 4.22: the support of a session, and the mode of a command.
//!
//! The information itself is a payload: [`Pending::protection`](super::Pending::protection) and
//! [`Completed::protection`](super::Completed::protection).
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::ops::BitOr;

use crate::{
    bindings,
    target::{
        cmd::{se_cmd, SeCmd},
        Cmd,
        Operations, //
    },
};

/// The operations on protection information that a fabric performs for a session. Target core
/// performs the other ones that a backstore needs.
#[derive(Clone, Copy)]
pub struct ProtectionOps(pub(super) bindings::target_prot_op);

impl ProtectionOps {
    /// None: the fabric transfers no protection information.
    pub const NORMAL: Self = Self(bindings::target_prot_op_TARGET_PROT_NORMAL);
    /// Protection information is transferred in both directions.
    pub const PASS: Self = Self(
        bindings::target_prot_op_TARGET_PROT_DIN_PASS
            | bindings::target_prot_op_TARGET_PROT_DOUT_PASS,
    );
    /// Inserts information into the data of reads, for the initiator.
    pub const READ_INSERT: Self = Self(bindings::target_prot_op_TARGET_PROT_DIN_INSERT);
    /// Checks the information of reads and removes it.
    pub const READ_STRIP: Self = Self(bindings::target_prot_op_TARGET_PROT_DIN_STRIP);
    /// Inserts information into the data of writes, for the backstore.
    pub const WRITE_INSERT: Self = Self(bindings::target_prot_op_TARGET_PROT_DOUT_INSERT);
    /// Checks the information of writes and removes it.
    pub const WRITE_STRIP: Self = Self(bindings::target_prot_op_TARGET_PROT_DOUT_STRIP);
    /// All of them.
    pub const ALL: Self = Self(
        Self::PASS.0
            | Self::READ_INSERT.0
            | Self::READ_STRIP.0
            | Self::WRITE_INSERT.0
            | Self::WRITE_STRIP.0,
    );
}

impl BitOr for ProtectionOps {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The operation on the protection information of a command, as data pass from one side of the
/// target to the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ProtectionAction {
    /// Inserted: the side that sends has none.
    Insert,
    /// Checked and removed: the side that receives takes none.
    Strip,
    /// Passed on: both sides have it.
    Pass,
}

/// The type of protection, SBC-3 section 4.22.2.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ProtectionType {
    /// Type 1: the reference tag is the low half of the block address.
    Type1,
    /// Type 2: the reference tag begins at one of the command.
    Type2,
    /// Type 3: there is no reference tag.
    Type3,
}

/// The protection of a command.
#[derive(Clone, Copy)]
pub struct Protection {
    /// The operation.
    pub action: ProtectionAction,
    /// The type.
    pub kind: ProtectionType,
    /// True if guards are checked.
    pub checks_guard: bool,
    /// True if application tags are checked.
    pub checks_application_tag: bool,
    /// True if reference tags are checked.
    pub checks_reference_tag: bool,
    /// The reference tag of the first block.
    pub reference_tag: u32,
}

impl<T: Operations> Cmd<T> {
    /// Returns the protection of the command, or `None` for a command without any.
    pub fn protection_mode(&self) -> Option<Protection> {
        Protection::of(self)
    }
}

impl Protection {
    fn of<O: SeCmd>(object: &O) -> Option<Self> {
        let cmd = se_cmd(object);
        // SAFETY: The command is alive while it is borrowed. Target core sets the fields in
        // `target_submit_prep`, before it calls an op for the command, and does not change them.
        let (op, kind, checks, reference_tag) = unsafe {
            (
                (*cmd).prot_op,
                (*cmd).prot_type,
                u32::from((*cmd).prot_checks),
                (*cmd).reftag_seed,
            )
        };
        let action = match op {
            bindings::target_prot_op_TARGET_PROT_DIN_INSERT
            | bindings::target_prot_op_TARGET_PROT_DOUT_INSERT => ProtectionAction::Insert,
            bindings::target_prot_op_TARGET_PROT_DIN_STRIP
            | bindings::target_prot_op_TARGET_PROT_DOUT_STRIP => ProtectionAction::Strip,
            bindings::target_prot_op_TARGET_PROT_DIN_PASS
            | bindings::target_prot_op_TARGET_PROT_DOUT_PASS => ProtectionAction::Pass,
            _ => return None,
        };
        let kind = match kind {
            bindings::target_prot_type_TARGET_DIF_TYPE1_PROT => ProtectionType::Type1,
            bindings::target_prot_type_TARGET_DIF_TYPE2_PROT => ProtectionType::Type2,
            bindings::target_prot_type_TARGET_DIF_TYPE3_PROT => ProtectionType::Type3,
            _ => return None,
        };
        let has = |check| checks & check != 0;
        Some(Self {
            action,
            kind,
            checks_guard: has(bindings::target_core_dif_check_TARGET_DIF_CHECK_GUARD),
            checks_application_tag: has(bindings::target_core_dif_check_TARGET_DIF_CHECK_APPTAG),
            checks_reference_tag: has(bindings::target_core_dif_check_TARGET_DIF_CHECK_REFTAG),
            reference_tag,
        })
    }
}
