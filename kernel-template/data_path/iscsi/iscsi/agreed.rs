// SPDX-License-Identifier: GPL-2.0-only

//! Negotiated parameters: the attributes in `param` of a node ACL, with the names and the format of
//! iscsi_target_mod. They are those of one session of the initiator.

#![forbid(unsafe_code)]

use kernel::prelude::*;

use super::{for_each_peer, keys::Parameters};
use crate::{
    target::{attributes, Attribute, Attributes, NodeAcl, Page, TpgNaclParamAttrs},
    Fabric, //
};

/// Shows a parameter of the first session of an initiator.
fn show(acl: &NodeAcl<Fabric>, page: &mut Page<'_>, value: fn(&Parameters) -> u32) -> Result {
    let name: &[u8] = acl.initiator_name();
    let mut first = None;
    for_each_peer(
        &acl.tpg().data().group,
        |peer| peer.name.as_bytes() == name,
        |peer| {
            first.get_or_insert(value(&peer.agreed));
            Ok(())
        },
    );
    match first {
        Some(value) => writeln!(page, "{}", value),
        None => page.write_bytes(b"No Active iSCSI Session\n"),
    }
}

/// Declares the attributes: for each the name, the type, and the value in the parameters.
macro_rules! agreed {
    ($($key:ident $name:ident = $value:expr;)*) => {
        /// The attributes in `acls/$INITIATOR/param`.
        pub(crate) const AGREED: Attributes<TpgNaclParamAttrs<Fabric>> =
            attributes!(TpgNaclParamAttrs<Fabric> { $($key: $name),* });
        $(
        #[doc = concat!("`acls/$INITIATOR/param/", stringify!($key), "`: the negotiated value.")]
        pub(crate) struct $name;

        #[vtable]
        impl Attribute for $name {
            type Directory = TpgNaclParamAttrs<Fabric>;

            fn show(acl: &NodeAcl<Fabric>, page: &mut Page<'_>) -> Result {
                show(acl, page, $value)
            }
        }
        )*
    };
}

agreed! {
    DataPDUInOrder AgreedDataPDUInOrder = |_| 1;
    DataSequenceInOrder AgreedDataSequenceInOrder = |_| 1;
    DefaultTime2Retain AgreedDefaultTime2Retain = |agreed| agreed.default_time2retain;
    DefaultTime2Wait AgreedDefaultTime2Wait = |agreed| agreed.default_time2wait;
    ErrorRecoveryLevel AgreedErrorRecoveryLevel = |_| 0;
    FirstBurstLength AgreedFirstBurstLength = |agreed| agreed.first_burst_length;
    ImmediateData AgreedImmediateData = |agreed| agreed.immediate_data.into();
    InitialR2T AgreedInitialR2T = |agreed| agreed.initial_r2t.into();
    MaxBurstLength AgreedMaxBurstLength = |agreed| agreed.max_burst_length;
    MaxConnections AgreedMaxConnections = |_| 1;
    MaxOutstandingR2T AgreedMaxOutstandingR2T = |agreed| agreed.max_outstanding_r2t;
}
