// SPDX-License-Identifier: GPL-2.0-only

//! The layer's safe wrappers of an op's arguments.

/// A wrapper of a C struct, in `target/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrapper {
    /// `struct se_lun`.
    Lun,
    /// `struct se_node_acl`.
    NodeAcl,
    /// `struct se_tpg_np`.
    Np,
    /// `struct se_session`.
    Session,
    /// `struct se_cmd`, where it may be a task management function.
    Task,
    /// `struct se_portal_group`.
    Tpg,
    /// `struct se_wwn`.
    Wwn,
}

impl Wrapper {
    /// Every wrapper.
    const ALL: [Self; 7] = [
        Self::Lun,
        Self::NodeAcl,
        Self::Np,
        Self::Session,
        Self::Task,
        Self::Tpg,
        Self::Wwn,
    ];

    /// The wrapper of a C struct.
    #[must_use]
    pub fn of(c_struct: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|wrapper| wrapper.c_struct() == c_struct)
    }

    /// The C struct, without the word `struct`.
    #[must_use]
    pub fn c_struct(self) -> &'static str {
        match self {
            Self::Lun => "se_lun",
            Self::NodeAcl => "se_node_acl",
            Self::Np => "se_tpg_np",
            Self::Session => "se_session",
            Self::Task => "se_cmd",
            Self::Tpg => "se_portal_group",
            Self::Wwn => "se_wwn",
        }
    }

    /// The type's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lun => "Lun",
            Self::NodeAcl => "NodeAcl",
            Self::Np => "Np",
            Self::Session => "Session",
            Self::Task => "Task",
            Self::Tpg => "Tpg",
            Self::Wwn => "Wwn",
        }
    }

    /// Returns true if the type is generic over the fabric.
    #[must_use]
    pub fn is_generic(self) -> bool {
        self != Self::Lun
    }

    /// The requirement on an argument that a callback borrows, as the words after "must be".
    #[must_use]
    pub fn requirement(self) -> &'static str {
        match self {
            Self::Lun => "a LUN of target core, alive during this call",
            Self::NodeAcl => {
                "a node ACL, allocated with the `node_acl_size` of this vtable and alive during \
                 this call"
            }
            Self::Np => "from `Np::create`, and alive during this call",
            Self::Session => "a session of this fabric, alive during this call",
            Self::Task => {
                "a command or task management function of this fabric, and not released during \
                 this call"
            }
            Self::Tpg => "from `Tpg::create`, and alive during this call",
            Self::Wwn => "from `Wwn::create`, and alive during this call",
        }
    }
}
