// SPDX-License-Identifier: GPL-2.0-only

//! The NOP data path: no session is made, so no command arrives.

use quote::quote;

use super::{Body, Data, DataPath, Driver, Rtslib, Upstream};

/// The data path `nop`.
pub(super) static NOP: DataPath = DataPath {
    name: "nop",
    about: "Nothing: no session is made, so no command arrives",
    protocols: &[],
    refusal: |_| None,
    parts: |_| Vec::new(),
    depends_on: &[],
    selects: &[],
    kconfig_help: "",
    limits: &["No session is made, so no command arrives: what moves data is the driver's to add."],
    upstream: Upstream::Offered(&[]),
    driver: Driver {
        head: "It does not move data: where the wire belongs, a method does nothing and says so.",
        imports: &[],
        kernel_imports: &[],
        data: Data::NONE,
        tpg_field: None,
        cmd: "()",
        cmd_memory: "BoxedCmd<Self>",
        np: "()",
        node_acl_state: "()",
        session: "()",
        tmr: "()",
        attributes: &[],
        fields: &[],
        body: |op, _| {
            (op == "fabric_enable_tpg").then(|| Body {
                doc: "Nothing to start or stop: the port is not on a wire. No initiator logs in to a \
                      group that is not enabled.",
                code: quote!(Ok(())),
            })
        },
    },
    rtslib: Rtslib {
        features: &["acls", "tpgts"],
        methods: "",
    },
};
