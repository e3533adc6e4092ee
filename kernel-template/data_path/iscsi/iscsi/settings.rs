// SPDX-License-Identifier: GPL-2.0-only

//! Settings: the attributes in `attrib` and `param` of a portal group, and in `attrib` of a node
//! ACL, with the names of iscsi_target_mod.

#![forbid(unsafe_code)]

use core::ops::RangeInclusive;

use kernel::{prelude::*, str::BStr};

use super::{
    keys::{self, Digests},
    secrets::{Authenticates, Secrets, Text}, //
};
use crate::{
    target::{
        atomic::{Atomic, Relaxed},
        Attribute,
        NodeAcl,
        Page,
        Tpg,
        TpgAttribAttrs,
        TpgNaclAttribAttrs,
        TpgNaclBaseAttrs,
        TpgParamAttrs, //
    },
    Fabric,
};

/// Parses the value of a numeric attribute.
pub(super) fn number_between(name: &str, text: &BStr, range: RangeInclusive<u32>) -> Result<u32> {
    let number = keys::number(text).filter(|number| range.contains(number));
    number.ok_or_else(|| {
        pr_err!(
            "cannot set {} to {}: want a number from {} to {}\n",
            name,
            text,
            range.start(),
            range.end()
        );
        EINVAL
    })
}

/// Declares the settings in `attrib` of a portal group, which are numbers: for each the type of the
/// attribute, the name, the initial value, and the range.
macro_rules! settings {
    ($($(#[$attr:meta])* $name:ident $field:ident = $first:literal, $range:expr;)*) => {
        /// The settings in `attrib` of a portal group.
        pub(crate) struct Settings {
            $($field: Atomic<u32>,)*
        }

        impl Settings {
            /// Initial values.
            pub(super) const fn new() -> Self {
                Self { $($field: Atomic::new($first),)* }
            }

            $($(#[$attr])* pub(crate) fn $field(&self) -> u32 {
                self.$field.load(Relaxed)
            })*
        }

        $($(#[$attr])*
        pub(crate) struct $name;

        #[vtable]
        impl Attribute for $name {
            type Directory = TpgAttribAttrs<Fabric>;

            fn show(tpg: &Tpg<Fabric>, page: &mut Page<'_>) -> Result {
                writeln!(page, "{}", tpg.data().group.settings.$field())
            }

            fn store(tpg: &Tpg<Fabric>, text: &BStr) -> Result {
                let number = number_between(stringify!($field), text, $range)?;
                let settings = &tpg.data().group.settings;
                settings.$field.store(number, Relaxed);
                settings.keep_dynamic_acls();
                Ok(())
            }
        })*
    };
}

settings! {
    /// `attrib/authentication`: 1 if initiators must authenticate themselves.
    Authentication authentication = 1, 0..=1;
    /// `attrib/cache_dynamic_acls`: 1 if a demo-mode node ACL is kept after its session ends. Set
    /// to 1 while `generate_node_acls` is 1.
    CacheDynamicAcls cache_dynamic_acls = 0, 0..=1;
    /// `attrib/default_cmdsn_depth`: the default queue depth of a session, in commands.
    DefaultCmdsnDepth default_cmdsn_depth = 64, Settings::DEPTHS;
    /// `attrib/default_erl`: the error recovery level. No effect: sessions have level 0.
    DefaultErl default_erl = 0, 0..=2;
    /// `attrib/demo_mode_discovery`: 1 if SendTargets lists the target for an initiator without a
    /// node ACL.
    DemoModeDiscovery demo_mode_discovery = 1, 0..=1;
    /// `attrib/demo_mode_write_protect`: 1 if LUNs are read-only in demo mode.
    DemoModeWriteProtect demo_mode_write_protect = 1, 0..=1;
    /// `attrib/fabric_prot_type`: the protection type of the fabric. No effect, as with the TCP
    /// transport of iscsi_target_mod.
    FabricProtType fabric_prot_type = 0, 0..=3;
    /// `attrib/generate_node_acls`: 1 for demo mode: initiators without a node ACL may log in.
    GenerateNodeAcls generate_node_acls = 0, 0..=1;
    /// `attrib/login_keys_workaround`: 1 if initiators may leave proposals unanswered. No effect:
    /// they always may.
    LoginKeysWorkaround login_keys_workaround = 1, 0..=1;
    /// `attrib/login_timeout`: the time limit of a login, in seconds.
    LoginTimeout login_timeout = 15, 5..=30;
    /// `attrib/max_sessions`: the maximum number of sessions. iscsi_target_mod has no such limit.
    MaxSessions max_sessions = 1024, 1..=65_534;
    /// `attrib/prod_mode_write_protect`: 1 if the LUNs of a node ACL are initially read-only.
    ProdModeWriteProtect prod_mode_write_protect = 0, 0..=1;
    /// `attrib/t10_pi`: 1 if the fabric transfers protection information. No effect, as with the
    /// TCP transport of iscsi_target_mod.
    T10Pi t10_pi = 0, 0..=1;
    /// `attrib/tpg_enabled_sendtargets`: 1 if SendTargets lists the group only while it is enabled.
    TpgEnabledSendtargets tpg_enabled_sendtargets = 1, 0..=1;
}

impl Settings {
    /// Range of a queue depth, in commands.
    pub(super) const DEPTHS: RangeInclusive<u32> = 1..=512;

    /// Sets `cache_dynamic_acls` in demo mode, as iscsi_target_mod does. Otherwise an initiator
    /// that loses its connection would lose its node ACL, and with it its persistent reservation.
    fn keep_dynamic_acls(&self) {
        if self.generate_node_acls() != 0 {
            self.cache_dynamic_acls.store(1, Relaxed);
        }
    }
}

/// Parameters in `param` that are stored without effect: the target negotiates fixed values.
pub(crate) struct Kept {
    data_pdu_in_order: bool,
    data_sequence_in_order: bool,
    error_recovery_level: u32,
    if_marker: bool,
    if_mark_int: Text,
    max_connections: u32,
    max_outstanding_r2t: u32,
    of_marker: bool,
    of_mark_int: Text,
    /// TargetAlias, sent to initiators at login.
    pub(super) target_alias: Text,
}

impl Kept {
    /// Initial values.
    pub(super) fn new() -> Self {
        Self {
            data_pdu_in_order: true,
            data_sequence_in_order: true,
            error_recovery_level: 0,
            if_marker: false,
            if_mark_int: Text::new(b"Reject"),
            max_connections: 1,
            max_outstanding_r2t: 1,
            of_marker: false,
            of_mark_int: Text::new(b"Reject"),
            target_alias: Text::new(b""),
        }
    }
}

/// Declares the parameters in `param`: for each the type of the attribute, the kind of its value,
/// and the field of the portal group.
macro_rules! parameters {
    ($($(#[$attr:meta])* $name:ident $kind:ident($group:ident.$field:ident $(, $range:expr)?);)*) => {$(
        $(#[$attr])*
        pub(crate) struct $name;

        #[vtable]
        impl Attribute for $name {
            type Directory = TpgParamAttrs<Fabric>;

            fn show(tpg: &Tpg<Fabric>, page: &mut Page<'_>) -> Result {
                let values = tpg.data().group.$group.lock();
                parameters!(@show $kind page values.$field)
            }

            fn store(tpg: &Tpg<Fabric>, text: &BStr) -> Result {
                let name = stringify!($name);
                let values = &mut *tpg.data().group.$group.lock();
                parameters!(@store $kind name text values.$field $(, $range)?)
            }
        }
    )*};
    (@show number $page:ident $value:expr) => { writeln!($page, "{}", $value) };
    (@show boolean $page:ident $value:expr) => { writeln!($page, "{}", yes_or_no($value)) };
    (@show digests $page:ident $value:expr) => { writeln!($page, "{}", digest_list($value)) };
    (@show text $page:ident $value:expr) => {{
        $page.write_bytes($value.as_bytes())?;
        $page.write_bytes(b"\n")
    }};
    (@store number $name:ident $text:ident $value:expr, $range:expr) => {{
        $value = number_between($name, $text, $range)?;
        Ok(())
    }};
    (@store boolean $name:ident $text:ident $value:expr) => {{
        $value = one_of($name, $text, &["Yes", "No"])? == 0;
        Ok(())
    }};
    (@store digests $name:ident $text:ident $value:expr) => {{
        let index = one_of($name, $text, &DIGEST_NAMES)?;
        $value = DIGESTS.get(index).copied().ok_or(EINVAL)?;
        Ok(())
    }};
    (@store text $name:ident $text:ident $value:expr) => { $value.set($name, $text) };
}

parameters! {
    /// `param/DataDigest`: the data digests that the target supports.
    DataDigest digests(offer.data_digest);
    /// `param/DataPDUInOrder`: no effect; data PDUs are in order.
    DataPDUInOrder boolean(kept.data_pdu_in_order);
    /// `param/DataSequenceInOrder`: no effect; data sequences are in order.
    DataSequenceInOrder boolean(kept.data_sequence_in_order);
    /// `param/DefaultTime2Retain`: the maximum time that a session is kept without a connection, in
    /// seconds.
    DefaultTime2Retain number(offer.default_time2retain, 0..=3600);
    /// `param/DefaultTime2Wait`: the minimum time before a new login, in seconds.
    DefaultTime2Wait number(offer.default_time2wait, 0..=3600);
    /// `param/ErrorRecoveryLevel`: no effect; sessions have level 0.
    ErrorRecoveryLevel number(kept.error_recovery_level, 0..=2);
    /// `param/FirstBurstLength`: the maximum unsolicited data of a command, in bytes.
    FirstBurstLength number(offer.first_burst_length, 512..=0x00ff_ffff);
    /// `param/HeaderDigest`: the header digests that the target supports.
    HeaderDigest digests(offer.header_digest);
    /// `param/IFMarkInt`: no effect; markers are not supported.
    IFMarkInt text(kept.if_mark_int);
    /// `param/IFMarker`: no effect; markers are not supported.
    IFMarker boolean(kept.if_marker);
    /// `param/ImmediateData`: `Yes` if a command may have immediate data.
    ImmediateData boolean(offer.immediate_data);
    /// `param/InitialR2T`: `Yes` if data must be solicited by R2T, apart from immediate data.
    InitialR2T boolean(offer.initial_r2t);
    /// `param/MaxBurstLength`: the maximum data of a sequence, in bytes.
    MaxBurstLength number(offer.max_burst_length, 512..=0x00ff_ffff);
    /// `param/MaxConnections`: no effect; a session has one connection.
    MaxConnections number(kept.max_connections, 1..=65_535);
    /// `param/MaxOutstandingR2T`: no effect; a command has one outstanding R2T.
    MaxOutstandingR2T number(kept.max_outstanding_r2t, 1..=65_535);
    /// `param/MaxRecvDataSegmentLength`: the maximum data segment that the target receives, in
    /// bytes.
    MaxRecvDataSegmentLength number(offer.max_recv_data_segment_length, 512..=0x00ff_ffff);
    /// `param/MaxXmitDataSegmentLength`: the maximum data segment that the target sends, in bytes.
    MaxXmitDataSegmentLength number(offer.max_xmit_data_segment_length, 512..=0x00ff_ffff);
    /// `param/OFMarkInt`: no effect; markers are not supported.
    OFMarkInt text(kept.of_mark_int);
    /// `param/OFMarker`: no effect; markers are not supported.
    OFMarker boolean(kept.of_marker);
    /// `param/TargetAlias`: a name of the target for people, sent to initiators at login.
    TargetAlias text(kept.target_alias);
}

/// `param/AuthMethod`: the authentication methods, another form of `attrib/authentication`. With
/// `None` in the list, authentication is optional.
pub(crate) struct AuthMethod;

#[vtable]
impl Attribute for AuthMethod {
    type Directory = TpgParamAttrs<Fabric>;

    fn show(tpg: &Tpg<Fabric>, page: &mut Page<'_>) -> Result {
        let is_forced = tpg.data().group.settings.authentication() != 0;
        writeln!(page, "{}", if is_forced { "CHAP" } else { "CHAP,None" })
    }

    fn store(tpg: &Tpg<Fabric>, text: &BStr) -> Result {
        let methods = ["CHAP", "CHAP,None", "None,CHAP", "None"];
        let is_forced = one_of("AuthMethod", text, &methods)? == 0;
        let authentication = &tpg.data().group.settings.authentication;
        authentication.store(is_forced.into(), Relaxed);
        Ok(())
    }
}

fn yes_or_no(value: bool) -> &'static str {
    if value {
        "Yes"
    } else {
        "No"
    }
}

/// Values of `DataDigest` and `HeaderDigest`.
const DIGEST_NAMES: [&str; 4] = ["CRC32C,None", "None,CRC32C", "None", "CRC32C"];

/// Digests of each of [`DIGEST_NAMES`]. Their order is without meaning: the initiator's counts.
const DIGESTS: [Digests; 4] = {
    let both = Digests {
        crc32c: true,
        none: true,
    };
    let none = Digests {
        crc32c: false,
        none: true,
    };
    let crc32c = Digests {
        crc32c: true,
        none: false,
    };
    [both, both, none, crc32c]
};

fn digest_list(value: Digests) -> &'static str {
    let found = DIGESTS.iter().position(|digests| *digests == value);
    found
        .and_then(|index| DIGEST_NAMES.get(index).copied())
        .unwrap_or("None")
}

/// Returns the index of an attribute value in `values`.
fn one_of(name: &str, text: &BStr, values: &[&str]) -> Result<usize> {
    let found = values.iter().position(|value| value.as_bytes() == &**text);
    found.ok_or_else(|| {
        pr_err!(
            "cannot set {} to {}: want one of {:?}\n",
            name,
            text,
            values
        );
        EINVAL
    })
}

/// The timeouts of an initiator, in seconds, and settings without effect.
#[derive(Clone, Copy, Zeroable)]
pub(crate) struct Timeouts {
    /// Time limit for data of a write.
    pub(super) dataout_timeout: u32,
    /// Idle time before a ping; 0 disables pings.
    pub(super) nopin_timeout: u32,
    /// Time limit for the answer to a ping.
    pub(super) nopin_response_timeout: u32,
    dataout_timeout_retries: u32,
    default_erl: u32,
    random_datain_pdu_offsets: u32,
    random_datain_seq_offsets: u32,
    random_r2t_offsets: u32,
}

impl Timeouts {
    /// Initial values.
    pub(super) const DEFAULT: Self = Self {
        dataout_timeout: 3,
        nopin_timeout: 15,
        nopin_response_timeout: 30,
        dataout_timeout_retries: 5,
        default_erl: 0,
        random_datain_pdu_offsets: 0,
        random_datain_seq_offsets: 0,
        random_r2t_offsets: 0,
    };
}

/// Settings of a node ACL.
#[derive(Zeroable)]
pub(crate) struct NodeSettings {
    pub(super) timeouts: Timeouts,
    /// Setting `authentication`.
    pub(super) authentication: Authenticates,
    /// Credentials of the initiator and the target.
    pub(super) secrets: Secrets,
    /// Label of the administrator.
    tag: Text,
}

/// Sets the initial values of a new node ACL.
pub(crate) fn set_default_node_attributes(acl: &NodeAcl<Fabric>) {
    acl.lock().timeouts = Timeouts::DEFAULT;
}

/// Declares the settings in `attrib` of a node ACL.
macro_rules! timeouts {
    ($($(#[$attr:meta])* $name:ident $field:ident, $range:expr;)*) => {$(
        $(#[$attr])*
        pub(crate) struct $name;

        #[vtable]
        impl Attribute for $name {
            type Directory = TpgNaclAttribAttrs<Fabric>;

            fn show(acl: &NodeAcl<Fabric>, page: &mut Page<'_>) -> Result {
                let value = acl.lock().timeouts.$field;
                writeln!(page, "{}", value)
            }

            fn store(acl: &NodeAcl<Fabric>, text: &BStr) -> Result {
                let value = number_between(stringify!($field), text, $range)?;
                acl.lock().timeouts.$field = value;
                Ok(())
            }
        }
    )*};
}

timeouts! {
    /// `acls/$INITIATOR/attrib/dataout_timeout`: the time limit for data of a write, in seconds.
    DataoutTimeout dataout_timeout, 2..=60;
    /// `acls/$INITIATOR/attrib/nopin_timeout`: the idle time before a ping, in seconds; 0 disables
    /// pings.
    NopinTimeout nopin_timeout, 0..=60;
    /// `acls/$INITIATOR/attrib/nopin_response_timeout`: the time limit for the answer to a ping, in
    /// seconds.
    NopinResponseTimeout nopin_response_timeout, 3..=60;
    /// `acls/$INITIATOR/attrib/dataout_timeout_retries`: no effect; there are no retries at level
    /// 0.
    DataoutTimeoutRetries dataout_timeout_retries, 1..=15;
    /// `acls/$INITIATOR/attrib/default_erl`: no effect; sessions have level 0.
    NodeDefaultErl default_erl, 0..=2;
    /// `acls/$INITIATOR/attrib/random_datain_pdu_offsets`: no effect; data are in order.
    RandomDatainPduOffsets random_datain_pdu_offsets, 0..=1;
    /// `acls/$INITIATOR/attrib/random_datain_seq_offsets`: no effect; data are in order.
    RandomDatainSeqOffsets random_datain_seq_offsets, 0..=1;
    /// `acls/$INITIATOR/attrib/random_r2t_offsets`: no effect; R2Ts are in order.
    RandomR2tOffsets random_r2t_offsets, 0..=1;
}

/// `acls/$INITIATOR/tag`: a label of the administrator for the initiator.
pub(crate) struct NodeTag;

#[vtable]
impl Attribute for NodeTag {
    type Directory = TpgNaclBaseAttrs<Fabric>;

    fn show(acl: &NodeAcl<Fabric>, page: &mut Page<'_>) -> Result {
        page.write_bytes(acl.lock().tag.as_bytes())?;
        page.write_bytes(b"\n")
    }

    fn store(acl: &NodeAcl<Fabric>, text: &BStr) -> Result {
        acl.lock().tag.set("tag", text)
    }
}
