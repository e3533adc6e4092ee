// SPDX-License-Identifier: GPL-2.0-only

//! Mapping of an op's C arguments and result to those of its safe method.

use tcm_bindings::CType;

use super::number::number;
use super::op_spec::{CmdHandle, MethodKind, Object, Return};
use super::wrapper::Wrapper;

/// The form in which the method gets an argument of the op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgMapping<'a> {
    /// Not passed on.
    Unused,
    /// A shared reference to this wrapper.
    Wrapper {
        /// The argument's name.
        name: &'a str,
        /// The wrapper.
        wrapper: Wrapper,
    },
    /// A handle of a command.
    Handle {
        /// The argument's name.
        name: &'a str,
        /// The handle.
        handle: CmdHandle,
    },
    /// The name of a directory.
    Name(&'a str),
    /// An aborted task.
    Aborted(&'a str),
    /// The data of the fabric, from its configfs directory.
    FabricData,
    /// The driver's data of a session, which outlive the session.
    SessionData(&'a str),
    /// A number or truth value.
    Value {
        /// The argument's name.
        name: &'a str,
        /// The type in Rust.
        rust: &'static str,
    },
    /// The start of a buffer, whose length follows.
    Buffer(&'a str),
    /// The length of the preceding buffer.
    Length(&'a str),
}

impl<'a> ArgMapping<'a> {
    /// The argument's name, unless it is unused.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        match self {
            Self::Unused => None,
            Self::FabricData => Some("data"),
            Self::Wrapper { name, .. }
            | Self::Handle { name, .. }
            | Self::Aborted(name)
            | Self::SessionData(name)
            | Self::Name(name)
            | Self::Value { name, .. }
            | Self::Buffer(name)
            | Self::Length(name) => Some(name),
        }
    }
}

/// Returns true if an op of this kind may return `ret`.
pub(super) fn returns(kind: MethodKind, ret: &CType) -> bool {
    match kind {
        MethodKind::Call(Return::Void | Return::Groups)
        | MethodKind::Drop(_)
        | MethodKind::AbortTask
        | MethodKind::CloseSession
        | MethodKind::Unlink
        | MethodKind::HandOver(CmdHandle::Memory | CmdHandle::TmrResponse) => *ret == CType::Void,
        MethodKind::Call(Return::Bool | Return::Errno)
        | MethodKind::InitNodeAcl
        | MethodKind::EnableTpg
        | MethodKind::HandOver(CmdHandle::Pending | CmdHandle::Response) => {
            ret.to_string() == "int"
        }
        MethodKind::Call(Return::Number) | MethodKind::InitiatorSid => number(ret).is_some(),
        MethodKind::Call(Return::CStr) => ret.to_string() == "char *",
        MethodKind::Make(object) => ret.pointed_struct() == Some(object.wrapper().c_struct()),
    }
}

/// Returns true if the arguments include all that the method needs.
pub(super) fn is_complete(kind: MethodKind, args: &[ArgMapping<'_>]) -> bool {
    let has = |wanted: Wrapper| {
        args.iter()
            .any(|arg| matches!(arg, ArgMapping::Wrapper { wrapper, .. } if *wrapper == wanted))
    };
    let has_name = args.iter().any(|arg| matches!(arg, ArgMapping::Name(_)));
    match kind {
        MethodKind::Call(Return::CStr) => has(Wrapper::Tpg),
        MethodKind::Call(_) => true,
        MethodKind::Make(Object::Wwn) => has_name && args.contains(&ArgMapping::FabricData),
        MethodKind::Make(Object::Tpg) => has_name && has(Wrapper::Wwn),
        MethodKind::Make(Object::Np) => has_name && has(Wrapper::Tpg),
        MethodKind::Unlink => has(Wrapper::Tpg) && has(Wrapper::Lun),
        MethodKind::InitNodeAcl => has_name && has(Wrapper::NodeAcl),
        MethodKind::Drop(object) => args.len() == 1 && has(object.wrapper()),
        MethodKind::HandOver(_) => matches!(args, [ArgMapping::Handle { .. }]),
        MethodKind::AbortTask => matches!(args, [ArgMapping::Aborted(_)]),
        MethodKind::CloseSession => matches!(args, [ArgMapping::SessionData(_)]),
        MethodKind::EnableTpg => {
            matches!(args, [_, ArgMapping::Value { rust: "bool", .. }]) && has(Wrapper::Tpg)
        }
        MethodKind::InitiatorSid => {
            matches!(
                args,
                [
                    ArgMapping::Wrapper { .. },
                    ArgMapping::Buffer(_),
                    ArgMapping::Length(_)
                ]
            )
        }
    }
}

/// Maps an argument of this type; `None` if an op of this kind does not have such an argument.
pub(super) fn mapping<'a>(
    kind: MethodKind,
    name: &'a str,
    ctype: &CType,
) -> Option<ArgMapping<'a>> {
    if let Some(c_struct) = ctype.pointed_struct() {
        if let (MethodKind::HandOver(handle), "se_cmd") = (kind, c_struct) {
            return Some(ArgMapping::Handle { name, handle });
        }
        return match c_struct {
            "config_group" if kind == MethodKind::Make(Object::Wwn) => Some(ArgMapping::FabricData),
            "target_fabric_configfs" | "config_group" => Some(ArgMapping::Unused),
            "se_session" if kind == MethodKind::CloseSession => Some(ArgMapping::SessionData(name)),
            "se_cmd" if kind == MethodKind::AbortTask => Some(ArgMapping::Aborted(name)),
            _ => Wrapper::of(c_struct).map(|wrapper| ArgMapping::Wrapper { name, wrapper }),
        };
    }
    match (ctype.to_string().as_str(), kind) {
        ("const char *", _) => Some(ArgMapping::Name(name)),
        ("unsigned char *", MethodKind::InitiatorSid) => Some(ArgMapping::Buffer(name)),
        ("u32", MethodKind::InitiatorSid) => Some(ArgMapping::Length(name)),
        _ => number(ctype).map(|rust| ArgMapping::Value { name, rust }),
    }
}
