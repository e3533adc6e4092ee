// SPDX-License-Identifier: GPL-2.0-only

//! Settings of an administrator: the attributes in `attrib` and `param` of a portal group, and in
//! `attrib` of a node ACL, under the names that iscsi_target_mod has.

#![forbid(unsafe_code)]

use core::{
    ops::RangeInclusive,
    sync::atomic::{AtomicU32, Ordering}, //
};

use kernel::{prelude::*, str::BStr};

use super::{
    auth::{Authenticates, Secrets, Text},
    keys::{self, Digests}, //
};
use crate::{
    target::{
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

/// Reads a number that an administrator has written.
pub(super) fn number_between(name: &str, text: &BStr, range: RangeInclusive<u32>) -> Result<u32> {
    let number = keys::number(text).filter(|number| range.contains(number));
    number.ok_or_else(|| {
        pr_err!(
            "{} {}: want a number from {} to {}\n",
            name,
            text,
            range.start(),
            range.end()
        );
        EINVAL
    })
}

/// Declares the settings in `attrib` of a portal group, each a number: its attribute's type, its
/// name, what it is at first, and what it may be.
macro_rules! settings {
    ($($(#[$attr:meta])* $name:ident $field:ident = $first:literal, $range:expr;)*) => {
        /// The settings in `attrib` of a portal group.
        pub(crate) struct Settings {
            $($field: AtomicU32,)*
        }

        impl Settings {
            /// Initial values.
            pub(super) const fn new() -> Self {
                Self { $($field: AtomicU32::new($first),)* }
            }

            $($(#[$attr])* pub(crate) fn $field(&self) -> u32 {
                self.$field.load(Ordering::Relaxed)
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
                settings.$field.store(number, Ordering::Relaxed);
                settings.keep_dynamic_acls();
                Ok(())
            }
        })*
    };
}

settings! {
    /// `attrib/authentication`: whether initiators have to authenticate themselves.
    Authentication authentication = 1, 0..=1;
    /// `attrib/cache_dynamic_acls`: whether a node ACL of demo mode outlives its session. It does
    /// while `generate_node_acls` is 1.
    CacheDynamicAcls cache_dynamic_acls = 0, 0..=1;
    /// `attrib/default_cmdsn_depth`: how many commands a session may have at once.
    DefaultCmdsnDepth default_cmdsn_depth = 64, Settings::DEPTHS;
    /// `attrib/default_erl`: the error recovery level. It has no effect: sessions have level 0.
    DefaultErl default_erl = 0, 0..=2;
    /// `attrib/demo_mode_discovery`: 1 if SendTargets lists the target for an initiator without a node
    /// ACL.
    DemoModeDiscovery demo_mode_discovery = 1, 0..=1;
    /// `attrib/demo_mode_write_protect`: whether LUNs are read-only in demo mode.
    DemoModeWriteProtect demo_mode_write_protect = 1, 0..=1;
    /// `attrib/fabric_prot_type`: the protection that the fabric has of its own. It has no effect, as
    /// with the TCP of iscsi_target_mod.
    FabricProtType fabric_prot_type = 0, 0..=3;
    /// `attrib/generate_node_acls`: whether initiators without a node ACL may log in: demo mode.
    GenerateNodeAcls generate_node_acls = 0, 0..=1;
    /// `attrib/login_keys_workaround`: whether initiators may leave proposals unanswered. It has no
    /// effect: they always may.
    LoginKeysWorkaround login_keys_workaround = 1, 0..=1;
    /// `attrib/login_timeout`: how long a login may take, in seconds.
    LoginTimeout login_timeout = 15, 5..=30;
    /// `attrib/max_sessions`: how many sessions there may be at once. iscsi_target_mod has no such
    /// limit.
    MaxSessions max_sessions = 1024, 1..=65_534;
    /// `attrib/prod_mode_write_protect`: whether the LUNs of a node ACL are read-only at first.
    ProdModeWriteProtect prod_mode_write_protect = 0, 0..=1;
    /// `attrib/t10_pi`: whether the fabric carries protection information. It has no effect, as with
    /// the TCP of iscsi_target_mod.
    T10Pi t10_pi = 0, 0..=1;
    /// `attrib/tpg_enabled_sendtargets`: 1 if SendTargets lists the group only while it is enabled.
    TpgEnabledSendtargets tpg_enabled_sendtargets = 1, 0..=1;
}

impl Settings {
    /// Range of the number of commands of a session.
    pub(super) const DEPTHS: RangeInclusive<u32> = 1..=512;

    /// Keeps the node ACLs of demo mode, as iscsi_target_mod does: with the node ACL an initiator
    /// that loses its connection would lose its persistent reservation, which others hold to.
    fn keep_dynamic_acls(&self) {
        if self.generate_node_acls() != 0 {
            self.cache_dynamic_acls.store(1, Ordering::Relaxed);
        }
    }
}

/// Parameters that are kept as they are written. The target is ready for less, and negotiates so.
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
    /// The name of the target for people; the initiator gets it at its login.
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

/// Declares the parameters in `param`: of each the attribute's type, the field of the portal group
/// that it is in, and how its value is read and written.
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
    /// `param/DataDigest`: the digests of data that the target is ready for.
    DataDigest digests(offer.data_digest);
    /// `param/DataPDUInOrder`: kept; PDUs of data are in order.
    DataPDUInOrder boolean(kept.data_pdu_in_order);
    /// `param/DataSequenceInOrder`: kept; sequences of data are in order.
    DataSequenceInOrder boolean(kept.data_sequence_in_order);
    /// `param/DefaultTime2Retain`: how long a session is kept without a connection, in seconds.
    DefaultTime2Retain number(offer.default_time2retain, 0..=3600);
    /// `param/DefaultTime2Wait`: how long to wait before a new login, in seconds.
    DefaultTime2Wait number(offer.default_time2wait, 0..=3600);
    /// `param/ErrorRecoveryLevel`: kept; sessions have level 0.
    ErrorRecoveryLevel number(kept.error_recovery_level, 0..=2);
    /// `param/FirstBurstLength`: the most data that come unasked, in bytes.
    FirstBurstLength number(offer.first_burst_length, 512..=0x00ff_ffff);
    /// `param/HeaderDigest`: the digests of headers that the target is ready for.
    HeaderDigest digests(offer.header_digest);
    /// `param/IFMarkInt`: kept; there are no markers.
    IFMarkInt text(kept.if_mark_int);
    /// `param/IFMarker`: kept; there are no markers.
    IFMarker boolean(kept.if_marker);
    /// `param/ImmediateData`: whether data may come with a command.
    ImmediateData boolean(offer.immediate_data);
    /// `param/InitialR2T`: whether no data come before they are asked for.
    InitialR2T boolean(offer.initial_r2t);
    /// `param/MaxBurstLength`: the most data in a sequence, in bytes.
    MaxBurstLength number(offer.max_burst_length, 512..=0x00ff_ffff);
    /// `param/MaxConnections`: kept; a session has one connection.
    MaxConnections number(kept.max_connections, 1..=65_535);
    /// `param/MaxOutstandingR2T`: kept; the target asks for one sequence of data at a time.
    MaxOutstandingR2T number(kept.max_outstanding_r2t, 1..=65_535);
    /// `param/MaxRecvDataSegmentLength`: the longest data segment that the target takes, in bytes.
    MaxRecvDataSegmentLength number(offer.max_recv_data_segment_length, 512..=0x00ff_ffff);
    /// `param/MaxXmitDataSegmentLength`: the longest data segment that the target sends, in bytes.
    MaxXmitDataSegmentLength number(offer.max_xmit_data_segment_length, 512..=0x00ff_ffff);
    /// `param/OFMarkInt`: kept; there are no markers.
    OFMarkInt text(kept.of_mark_int);
    /// `param/OFMarker`: kept; there are no markers.
    OFMarker boolean(kept.of_marker);
    /// `param/TargetAlias`: the name of the target for people, which initiators get.
    TargetAlias text(kept.target_alias);
}

/// `param/AuthMethod`: how initiators authenticate themselves. It is `attrib/authentication` in
/// other words: with `None`, they need not.
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
        authentication.store(is_forced.into(), Ordering::Relaxed);
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

/// Values of a digest.
const DIGEST_NAMES: [&str; 4] = ["CRC32C,None", "None,CRC32C", "None", "CRC32C"];

/// Meaning of each of [`DIGEST_NAMES`]: the initiator's order counts.
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

/// Which of `values` an administrator has written.
fn one_of(name: &str, text: &BStr, values: &[&str]) -> Result<usize> {
    let found = values.iter().position(|value| value.as_bytes() == &**text);
    found.ok_or_else(|| {
        pr_err!("{} {}: want one of {:?}\n", name, text, values);
        EINVAL
    })
}

/// Timeouts of an initiator, in seconds, and values without effect.
#[derive(Clone, Copy, Zeroable)]
pub(crate) struct Timeouts {
    /// Time that the target waits for data that it has asked for.
    pub(super) dataout_timeout: u32,
    /// Silence after which an initiator is pinged; 0 for never.
    pub(super) nopin_timeout: u32,
    /// Time that the answer to a ping may take.
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
    /// True if the initiator has to authenticate itself.
    pub(super) authentication: Authenticates,
    /// The credentials of both.
    pub(super) secrets: Secrets,
    /// A word of the administrator's.
    tag: Text,
}

/// Gives a node ACL that has just been made its settings.
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
    /// `acls/$INITIATOR/attrib/dataout_timeout`: how long the target waits for data that it has
    /// asked for, in seconds.
    DataoutTimeout dataout_timeout, 2..=60;
    /// `acls/$INITIATOR/attrib/nopin_timeout`: how long a connection may be silent before it is
    /// pinged, in seconds; 0 for ever.
    NopinTimeout nopin_timeout, 0..=60;
    /// `acls/$INITIATOR/attrib/nopin_response_timeout`: how long the answer to a ping may take, in
    /// seconds.
    NopinResponseTimeout nopin_response_timeout, 3..=60;
    /// `acls/$INITIATOR/attrib/dataout_timeout_retries`: no effect; nothing is sent again at level 0.
    DataoutTimeoutRetries dataout_timeout_retries, 1..=15;
    /// `acls/$INITIATOR/attrib/default_erl`: no effect; sessions have level 0.
    NodeDefaultErl default_erl, 0..=2;
    /// `acls/$INITIATOR/attrib/random_datain_pdu_offsets`: no effect; data are in order.
    RandomDatainPduOffsets random_datain_pdu_offsets, 0..=1;
    /// `acls/$INITIATOR/attrib/random_datain_seq_offsets`: no effect; data are in order.
    RandomDatainSeqOffsets random_datain_seq_offsets, 0..=1;
    /// `acls/$INITIATOR/attrib/random_r2t_offsets`: no effect; data are asked for in order.
    RandomR2tOffsets random_r2t_offsets, 0..=1;
}

/// `acls/$INITIATOR/tag`: a word that an administrator keeps with the initiator.
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
