// SPDX-License-Identifier: GPL-2.0-only

//! Authentication of initiators and targets: the attributes in `auth` of node ACLs and portal
//! groups, and in `discovery_auth`, with the names of iscsi_target_mod.
//!
//! A node ACL has the credentials of its initiator, a portal group those of initiators without a
//! node ACL, and `discovery_auth` those of discovery sessions.

#![forbid(unsafe_code)]

use kernel::{prelude::*, str::BStr};

use super::{
    chap::{self, Algorithm, DIGEST_MAX},
    registry::Registry,
    secrets::{Authenticates, Text},
    settings::number_between, //
};
use crate::{
    crypto,
    target::{
        attributes,
        Attribute,
        Attributes,
        DiscoveryAttrs,
        NodeAcl,
        Page,
        Tpg,
        TpgAuthAttrs,
        TpgNaclAttribAttrs,
        TpgNaclAuthAttrs, //
    },
    Fabric,
};

/// The attributes in `discovery_auth`.
pub(crate) const DISCOVERY_AUTH: Attributes<DiscoveryAttrs<Fabric>> = attributes!(DiscoveryAttrs<Fabric> {
    authenticate_target: DiscoveryMutual,
    enforce_discovery_auth: EnforceDiscoveryAuth,
    password: DiscoveryPassword,
    password_mutual: DiscoveryPasswordMutual,
    userid: DiscoveryUserid,
    userid_mutual: DiscoveryUseridMutual,
});

/// The attributes in `auth` of a portal group.
pub(crate) const GROUP_AUTH: Attributes<TpgAuthAttrs<Fabric>> = attributes!(TpgAuthAttrs<Fabric> {
    authenticate_target: GroupMutual,
    password: GroupPassword,
    password_mutual: GroupPasswordMutual,
    userid: GroupUserid,
    userid_mutual: GroupUseridMutual,
});

/// The attributes in `auth` of a node ACL.
pub(crate) const NODE_AUTH: Attributes<TpgNaclAuthAttrs<Fabric>> = attributes!(TpgNaclAuthAttrs<Fabric> {
    authenticate_target: NodeMutual,
    password: NodePassword,
    password_mutual: NodePasswordMutual,
    userid: NodeUserid,
    userid_mutual: NodeUseridMutual,
});

/// Refuses a secret that equals the one of the other direction: a challenge could then be answered
/// by the challenger itself (RFC 7143, section 9.2.1).
fn differs(name: &str, text: &[u8], other: &Text) -> Result {
    if !text.is_empty() && other.as_bytes() == text {
        pr_err!(
            "cannot set {}: want another secret than that of the other direction\n",
            name
        );
        return Err(EINVAL);
    }
    Ok(())
}

/// `acls/$INITIATOR/attrib/authentication`: 1 if the initiator must authenticate itself, 0 if not,
/// -1 if the setting of the portal group holds.
pub(crate) struct NodeAuthentication;

#[vtable]
impl Attribute for NodeAuthentication {
    type Directory = TpgNaclAttribAttrs<Fabric>;

    fn show(acl: &NodeAcl<Fabric>, page: &mut Page<'_>) -> Result {
        let value = match acl.lock().authentication {
            Authenticates::INHERITED => -1,
            Authenticates::NO => 0,
            _ => 1,
        };
        writeln!(page, "{}", value)
    }

    fn store(acl: &NodeAcl<Fabric>, text: &BStr) -> Result {
        let authenticates = match &**text {
            b"-1" => Authenticates::INHERITED,
            b"0" => Authenticates::NO,
            b"1" => Authenticates::YES,
            _ => {
                pr_err!("cannot set authentication to {}: want -1, 0 or 1\n", text);
                return Err(EINVAL);
            }
        };
        acl.lock().authentication = authenticates;
        Ok(())
    }
}

/// `discovery_auth/enforce_discovery_auth`: 1 if initiators must authenticate themselves for a
/// discovery session.
pub(crate) struct EnforceDiscoveryAuth;

#[vtable]
impl Attribute for EnforceDiscoveryAuth {
    type Directory = DiscoveryAttrs<Fabric>;

    fn show(registry: &Registry, page: &mut Page<'_>) -> Result {
        writeln!(page, "{}", u8::from(registry.discovery.lock().enforces))
    }

    fn store(registry: &Registry, text: &BStr) -> Result {
        let enforces = number_between("enforce_discovery_auth", text, 0..=1)?;
        registry.discovery.lock().enforces = enforces != 0;
        Ok(())
    }
}

/// Declares the attributes in a directory of credentials. Takes the directory, its object, and the
/// expression for the credentials.
macro_rules! credentials {
    ($directory:ident, $context:ident: $type:ty, $secrets:expr;
     $mutual:ident, $($name:ident $field:ident $(unlike $other:ident)?,)*) => {
        /// `authenticate_target`: 1 if the target can authenticate itself: `userid_mutual` and
        /// `password_mutual` are set.
        pub(crate) struct $mutual;

        #[vtable]
        impl Attribute for $mutual {
            type Directory = $directory<Fabric>;

            fn show($context: &$type, page: &mut Page<'_>) -> Result {
                let is_mutual = $secrets.credentials().is_mutual();
                writeln!(page, "{}", u8::from(is_mutual))
            }
        }

        $(
            #[doc = concat!("`", stringify!($field), "`: a credential; `NULL` unsets it.")]
            pub(crate) struct $name;

            #[vtable]
            impl Attribute for $name {
                type Directory = $directory<Fabric>;
                const IS_SECRET: bool = true;

                fn show($context: &$type, page: &mut Page<'_>) -> Result {
                    page.write_bytes($secrets.$field.as_bytes())?;
                    page.write_bytes(b"\n")
                }

                fn store($context: &$type, text: &BStr) -> Result {
                    let name = stringify!($field);
                    let secrets = &mut $secrets;
                    $(differs(name, text, &secrets.$other)?;)?
                    secrets.$field.set(name, text)
                }
            }
        )*
    };
}

credentials! {
    DiscoveryAttrs, registry: Registry, registry.discovery.lock().secrets;
    DiscoveryMutual,
    DiscoveryUserid userid,
    DiscoveryPassword password unlike password_mutual,
    DiscoveryUseridMutual userid_mutual,
    DiscoveryPasswordMutual password_mutual unlike password,
}

credentials! {
    TpgAuthAttrs, tpg: Tpg<Fabric>, tpg.data().group.secrets.lock();
    GroupMutual,
    GroupUserid userid,
    GroupPassword password unlike password_mutual,
    GroupUseridMutual userid_mutual,
    GroupPasswordMutual password_mutual unlike password,
}

credentials! {
    TpgNaclAuthAttrs, acl: NodeAcl<Fabric>, acl.lock().secrets;
    NodeMutual,
    NodeUserid userid,
    NodePassword password unlike password_mutual,
    NodeUseridMutual userid_mutual,
    NodePasswordMutual password_mutual unlike password,
}

/// Digests of the kernel for CHAP.
pub(super) struct Kernel;

impl chap::Crypto for Kernel {
    fn digest(algorithm: Algorithm, parts: [&[u8]; 3]) -> Option<[u8; DIGEST_MAX]> {
        let mut bytes = KVec::new();
        for part in parts {
            bytes.extend_from_slice(part, GFP_KERNEL).ok()?;
        }
        let mut digest = [0; DIGEST_MAX];
        let (place, _) = digest.split_at_mut(algorithm.digest_length());
        match algorithm {
            Algorithm::Md5 => place.copy_from_slice(&crypto::md5(&bytes)),
            Algorithm::Sha1 => place.copy_from_slice(&crypto::sha1(&bytes)),
            Algorithm::Sha256 => place.copy_from_slice(&crypto::sha256(&bytes)),
        }
        Some(digest)
    }

    fn is_equal(a: &[u8; DIGEST_MAX], b: &[u8; DIGEST_MAX]) -> bool {
        crypto::is_equal(a, b)
    }
}
