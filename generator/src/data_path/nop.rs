// SPDX-License-Identifier: GPL-2.0-only

//! The NOP data path: no session is made, so no command arrives.

use super::{DataPath, Driver};

/// The value.
pub(super) static NOP: DataPath = DataPath {
    name: "nop",
    about: "Nothing: no session is made, so no command arrives",
    protocols: &[],
    refusal: |_| None,
    parts: |_| Vec::new(),
    depends_on: &[],
    kconfig_help: "",
    driver: Driver {
        head: "It does not move data: where the wire belongs, a method does nothing and says so.",
        imports: &[],
        prepare: "",
        tpg_field: None,
        cmd: "()",
        cmd_memory: "BoxedCmd<Self>",
        tmr: "()",
        attributes: &[],
        fields: &[],
        body: |_, _| None,
    },
};
