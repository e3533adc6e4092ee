// SPDX-License-Identifier: GPL-2.0-only

//! Texts and credentials that an administrator sets, and the settings that require
//! authentication.

#![forbid(unsafe_code)]

use kernel::prelude::*;

use super::chap::Credentials;

/// Maximum length of a name or secret, in bytes.
const SECRET_MAX: usize = 255;

/// Text that unsets a name or a secret, as in iscsi_target_mod.
const UNSET: &[u8] = b"NULL";

/// A name, a secret or another text of an administrator; empty if unset.
#[derive(Clone, Zeroable)]
pub(crate) struct Text {
    bytes: [u8; SECRET_MAX],
    length: u8,
}

impl Text {
    /// Creates a text of at most 255 bytes.
    pub(super) fn new(text: &[u8]) -> Self {
        let mut new = Self::zeroed();
        for (place, byte) in new.bytes.iter_mut().zip(text) {
            *place = *byte;
        }
        new.length = text.len().min(SECRET_MAX) as u8;
        new
    }

    /// Returns the bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }

    /// Sets the text.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if the text is longer than 255 bytes or has a NUL.
    pub(super) fn set(&mut self, name: &str, text: &[u8]) -> Result {
        let text = if text == UNSET { &[] } else { text };
        let is_text = !text.contains(&0);
        match self.bytes.get_mut(..text.len()).filter(|_| is_text) {
            Some(place) => {
                place.copy_from_slice(text);
                self.length = text.len() as u8;
                Ok(())
            }
            None => {
                pr_err!(
                    "cannot set {}: want at most {} bytes, none of them 0\n",
                    name,
                    SECRET_MAX
                );
                Err(EINVAL)
            }
        }
    }
}

/// The credentials of an initiator and its target.
#[derive(Zeroable)]
pub(crate) struct Secrets {
    pub(super) userid: Text,
    pub(super) password: Text,
    pub(super) userid_mutual: Text,
    pub(super) password_mutual: Text,
}

impl Secrets {
    /// Returns the credentials for a login.
    pub(super) fn credentials(&self) -> Credentials<'_> {
        Credentials {
            userid: self.userid.as_bytes(),
            password: self.password.as_bytes(),
            userid_mutual: self.userid_mutual.as_bytes(),
            password_mutual: self.password_mutual.as_bytes(),
        }
    }
}

/// Authentication of discovery sessions.
#[derive(Zeroable)]
pub(crate) struct Discovery {
    /// True if initiators must authenticate themselves.
    pub(super) enforces: bool,
    /// Credentials of initiators and target.
    pub(super) secrets: Secrets,
}

/// The setting `authentication` of a node ACL.
#[derive(Clone, Copy, PartialEq, Eq, Zeroable)]
pub(crate) struct Authenticates(u8);

impl Authenticates {
    /// The setting of the portal group holds.
    pub(super) const INHERITED: Self = Self(0);
    /// The initiator need not authenticate itself.
    pub(super) const NO: Self = Self(1);
    /// The initiator must authenticate itself.
    pub(super) const YES: Self = Self(2);

    /// Returns true if the initiator must authenticate itself. `inherited` is the setting of the
    /// portal group.
    pub(super) fn or(self, inherited: bool) -> bool {
        match self {
            Self::INHERITED => inherited,
            authenticates => authenticates == Self::YES,
        }
    }
}
