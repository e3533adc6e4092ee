// SPDX-License-Identifier: GPL-2.0-only

//! What an administrator sets: the attributes in `attrib` and `param` of a portal group, and in
//! `attrib` of a node ACL, under the names that iscsi_target_mod has.

#![forbid(unsafe_code)]

use core::{
    ops::RangeInclusive,
    sync::atomic::{AtomicU32, Ordering}, //
};

use kernel::{prelude::*, str::BStr};

use super::{
    auth::{Authenticates, Secrets},
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
            /// What they are at first.
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
                tpg.data().group.settings.$field.store(number, Ordering::Relaxed);
                Ok(())
            }
        })*
    };
}

settings! {
    /// `attrib/authentication`: whether initiators have to authenticate themselves.
    Authentication authentication = 1, 0..=1;
    /// `attrib/cache_dynamic_acls`: whether a node ACL of demo mode outlives its session.
    CacheDynamicAcls cache_dynamic_acls = 0, 0..=1;
    /// `attrib/default_cmdsn_depth`: how many commands a session may have at once.
    DefaultCmdsnDepth default_cmdsn_depth = 64, Settings::DEPTHS;
    /// `attrib/default_erl`: the error recovery level: 0.
    DefaultErl default_erl = 0, 0..=0;
    /// `attrib/demo_mode_discovery`: whether an initiator without a node ACL is told of the target.
    DemoModeDiscovery demo_mode_discovery = 1, 0..=1;
    /// `attrib/demo_mode_write_protect`: whether LUNs are read-only in demo mode.
    DemoModeWriteProtect demo_mode_write_protect = 1, 0..=1;
    /// `attrib/generate_node_acls`: whether initiators without a node ACL may log in: demo mode.
    GenerateNodeAcls generate_node_acls = 0, 0..=1;
    /// `attrib/login_timeout`: how long a login may take, in seconds.
    LoginTimeout login_timeout = 15, 5..=30;
    /// `attrib/max_sessions`: how many sessions there may be at once. iscsi_target_mod has no such
    /// limit.
    MaxSessions max_sessions = 1024, 1..=65_534;
    /// `attrib/prod_mode_write_protect`: whether the LUNs of a node ACL are read-only at first.
    ProdModeWriteProtect prod_mode_write_protect = 0, 0..=1;
}

impl Settings {
    /// How many commands a session may have.
    pub(super) const DEPTHS: RangeInclusive<u32> = 1..=512;
}

/// Declares the parameters in `param`: of each the attribute's type, the field, and how its value
/// is read and written.
macro_rules! parameters {
    ($($(#[$attr:meta])* $name:ident $kind:ident($($field:ident $(, $range:expr)?)?);)*) => {$(
        $(#[$attr])*
        pub(crate) struct $name;

        #[vtable]
        impl Attribute for $name {
            type Directory = TpgParamAttrs<Fabric>;

            fn show(tpg: &Tpg<Fabric>, page: &mut Page<'_>) -> Result {
                let _offer = tpg.data().group.offer.lock();
                parameters!(@show $kind page $(_offer.$field)?)
            }

            fn store(tpg: &Tpg<Fabric>, text: &BStr) -> Result {
                let _name = stringify!($name);
                let _offer = &mut *tpg.data().group.offer.lock();
                parameters!(@store $kind _name text $(_offer.$field $(, $range)?)?)
            }
        }
    )*};
    (@show number $page:ident $value:expr) => { writeln!($page, "{}", $value) };
    (@show boolean $page:ident $value:expr) => { writeln!($page, "{}", yes_or_no($value)) };
    (@show digests $page:ident $value:expr) => { writeln!($page, "{}", digest_list($value)) };
    (@show one $page:ident) => { writeln!($page, "1") };
    (@show zero $page:ident) => { writeln!($page, "0") };
    (@show yes $page:ident) => { writeln!($page, "Yes") };
    (@show no $page:ident) => { writeln!($page, "No") };
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
    (@store one $name:ident $text:ident) => { one_of($name, $text, &["1"]).map(drop) };
    (@store zero $name:ident $text:ident) => { one_of($name, $text, &["0"]).map(drop) };
    (@store yes $name:ident $text:ident) => { one_of($name, $text, &["Yes"]).map(drop) };
    (@store no $name:ident $text:ident) => { one_of($name, $text, &["No"]).map(drop) };
}

parameters! {
    /// `param/DataDigest`: the digests of data that the target is ready for.
    DataDigest digests(data_digest);
    /// `param/DataPDUInOrder`: `Yes`.
    DataPDUInOrder yes();
    /// `param/DataSequenceInOrder`: `Yes`.
    DataSequenceInOrder yes();
    /// `param/DefaultTime2Retain`: how long a session is kept without a connection, in seconds.
    DefaultTime2Retain number(default_time2retain, 0..=3600);
    /// `param/DefaultTime2Wait`: how long to wait before a new login, in seconds.
    DefaultTime2Wait number(default_time2wait, 0..=3600);
    /// `param/ErrorRecoveryLevel`: 0.
    ErrorRecoveryLevel zero();
    /// `param/FirstBurstLength`: the most data that come unasked, in bytes.
    FirstBurstLength number(first_burst_length, 512..=0x00ff_ffff);
    /// `param/HeaderDigest`: the digests of headers that the target is ready for.
    HeaderDigest digests(header_digest);
    /// `param/IFMarker`: `No`.
    IFMarker no();
    /// `param/ImmediateData`: whether data may come with a command.
    ImmediateData boolean(immediate_data);
    /// `param/InitialR2T`: whether no data come before they are asked for.
    InitialR2T boolean(initial_r2t);
    /// `param/MaxBurstLength`: the most data in a sequence, in bytes.
    MaxBurstLength number(max_burst_length, 512..=0x00ff_ffff);
    /// `param/MaxConnections`: 1.
    MaxConnections one();
    /// `param/MaxOutstandingR2T`: 1.
    MaxOutstandingR2T one();
    /// `param/MaxRecvDataSegmentLength`: the longest data segment that the target takes, in bytes.
    MaxRecvDataSegmentLength number(max_recv_data_segment_length, 512..=0x00ff_ffff);
    /// `param/MaxXmitDataSegmentLength`: the longest data segment that the target sends, in bytes.
    MaxXmitDataSegmentLength number(max_xmit_data_segment_length, 512..=0x00ff_ffff);
    /// `param/OFMarker`: `No`.
    OFMarker no();
}

fn yes_or_no(value: bool) -> &'static str {
    if value {
        "Yes"
    } else {
        "No"
    }
}

/// What an administrator may choose for a digest.
const DIGEST_NAMES: [&str; 4] = ["CRC32C,None", "None,CRC32C", "None", "CRC32C"];

/// What each of [`DIGEST_NAMES`] stands for: the initiator's order counts.
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

/// What an administrator sets for an initiator, in seconds.
#[derive(Clone, Copy, Zeroable)]
pub(crate) struct Timeouts {
    /// How long the target waits for data that it has asked for.
    pub(super) dataout_timeout: u32,
    /// How long a connection may be silent before it is pinged; 0 for ever.
    pub(super) nopin_timeout: u32,
    /// How long the answer to a ping may take.
    pub(super) nopin_response_timeout: u32,
}

impl Timeouts {
    /// What they are at first.
    pub(super) const DEFAULT: Self = Self {
        dataout_timeout: 3,
        nopin_timeout: 15,
        nopin_response_timeout: 30,
    };
}

/// What a node ACL has.
#[derive(Zeroable)]
pub(crate) struct NodeSettings {
    pub(super) timeouts: Timeouts,
    /// Whether the initiator has to authenticate itself.
    pub(super) authentication: Authenticates,
    /// The credentials of both.
    pub(super) secrets: Secrets,
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
}
