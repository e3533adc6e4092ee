// SPDX-License-Identifier: GPL-2.0-only

//! The iSCSI data path: initiators log in over TCP.

use super::{DataPath, Need, Part, Rtslib, Source};

/// The text of a file in the data path's folder.
macro_rules! text {
    ($path:literal) => {
        include_str!(concat!("../../../kernel-template/data_path/iscsi/", $path))
    };
}

/// A file of the transport, owned by the author.
macro_rules! author {
    ($path:literal) => {
        Source::author($path, text!($path))
    };
}

/// A wrapper of another subsystem, owned by the generator.
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
    needs: Some(Need {
        file: "include/linux/net.h",
        text: "sockaddr_unsized",
        lack: "it has no struct sockaddr_unsized, which came with Linux 7.2",
    }),
    parts: &[&TRANSPORT, &NETWORK],
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
    driver: text!("driver.rs"),
    attributes: text!("attributes.rst"),
    refused_initiators: Some(&["a,b", "IQN.FOO"]),
    rtslib: Rtslib {
        features: &["discovery_auth", "acls", "auth", "nps", "tpgts"],
        methods: text!("rtslib.py"),
    },
};

/// The transport.
static TRANSPORT: Part = Part {
    sources: &[
        author!("iscsi.rs"),
        author!("iscsi/agreed.rs"),
        author!("iscsi/auth.rs"),
        author!("iscsi/chap.rs"),
        author!("iscsi/connection.rs"),
        author!("iscsi/discovery.rs"),
        author!("iscsi/keys.rs"),
        author!("iscsi/link.rs"),
        author!("iscsi/login.rs"),
        author!("iscsi/login/identity.rs"),
        author!("iscsi/names.rs"),
        author!("iscsi/negotiation.rs"),
        author!("iscsi/pdu.rs"),
        author!("iscsi/pdu/login.rs"),
        author!("iscsi/pdu/reply.rs"),
        author!("iscsi/pdu/request.rs"),
        author!("iscsi/portal.rs"),
        author!("iscsi/receiver.rs"),
        author!("iscsi/registry.rs"),
        author!("iscsi/secrets.rs"),
        author!("iscsi/sender.rs"),
        author!("iscsi/sender/response.rs"),
        author!("iscsi/session.rs"),
        author!("iscsi/session/command.rs"),
        author!("iscsi/session/early.rs"),
        author!("iscsi/session/order.rs"),
        author!("iscsi/session/pending_write.rs"),
        author!("iscsi/session/text.rs"),
        author!("iscsi/session/time.rs"),
        author!("iscsi/session/tmf.rs"),
        author!("iscsi/session/write.rs"),
        author!("iscsi/settings.rs"),
    ],
    kbuild: "",
    bindings_helper: "",
};

/// Wrappers of sockets, threads and digests.
static NETWORK: Part = Part {
    sources: &[
        generator!("crc32c.rs"),
        generator!("crypto.rs"),
        generator!("net_helpers.c"),
        generator!("net_helpers.h"),
        generator!("socket.rs"),
        generator!("socket/address.rs"),
        generator!("socket/listener.rs"),
        generator!("socket/message.rs"),
        generator!("thread.rs"),
    ],
    kbuild: text!("Kbuild"),
    bindings_helper: text!("bindings_helper.h"),
};
