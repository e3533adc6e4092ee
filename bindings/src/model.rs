// SPDX-License-Identifier: GPL-2.0-only

//! The model of `struct target_core_fabric_ops`, in the header's order.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use crate::CType;

/// The content of a header's `struct target_core_fabric_ops`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FabricOps {
    /// The header that was read.
    #[serde(serialize_with = "path_as_text")]
    pub header: PathBuf,
    /// The name of the struct, always `target_core_fabric_ops`.
    #[serde(rename = "struct")]
    pub struct_name: &'static str,
    /// The function pointers, in header order.
    pub ops: Vec<Op>,
    /// The names of the `struct configfs_attribute **` fields, in header order.
    pub attribute_groups: Vec<String>,
    /// Every other field, bit-fields included, in header order.
    pub fields: Vec<Field>,
    /// Origin of the list of required ops.
    pub required_from: RequiredFrom,
    /// Ops that target core requires and the struct lacks.
    pub missing: Vec<String>,
    /// Warnings: parts of the header that are not in the model.
    pub warnings: Vec<String>,
}

/// Origin of the list of required ops. In JSON, the path of the source, or null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequiredFrom {
    /// `target_fabric_tf_ops_check()` in this file of the header's kernel.
    Source(PathBuf),
    /// The table of this crate, for [`crate::TABLE_KERNELS`].
    Table,
}

/// A fabric op: one function pointer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Op {
    /// The field's name.
    pub name: String,
    /// True if target core refuses to register a fabric without it.
    pub required: bool,
    /// Object that the op is about.
    pub category: Category,
    /// The arguments, in order.
    pub args: Vec<Arg>,
    /// Type of the result.
    pub ret: CType,
    /// True if more arguments may follow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub variadic: bool,
    /// True for a member of an anonymous struct or union: a field of the ops in C, but not in Rust.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nested: bool,
    /// The header's own comment, empty if it has none.
    pub doc: String,
}

/// An argument of an op.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arg {
    /// The header's name, or one made from the type if the header has none.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ctype: CType,
}

/// A field that is neither an op nor an attribute group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The field's name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ctype: CType,
    /// The width in bits of a bit-field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
    /// True for a member of an anonymous struct or union: a field of the ops in C, but not in Rust.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nested: bool,
    /// The header's own comment, empty if it has none.
    pub doc: String,
}

/// Object that an op is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// A SCSI command or task management function.
    Command,
    /// An I_T nexus.
    Session,
    /// A target portal group.
    PortalGroup,
    /// A node ACL.
    NodeAcl,
    /// An object in the configfs tree, which is made, linked, unlinked or dropped.
    Configfs,
    /// The fabric as a whole.
    Fabric,
}

impl Category {
    /// The category of the op `name` with a first argument of type `first`.
    #[must_use]
    pub fn of(name: &str, first: Option<&CType>) -> Self {
        if name.starts_with("fabric_") || name == "add_wwn_groups" {
            return Self::Configfs;
        }
        match first.and_then(CType::pointed_struct) {
            Some("se_cmd") => Self::Command,
            Some("se_session") => Self::Session,
            Some("se_portal_group") => Self::PortalGroup,
            Some("se_node_acl") => Self::NodeAcl,
            Some("se_wwn" | "se_tpg_np" | "se_lun") => Self::Configfs,
            _ => Self::Fabric,
        }
    }
}

impl FabricOps {
    /// The op with this name.
    #[must_use]
    pub fn op(&self, name: &str) -> Option<&Op> {
        self.ops.iter().find(|op| op.name == name)
    }
}

impl Op {
    /// The op as C declares it, for people to read: `int (*queue_status)(struct se_cmd *)`.
    #[must_use]
    pub fn c_declaration(&self) -> String {
        let mut args: Vec<_> = self.args.iter().map(|arg| arg.ctype.to_string()).collect();
        if self.variadic {
            args.push("...".to_owned());
        } else if args.is_empty() {
            args.push("void".to_owned());
        }
        self.ret
            .declare(&format!("(*{})({})", self.name, args.join(", ")))
    }
}

impl Field {
    /// The field as C declares it, for people to read: `unsigned int direct_submit_supp:1`.
    #[must_use]
    pub fn c_declaration(&self) -> String {
        let declaration = self.ctype.declare(&self.name);
        match self.bits {
            Some(bits) => format!("{declaration}:{bits}"),
            None => declaration,
        }
    }
}

impl Serialize for RequiredFrom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Source(path) => path_as_text(path, serializer),
            Self::Table => serializer.serialize_none(),
        }
    }
}

/// Writes a path as text; bytes that are not UTF-8 are replaced.
fn path_as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
