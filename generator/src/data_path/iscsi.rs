// SPDX-License-Identifier: GPL-2.0-only

//! The iSCSI data path: initiators log in over TCP.

use super::{DataPath, Need, Part, Rtslib, Source};

/// The data path `iscsi`.
pub(super) static ISCSI: DataPath = DataPath {
    name: "iscsi",
    about: "Moves data: initiators log in over TCP, at the portals in `np`",
    protocols: &["iSCSI"],
    needs: Some(Need {
        file: "include/linux/net.h",
        text: "sockaddr_unsized",
        lack: "it lacks struct sockaddr_unsized (Linux 6.19)",
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
    kconfig_help: text!("iscsi", "Kconfig.help"),
    limits: &[
        "Error recovery is of level 0, and a session has one connection.",
        "A command moves at most 32 MiB, and none is bidirectional.",
        "Authentication is by CHAP with MD5, SHA-1 or SHA-256.",
        "A portal group that is disabled asks its initiators to log out, and cuts off who has not \
         after three seconds.",
    ],
    driver: text!("iscsi", "driver.rs"),
    attributes: text!("iscsi", "attributes.rst"),
    refused_initiators: Some(&["a,b", "IQN.FOO"]),
    rtslib: Rtslib {
        features: &["discovery_auth", "acls", "auth", "nps", "tpgts"],
        methods: text!("iscsi", "rtslib.py"),
    },
};

/// The transport.
static TRANSPORT: Part = Part {
    sources: sources! { "iscsi",
        author:
            "iscsi.rs" "iscsi/agreed.rs" "iscsi/auth.rs" "iscsi/chap.rs" "iscsi/connection.rs"
            "iscsi/discovery.rs" "iscsi/keys.rs" "iscsi/link.rs" "iscsi/login.rs"
            "iscsi/login/identity.rs" "iscsi/names.rs" "iscsi/negotiation.rs" "iscsi/pdu.rs"
            "iscsi/pdu/login.rs" "iscsi/pdu/reply.rs" "iscsi/pdu/request.rs" "iscsi/portal.rs"
            "iscsi/receiver.rs" "iscsi/registry.rs" "iscsi/secrets.rs" "iscsi/sender.rs"
            "iscsi/sender/response.rs" "iscsi/session.rs" "iscsi/session/command.rs"
            "iscsi/session/early.rs" "iscsi/session/order.rs" "iscsi/session/pending_write.rs"
            "iscsi/session/text.rs" "iscsi/session/time.rs" "iscsi/session/tmf.rs"
            "iscsi/session/write.rs" "iscsi/settings.rs" "iscsi/statistics.rs";
        generator:;
    },
    kbuild: "",
    bindings_helper: "",
};

/// Wrappers of sockets, threads and digests.
static NETWORK: Part = Part {
    sources: sources! { "iscsi",
        author:;
        generator:
            "crc32c.rs" "crypto.rs" "net_helpers.c" "net_helpers.h" "socket.rs" "socket/address.rs"
            "socket/listener.rs" "socket/message.rs" "thread.rs";
    },
    kbuild: text!("iscsi", "Kbuild"),
    bindings_helper: text!("iscsi", "bindings_helper.h"),
};
