// SPDX-License-Identifier: GPL-2.0-only

//! The loopback data path: a SCSI host of the same machine is the initiator, as in the kernel's
//! `tcm_loop`.

use quote::quote;

use super::{
    Args, Attribute, Body, CrateModule, Data, DataPath, Driver, Part, PinnedField, Rtslib, Source,
    Upstream,
};

/// The text of a file in the data path's folder.
macro_rules! text {
    ($path:literal) => {
        include_str!(concat!(
            "../../../kernel-template/data_path/loopback/",
            $path
        ))
    };
}

/// The data path `loopback`.
pub(super) static LOOPBACK: DataPath = DataPath {
    name: "loopback",
    about: "Moves data: a SCSI host of the same machine is the initiator, and each LUN a disk there",
    protocols: &[],
    refusal: |_| None,
    parts: |features| {
        let device = if features.faux_bus {
            &FAUX_DEVICE
        } else {
            &ROOT_DEVICE
        };
        let rcu = if features.rcu { &CRATE_RCU } else { &OWN_RCU };
        vec![&HOST, device, rcu]
    },
    depends_on: &["SCSI"],
    selects: &[],
    kconfig_help: text!("Kconfig.help"),
    limits: &[
        "Initiators are SCSI hosts of this machine: there is no other wire.",
        "A portal group has one session at a time, and is always open: it has no ``enable``.",
        "There are no bidirectional commands.",
    ],
    upstream: Upstream::Offered(&[SCSI_HOST]),
    driver: Driver {
        head: "It moves data between a SCSI host of this machine and target core: where the wire \
               belongs, a method calls `loopback.rs`.",
        imports: &["scsi_host::Command"],
        kernel_imports: &["sync::Arc"],
        data: Data {
            ty: "()",
            doc: "Prepares the host template for the SCSI hosts of the portal groups.",
            init: "loopback::TEMPLATE.prepare(module)",
        },
        tpg_field: Some(PinnedField {
            name: "link",
            ty: "loopback::Link",
            init: "loopback::Link::new(tag)",
        }),
        cmd: "()",
        cmd_memory: "Command<loopback::Loopback>",
        np: "()",
        node_acl_state: "()",
        session: "()",
        tmr: "Arc<loopback::Waiter>",
        attributes: &[
            (
                "tfc_tpg_base_attrs",
                &[
                    Attribute::new(
                        "address",
                        "loopback::Address",
                        "The host, channel and target of the disks. Read only.",
                    ),
                    Attribute::new(
                        "nexus",
                        "loopback::NexusName",
                        "The name of the initiator that is logged in. Write a name to log it in, or \
                         ``NULL`` to log it out.",
                    ),
                    Attribute::new(
                        "transport_status",
                        "loopback::TransportStatus",
                        "``online``, or ``offline`` to cut the wire.",
                    ),
                ],
            ),
            (
                "tfc_tpg_attrib_attrs",
                &[Attribute::new(
                    "fabric_prot_type",
                    "loopback::FabricProtType",
                    "The protection type that the fabric offers where the backstore has none: 0 for \
                     none, 1 or 3. It holds from the next login on.",
                )],
            ),
        ],
        fields: &[
            (
                "direct_compl_supp",
                "An administrator may choose so, too, with `complete_type`.",
                "true",
            ),
            // A backstore that is a file must not be entered from a task that writes a file.
            (
                "default_submit_type",
                "Never in the submitter's context: it may be in the middle of a file system.",
                "TARGET_QUEUE_SUBMIT",
            ),
            (
                "default_compl_type",
                "In the backstore's context: nothing on the way to the initiator sleeps.",
                "TARGET_DIRECT_COMPL",
            ),
        ],
        body,
    },
    rtslib: Rtslib {
        features: &["nexus", "tpgts"],
        methods: text!("rtslib.py"),
    },
};

/// The SCSI host, in the kernel crate.
const SCSI_HOST: CrateModule = CrateModule {
    name: "scsi_host",
    gate: "all(CONFIG_SCSI, CONFIG_TARGET_CORE)",
    headers: &[
        "linux/delay.h",
        "scsi/scsi_cmnd.h",
        "scsi/scsi_device.h",
        "scsi/scsi_host.h",
    ],
    helpers: ("scsi_host.c", text!("series/scsi_host.c")),
    imports: &[("crate::rcu", "crate::sync::rcu")],
    message: text!("series/scsi_host.txt"),
};

/// The SCSI host and the transport.
static HOST: Part = Part {
    sources: &[
        Source::author("loopback.rs", text!("loopback.rs")),
        Source::generator("rcu.rs", text!("rcu.rs")),
        Source::generator("scsi_host.rs", text!("scsi_host.rs")),
        Source::generator("scsi_helpers.c", text!("scsi_helpers.c")),
        Source::generator("scsi_helpers.h", text!("scsi_helpers.h")),
    ],
    kbuild: text!("Kbuild"),
    bindings_helper: text!("bindings_helper.h"),
};

/// The device that a SCSI host hangs below: one on the faux bus.
static FAUX_DEVICE: Part = Part {
    sources: &[Source::generator(
        "scsi_host/parent_device.rs",
        text!("parent_device/faux/parent_device.rs"),
    )],
    kbuild: text!("parent_device/faux/Kbuild"),
    bindings_helper: text!("parent_device/faux/bindings_helper.h"),
};

/// The same for kernels whose crate has no faux bus: a root device.
static ROOT_DEVICE: Part = Part {
    sources: &[Source::generator(
        "scsi_host/parent_device.rs",
        text!("parent_device/root/parent_device.rs"),
    )],
    kbuild: text!("parent_device/root/Kbuild"),
    bindings_helper: text!("parent_device/root/bindings_helper.h"),
};

/// RCU's read side, from the kernel crate.
static CRATE_RCU: Part = Part {
    sources: &[Source::generator(
        "rcu/read_side.rs",
        text!("rcu/kernel_crate/read_side.rs"),
    )],
    kbuild: "",
    bindings_helper: "",
};

/// The same for kernels whose crate has none.
static OWN_RCU: Part = Part {
    sources: &[
        Source::generator("rcu/read_side.rs", text!("rcu/own/read_side.rs")),
        Source::generator("rcu_helpers.c", text!("rcu/own/rcu_helpers.c")),
        Source::generator("rcu_helpers.h", text!("rcu/own/rcu_helpers.h")),
    ],
    kbuild: text!("rcu/own/Kbuild"),
    bindings_helper: text!("rcu/own/bindings_helper.h"),
};

fn body(op: &str, args: &Args) -> Option<Body> {
    let (arg, second) = (args.get(0), args.get(1));
    let respond = quote! {
        loopback::respond(&#arg);
        Ok(())
    };
    let (doc, code) = match op {
        "tpg_get_default_depth" => (
            "As many commands as the host's queue holds.",
            quote!(scsi_host::QUEUE_DEPTH),
        ),
        "tpg_check_demo_mode" => (
            "Every initiator may log in: an administrator does it, by writing `nexus`.",
            quote!(true),
        ),
        "tpg_check_prot_fabric_only" => (
            "The value of the attribute `fabric_prot_type`.",
            quote!(#arg.data().link.protection_type()),
        ),
        "release_cmd" => (
            "Gives the command back to the SCSI host.",
            quote!(#arg.done()),
        ),
        "close_session" => (
            "Logs the initiator out.",
            quote!(loopback::close_session(#arg)),
        ),
        "sess_get_index" => ("A portal group has one session.", quote!(1)),
        "sess_get_initiator_sid" => (
            "Always the same, of the random kind (RFC 7143, section 11.12.5): a portal group has one \
             session.",
            quote! {
                const ISID: &[u8] = b"800000000001";
                match #second.get_mut(..ISID.len()) {
                    Some(place) => {
                        place.copy_from_slice(ISID);
                        ISID.len()
                    }
                    None => 0,
                }
            },
        ),
        "write_pending" => (
            "Executes the write: its data are there.",
            quote!(loopback::write_pending(#arg)),
        ),
        "queue_data_in" => (
            "Responds: the data are there, in the initiator's memory.",
            respond.clone(),
        ),
        "queue_status" => ("Responds.", respond),
        "queue_tm_rsp" => (
            "Wakes the SCSI host's error handler.",
            quote!(loopback::respond_tmr(#arg)),
        ),
        "aborted_task" => (
            "An aborted command returns to the SCSI host when it is released. A thread that waits \
             for a task management function is woken here.",
            quote! {
                if let Aborted::Tmr(waiter) = #arg {
                    waiter.answer(false);
                }
            },
        ),
        "get_cmd_state" => ("A command has no state on the wire.", quote!(0)),
        "fabric_drop_wwn" => (
            "Nothing to stop: each portal group has a wire of its own.",
            quote!(),
        ),
        "fabric_drop_tpg" => ("Logs the initiator out.", quote!(#arg.data().link.close())),
        "fabric_post_link" => (
            "Adds the SCSI device of the LUN.",
            quote!(#arg.data().link.add_lun(#second)),
        ),
        "fabric_pre_unlink" => (
            "Removes the SCSI device of the LUN.",
            quote!(#arg.data().link.remove_lun(#second)),
        ),
        _ => return None,
    };
    Some(Body { doc, code })
}
