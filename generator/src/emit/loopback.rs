// SPDX-License-Identifier: GPL-2.0-only

//! The loopback data path: what the driver hands over to `loopback.rs`, and the files for it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::ParentDevice;
use super::kbuild::renamed;
use crate::names::Names;
use crate::tree::Tree;

/// The templates that name the module.
const RENAMED: [(&str, &str); 5] = [
    (
        "loopback.rs",
        include_str!("../../../kernel-template/loopback.rs"),
    ),
    ("rcu.rs", include_str!("../../../kernel-template/rcu.rs")),
    (
        "scsi_helpers.c",
        include_str!("../../../kernel-template/scsi_helpers.c"),
    ),
    (
        "scsi_helpers.h",
        include_str!("../../../kernel-template/scsi_helpers.h"),
    ),
    (
        "scsi_host.rs",
        include_str!("../../../kernel-template/scsi_host.rs"),
    ),
];

/// The C header that kernels without a faux bus do not have.
const FAUX_HEADER: &str = "<linux/device/faux.h>";

/// Attributes, by the group that they are in: file names and the types in `loopback.rs`.
pub(super) const ATTRIBUTES: [(&str, &[(&str, &str)]); 2] = [
    (
        "tfc_tpg_base_attrs",
        &[
            ("address", "loopback::Address"),
            ("nexus", "loopback::NexusName"),
            ("transport_status", "loopback::TransportStatus"),
        ],
    ),
    (
        "tfc_tpg_attrib_attrs",
        &[("fabric_prot_type", "loopback::FabricProtType")],
    ),
];

/// Adds the files that the driver needs besides.
pub(super) fn add_files(tree: &mut Tree, names: &Names, parent: ParentDevice) {
    let (file, is_wanted): (_, fn(&&str) -> bool) = match parent {
        ParentDevice::Faux => (
            include_str!("../../../kernel-template/parent_device/faux.rs"),
            |_| true,
        ),
        ParentDevice::Root => (
            include_str!("../../../kernel-template/parent_device/root.rs"),
            |line| !line.contains(FAUX_HEADER),
        ),
    };
    tree.add("parent_device.rs", file.to_owned());
    for (name, template) in RENAMED {
        let lines: String = template.split_inclusive('\n').filter(is_wanted).collect();
        tree.add(name, renamed(&lines, names));
    }
}

/// The value of a field of the ops, if it is not the default.
pub(super) fn field(name: &str) -> Option<(&'static str, TokenStream)> {
    Some(match name {
        // The submitter may be a task in the middle of writing a file: a backstore that is a file
        // must not be entered from there.
        "default_submit_type" => (
            "Never in the submitter's context: it may be in the middle of a file system.",
            quote!(TARGET_QUEUE_SUBMIT),
        ),
        "default_compl_type" => (
            "In the backstore's context: nothing on the way to the initiator sleeps.",
            quote!(TARGET_DIRECT_COMPL),
        ),
        "direct_compl_supp" => (
            "An administrator may choose so, too, with `complete_type`.",
            quote!(true),
        ),
        _ => return None,
    })
}

/// What a method does, and the sentence about it; `arg` is the method's first argument, `second`
/// the one after it.
pub(super) fn body(
    op: &str,
    arg: Option<&Ident>,
    second: Option<&Ident>,
) -> Option<(&'static str, TokenStream)> {
    Some(match op {
        "tpg_get_default_depth" => (
            "As many commands as the host's queue holds.",
            quote!(scsi_host::QUEUE_DEPTH),
        ),
        "tpg_check_demo_mode" => (
            "Every initiator may log in: it is an administrator who logs it in.",
            quote!(true),
        ),
        "tpg_check_prot_fabric_only" => (
            "What the attribute `fabric_prot_type` says.",
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
            quote!(loopback::respond(#arg)),
        ),
        "queue_status" => ("Responds.", quote!(loopback::respond(#arg))),
        "queue_tm_rsp" => (
            "Tells the SCSI host's error recovery.",
            quote!(loopback::respond_tmr(#arg)),
        ),
        "aborted_task" => (
            "The SCSI host gets an aborted command back when it is released; who waits for a task \
             management function is told here.",
            quote! {
                if let TaskKind::Tmr(tmr) = #arg.kind() {
                    loopback::aborted_tmr(tmr);
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
    })
}
