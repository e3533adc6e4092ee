// SPDX-License-Identifier: GPL-2.0-only

//! The attributes of the iSCSI data path, under the names that `iscsi_target_mod` has, and what
//! the module's page says of each. A table; what reads and writes them is in the data path's folder.

use super::super::Attribute;

/// The attributes, by the group that they are in.
pub(super) static ATTRIBUTES: &[(&str, &[Attribute])] = &[
    ("tfc_tpg_base_attrs", BASE),
    ("tfc_tpg_attrib_attrs", ATTRIB),
    ("tfc_discovery_attrs", DISCOVERY),
    ("tfc_tpg_auth_attrs", AUTH),
    ("tfc_tpg_nacl_auth_attrs", NACL_AUTH),
    ("tfc_tpg_param_attrs", PARAM),
    ("tfc_tpg_nacl_base_attrs", NACL_BASE),
    ("tfc_tpg_nacl_attrib_attrs", NACL_ATTRIB),
];

const BASE: &[Attribute] = &[Attribute::new(
    "dynamic_sessions",
    "iscsi::DynamicSessions",
    "The initiators without a node ACL that are logged in. Read only.",
)];

const ATTRIB: &[Attribute] = &[
    Attribute::new(
        "authentication",
        "iscsi::Authentication",
        "1 where initiators have to authenticate themselves, as at first.",
    ),
    Attribute::new(
        "cache_dynamic_acls",
        "iscsi::CacheDynamicAcls",
        "1 where a node ACL of demo mode outlives its session.",
    ),
    Attribute::new(
        "default_cmdsn_depth",
        "iscsi::DefaultCmdsnDepth",
        "How many commands a session may have at once: 1 to 512, and 64 at first.",
    ),
    Attribute::new(
        "default_erl",
        "iscsi::DefaultErl",
        "The error recovery level: 0.",
    ),
    Attribute::new(
        "demo_mode_discovery",
        "iscsi::DemoModeDiscovery",
        "1 where an initiator without a node ACL is told of the target, as at first.",
    ),
    Attribute::new(
        "demo_mode_write_protect",
        "iscsi::DemoModeWriteProtect",
        "1 where LUNs are read-only in demo mode, as at first.",
    ),
    Attribute::new(
        "generate_node_acls",
        "iscsi::GenerateNodeAcls",
        "1 where initiators without a node ACL may log in: demo mode.",
    ),
    Attribute::new(
        "login_timeout",
        "iscsi::LoginTimeout",
        "How long a login may take: 5 to 30 seconds, and 15 at first.",
    ),
    Attribute::new(
        "max_sessions",
        "iscsi::MaxSessions",
        "How many sessions there may be at once: 1 to 65534, and 1024 at first.",
    ),
    Attribute::new(
        "prod_mode_write_protect",
        "iscsi::ProdModeWriteProtect",
        "1 where the LUNs of a node ACL are read-only at first.",
    ),
];

const DISCOVERY: &[Attribute] = &[
    Attribute::new(
        "authenticate_target",
        "iscsi::DiscoveryMutual",
        "1 where the target authenticates itself, too: where ``userid_mutual`` and ``password_mutual`` are set. Read only.",
    ),
    Attribute::new(
        "enforce_discovery_auth",
        "iscsi::EnforceDiscoveryAuth",
        "1 where initiators have to authenticate themselves for a discovery session.",
    ),
    Attribute::new(
        "password",
        "iscsi::DiscoveryPassword",
        "The secret of the initiator; ``NULL`` unsets it.",
    ),
    Attribute::new(
        "password_mutual",
        "iscsi::DiscoveryPasswordMutual",
        "The secret of the target, another one; ``NULL`` unsets it.",
    ),
    Attribute::new(
        "userid",
        "iscsi::DiscoveryUserid",
        "The name that the initiator says; ``NULL`` unsets it.",
    ),
    Attribute::new(
        "userid_mutual",
        "iscsi::DiscoveryUseridMutual",
        "The name that the target says; ``NULL`` unsets it.",
    ),
];

const AUTH: &[Attribute] = &[
    Attribute::new(
        "authenticate_target",
        "iscsi::GroupMutual",
        "1 where the target authenticates itself, too: where ``userid_mutual`` and ``password_mutual`` are set. Read only.",
    ),
    Attribute::new(
        "password",
        "iscsi::GroupPassword",
        "The secret of the initiator; ``NULL`` unsets it.",
    ),
    Attribute::new(
        "password_mutual",
        "iscsi::GroupPasswordMutual",
        "The secret of the target, another one; ``NULL`` unsets it.",
    ),
    Attribute::new(
        "userid",
        "iscsi::GroupUserid",
        "The name that the initiator says; ``NULL`` unsets it.",
    ),
    Attribute::new(
        "userid_mutual",
        "iscsi::GroupUseridMutual",
        "The name that the target says; ``NULL`` unsets it.",
    ),
];

const NACL_AUTH: &[Attribute] = &[
    Attribute::new(
        "authenticate_target",
        "iscsi::NodeMutual",
        "1 where the target authenticates itself, too: where ``userid_mutual`` and ``password_mutual`` are set. Read only.",
    ),
    Attribute::new(
        "password",
        "iscsi::NodePassword",
        "The secret of the initiator; ``NULL`` unsets it.",
    ),
    Attribute::new(
        "password_mutual",
        "iscsi::NodePasswordMutual",
        "The secret of the target, another one; ``NULL`` unsets it.",
    ),
    Attribute::new(
        "userid",
        "iscsi::NodeUserid",
        "The name that the initiator says; ``NULL`` unsets it.",
    ),
    Attribute::new(
        "userid_mutual",
        "iscsi::NodeUseridMutual",
        "The name that the target says; ``NULL`` unsets it.",
    ),
];

const PARAM: &[Attribute] = &[
    Attribute::new(
        "DataDigest",
        "iscsi::DataDigest",
        "The digests of data that the target is ready for: ``CRC32C``, ``None``, or both with a comma.",
    ),
    Attribute::new("DataPDUInOrder", "iscsi::DataPDUInOrder", "Always ``Yes``."),
    Attribute::new(
        "DataSequenceInOrder",
        "iscsi::DataSequenceInOrder",
        "Always ``Yes``.",
    ),
    Attribute::new(
        "DefaultTime2Retain",
        "iscsi::DefaultTime2Retain",
        "How long a session is kept without a connection, in seconds.",
    ),
    Attribute::new(
        "DefaultTime2Wait",
        "iscsi::DefaultTime2Wait",
        "How long to wait before a new login, in seconds.",
    ),
    Attribute::new(
        "ErrorRecoveryLevel",
        "iscsi::ErrorRecoveryLevel",
        "Always 0.",
    ),
    Attribute::new(
        "FirstBurstLength",
        "iscsi::FirstBurstLength",
        "The most data that come unasked, in bytes.",
    ),
    Attribute::new(
        "HeaderDigest",
        "iscsi::HeaderDigest",
        "The digests of headers that the target is ready for, as in ``DataDigest``.",
    ),
    Attribute::new("IFMarker", "iscsi::IFMarker", "Always ``No``."),
    Attribute::new(
        "ImmediateData",
        "iscsi::ImmediateData",
        "``Yes`` where data may come with a command.",
    ),
    Attribute::new(
        "InitialR2T",
        "iscsi::InitialR2T",
        "``Yes`` where no data come before they are asked for.",
    ),
    Attribute::new(
        "MaxBurstLength",
        "iscsi::MaxBurstLength",
        "The most data in a sequence, in bytes.",
    ),
    Attribute::new("MaxConnections", "iscsi::MaxConnections", "Always 1."),
    Attribute::new("MaxOutstandingR2T", "iscsi::MaxOutstandingR2T", "Always 1."),
    Attribute::new(
        "MaxRecvDataSegmentLength",
        "iscsi::MaxRecvDataSegmentLength",
        "The longest data segment that the target takes, in bytes.",
    ),
    Attribute::new(
        "MaxXmitDataSegmentLength",
        "iscsi::MaxXmitDataSegmentLength",
        "The longest data segment that the target sends, in bytes.",
    ),
    Attribute::new("OFMarker", "iscsi::OFMarker", "Always ``No``."),
];

const NACL_BASE: &[Attribute] = &[
    Attribute::new(
        "cmdsn_depth",
        "iscsi::CmdsnDepth",
        "How many commands a session may have at once. Setting it ends the sessions that there are.",
    ),
    Attribute::new(
        "info",
        "iscsi::Info",
        "The sessions of the initiator, in the form that iscsi_target_mod has. Read only.",
    ),
];

const NACL_ATTRIB: &[Attribute] = &[
    Attribute::new(
        "authentication",
        "iscsi::NodeAuthentication",
        "1 where the initiator has to authenticate itself, 0 where it does not have to, and -1 where the portal group says so, as at first.",
    ),
    Attribute::new(
        "dataout_timeout",
        "iscsi::DataoutTimeout",
        "How long the target waits for data that it has asked for: 2 to 60 seconds, and 3 at first.",
    ),
    Attribute::new(
        "nopin_response_timeout",
        "iscsi::NopinResponseTimeout",
        "How long the answer to a ping may take: 3 to 60 seconds, and 30 at first.",
    ),
    Attribute::new(
        "nopin_timeout",
        "iscsi::NopinTimeout",
        "How long a connection may be silent before it is pinged: up to 60 seconds, and 15 at first; 0 for ever.",
    ),
];
