// SPDX-License-Identifier: GPL-2.0-only

//! The iSCSI data path: initiators log in over TCP. Its attributes are in `iscsi/attributes.rs`.

mod attributes;

use quote::quote;

use super::{Args, Body, Data, DataPath, Driver, Part, PinnedField, Rtslib, Source, Upstream};

/// The text of a file in the data path's folder.
macro_rules! text {
    ($path:literal) => {
        include_str!(concat!("../../../kernel-template/data_path/iscsi/", $path))
    };
}

/// A file of the transport, which is the author's.
macro_rules! author {
    ($path:literal) => {
        Source::author($path, text!($path))
    };
}

/// A wrapper of another subsystem, which is the generator's.
macro_rules! generator {
    ($path:literal) => {
        Source::generator($path, text!($path))
    };
}

/// The data path `iscsi`.
pub(super) static ISCSI: DataPath = DataPath {
    name: "iscsi",
    about: "Moves data: initiators log in over TCP, at the portals in `np`",
    protocols: &["iSCSI"],
    refusal: |features| {
        (!features.sockaddr_unsized).then(|| {
            "its sockets do not take a struct sockaddr_unsized, as those of Linux 7.2 do".to_owned()
        })
    },
    parts: |_| vec![&TRANSPORT, &NETWORK],
    depends_on: &["INET"],
    selects: &[
        "CRC32",
        "CRYPTO_LIB_MD5",
        "CRYPTO_LIB_SHA1",
        "CRYPTO_LIB_SHA256",
        "CRYPTO_LIB_UTILS",
    ],
    kconfig_help: text!("Kconfig.help"),
    limits: &[
        "Error recovery is of level 0, and a session has one connection.",
        "A command moves at most 32 MiB, and none is bidirectional.",
        "Authentication is by CHAP with MD5, SHA-1 or SHA-256.",
        "A portal group that is disabled asks its initiators to log out, and cuts off who has not \
         after three seconds.",
    ],
    upstream: Upstream::Refused("the kernel has an iSCSI target, iscsi_target_mod"),
    driver: Driver {
        head: "It moves data between initiators on the network and target core: where the wire \
               belongs, a method calls `iscsi.rs`.",
        imports: &[],
        kernel_imports: &["sync::Arc"],
        data: Data {
            ty: "iscsi::Registry",
            doc: "The fabric has network portals, none yet.",
            init: "iscsi::Registry::new()",
        },
        tpg_field: Some(PinnedField {
            name: "group",
            ty: "iscsi::Group",
            init: "iscsi::Group::new()",
        }),
        np: "iscsi::NetworkPortal",
        cmd: "iscsi::Io",
        cmd_memory: "BoxedCmd<Self>",
        node_acl_state: "iscsi::NodeSettings",
        session: "Arc<iscsi::Peer>",
        tmr: "Arc<iscsi::Function>",
        attributes: attributes::ATTRIBUTES,
        fields: &[
            (
                "direct_compl_supp",
                "An administrator may choose so, too, with `complete_type`.",
                "true",
            ),
            (
                "direct_submit_supp",
                "In the thread of the connection, which may sleep.",
                "true",
            ),
            (
                "default_submit_type",
                "As it arrives: queued, a write would have the connection wait for its memory.",
                "TARGET_DIRECT_SUBMIT",
            ),
            (
                "max_data_sg_nents",
                "What a command moves at most.",
                "iscsi::PAGES_MAX",
            ),
            (
                "default_compl_type",
                "In the backstore's context: an op queues the response, and wakes the thread.",
                "TARGET_DIRECT_COMPL",
            ),
        ],
        body,
    },
    rtslib: Rtslib {
        features: &["discovery_auth", "acls", "auth", "nps", "tpgts"],
        methods: text!("rtslib.py"),
    },
};

/// The transport.
static TRANSPORT: Part = Part {
    sources: &[
        author!("iscsi.rs"),
        author!("iscsi/auth.rs"),
        author!("iscsi/chap.rs"),
        author!("iscsi/connection.rs"),
        author!("iscsi/keys.rs"),
        author!("iscsi/link.rs"),
        author!("iscsi/login.rs"),
        author!("iscsi/pdu.rs"),
        author!("iscsi/portal.rs"),
        author!("iscsi/receiver.rs"),
        author!("iscsi/sender.rs"),
        author!("iscsi/session.rs"),
        author!("iscsi/settings.rs"),
    ],
    kbuild: "",
    bindings_helper: "",
};

/// Sockets, threads and digests.
static NETWORK: Part = Part {
    sources: &[
        generator!("crc32c.rs"),
        generator!("crypto.rs"),
        generator!("net_helpers.c"),
        generator!("net_helpers.h"),
        generator!("socket.rs"),
        generator!("thread.rs"),
    ],
    kbuild: text!("Kbuild"),
    bindings_helper: text!("bindings_helper.h"),
};

fn body(op: &str, args: &Args) -> Option<Body> {
    let (arg, second) = (args.get(0), args.get(1));
    let (doc, code) = match op {
        "tpg_get_default_depth" => (
            "What the attribute `default_cmdsn_depth` says.",
            quote!(#arg.data().group.settings().default_cmdsn_depth()),
        ),
        "tpg_check_demo_mode" => (
            "What the attribute `generate_node_acls` says.",
            quote!(#arg.data().group.settings().generate_node_acls() != 0),
        ),
        "tpg_check_demo_mode_cache" => (
            "What the attribute `cache_dynamic_acls` says.",
            quote!(#arg.data().group.settings().cache_dynamic_acls() != 0),
        ),
        "tpg_check_demo_mode_write_protect" => (
            "What the attribute `demo_mode_write_protect` says.",
            quote!(#arg.data().group.settings().demo_mode_write_protect() != 0),
        ),
        "tpg_check_prod_mode_write_protect" => (
            "What the attribute `prod_mode_write_protect` says.",
            quote!(#arg.data().group.settings().prod_mode_write_protect() != 0),
        ),
        "release_cmd" => ("The memory goes back to the allocator.", quote!(drop(#arg))),
        "close_session" => (
            "Ends the initiator's connection, and the session with it.",
            quote!(iscsi::close_session(#arg)),
        ),
        "sess_get_index" => (
            "The number of the session, of all since the module was loaded.",
            quote!(#arg.data().index),
        ),
        "sess_get_initiator_sid" => (
            "The ISID that the initiator has logged in with.",
            quote!(iscsi::initiator_sid(#arg.data(), #second)),
        ),
        "set_default_node_attributes" => (
            "Sets the timeouts that an administrator may change.",
            quote!(iscsi::set_default_node_attributes(#arg)),
        ),
        "write_pending" => (
            "Has the thread of the connection receive the data.",
            quote!(iscsi::write_pending(#arg)),
        ),
        "queue_data_in" => (
            "Has the thread of the connection send the data and the status.",
            quote! {
                iscsi::queue_data_in(#arg);
                Ok(())
            },
        ),
        "queue_status" => (
            "Has the thread of the connection send the status.",
            quote! {
                iscsi::queue_status(#arg);
                Ok(())
            },
        ),
        "queue_tm_rsp" => (
            "Has the thread of the connection send the answer.",
            quote!(iscsi::queue_tm_rsp(#arg)),
        ),
        "aborted_task" => (
            "Makes room for another command, or forgets the function.",
            quote!(iscsi::aborted_task(#arg)),
        ),
        "get_cmd_state" => ("A command has no state besides target core's.", quote!(0)),
        "fabric_drop_wwn" => (
            "Nothing to stop: each portal group has portals of its own.",
            quote!(),
        ),
        "fabric_enable_tpg" => (
            "Lets initiators log in, or has them log out.",
            quote! {
                #arg.data().group.enable(#second);
                Ok(())
            },
        ),
        "fabric_drop_tpg" => (
            "Has the initiators log out.",
            quote!(#arg.data().group.log_out()),
        ),
        "fabric_make_np" => (
            "Listens at the address that the directory's name says.",
            quote!(iscsi::NetworkPortal::new(#arg, #second)),
        ),
        "fabric_drop_np" => (
            "Nothing to do: a portal that is dropped stops listening.",
            quote!(),
        ),
        _ => return None,
    };
    Some(Body { doc, code })
}
