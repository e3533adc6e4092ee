// SPDX-License-Identifier: GPL-2.0-only

//! Headers of login requests, stages, and login status.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![forbid(unsafe_code)]

use super::*;

/// A stage of a login, section 11.12.3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Stage {
    /// SecurityNegotiation.
    Security,
    /// LoginOperationalNegotiation.
    Operational,
    /// FullFeaturePhase: the login is complete.
    FullFeature,
}

impl Stage {
    fn of(bits: u8) -> Option<Self> {
        Some(match bits & 3 {
            0 => Self::Security,
            1 => Self::Operational,
            3 => Self::FullFeature,
            _ => return None,
        })
    }

    pub(super) fn bits(self) -> u8 {
        match self {
            Self::Security => 0,
            Self::Operational => 1,
            Self::FullFeature => 3,
        }
    }
}

/// An initiator session identifier (ISID).
pub(crate) type Isid = [u8; 6];

/// A Login Request, section 11.12.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Login<'a>(pub(crate) &'a Request);

impl Login<'_> {
    /// Returns the T bit: the initiator is ready for the next stage.
    pub(crate) fn is_transit(&self) -> bool {
        self.0.byte(1) & 0x80 != 0
    }

    /// Returns the current stage, CSG.
    pub(crate) fn current_stage(&self) -> Option<Stage> {
        Stage::of(self.0.byte(1) >> 2)
    }

    /// Returns the next stage, NSG.
    pub(crate) fn next_stage(&self) -> Option<Stage> {
        Stage::of(self.0.byte(1))
    }

    /// Returns the lowest version that the initiator supports. The only version is 0.
    pub(crate) fn version_min(&self) -> u8 {
        self.0.byte(3)
    }

    /// Returns true if `next` may be a later request of the same login: the fields that are
    /// constant in a login are equal.
    pub(crate) fn is_continued_by(&self, next: &Self) -> bool {
        let versions = |login: &Self| (login.0.byte(2), login.version_min());
        self.isid() == next.isid()
            && self.0.task_tag() == next.0.task_tag()
            && versions(self) == versions(next)
    }

    /// Returns the ISID.
    pub(crate) fn isid(&self) -> Isid {
        let bytes = self.0.as_bytes().get(8..).and_then(<[u8]>::first_chunk);
        bytes.copied().unwrap_or_default()
    }

    /// Returns the TSIH, which is 0 for a new session.
    pub(crate) fn tsih(&self) -> u16 {
        u16_at(self.0.as_bytes(), 14)
    }

    /// Returns the connection identifier.
    pub(crate) fn cid(&self) -> u16 {
        u16_at(self.0.as_bytes(), 20)
    }
}

/// The status of a login: class and detail, section 11.13.5.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LoginStatus(pub(crate) u16);

impl LoginStatus {
    /// Success: the login continues or is complete.
    pub(crate) const SUCCESS: Self = Self(0x0000);
    /// Initiator error.
    pub(crate) const INITIATOR_ERROR: Self = Self(0x0200);
    /// Authentication failure.
    pub(crate) const AUTHENTICATION_FAILURE: Self = Self(0x0201);
    /// Authorization failure: the initiator may not use the target.
    pub(crate) const AUTHORIZATION_FAILURE: Self = Self(0x0202);
    /// Not found: the target does not exist at this portal.
    pub(crate) const NOT_FOUND: Self = Self(0x0203);
    /// Unsupported version.
    pub(crate) const UNSUPPORTED_VERSION: Self = Self(0x0205);
    /// Too many connections of the session.
    pub(crate) const TOO_MANY_CONNECTIONS: Self = Self(0x0206);
    /// Missing parameter, such as a name.
    pub(crate) const MISSING_PARAMETER: Self = Self(0x0207);
    /// Session type not supported.
    pub(crate) const SESSION_TYPE: Self = Self(0x0209);
    /// Session does not exist.
    pub(crate) const NO_SESSION: Self = Self(0x020a);
    /// Invalid request during login.
    pub(crate) const INVALID_REQUEST: Self = Self(0x020b);
    /// Service unavailable: the target is not enabled.
    pub(crate) const SERVICE_UNAVAILABLE: Self = Self(0x0301);
    /// Out of resources.
    pub(crate) const OUT_OF_RESOURCES: Self = Self(0x0302);

    /// Returns the reason for the log.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::AUTHENTICATION_FAILURE => "the initiator has not authenticated itself",
            Self::AUTHORIZATION_FAILURE => "the initiator has no node ACL",
            Self::NOT_FOUND => "the target is not at this portal",
            Self::UNSUPPORTED_VERSION => "the initiator does not support version 0",
            Self::TOO_MANY_CONNECTIONS => "the session already has a connection",
            Self::MISSING_PARAMETER => "InitiatorName or TargetName is missing or malformed",
            Self::SESSION_TYPE => "the session type is unknown",
            Self::NO_SESSION => "the initiator has no session with this TSIH",
            Self::INVALID_REQUEST => "the login stage of the request is wrong",
            Self::SERVICE_UNAVAILABLE => {
                "the portal group is disabled, or an older session of the port has not ended"
            }
            Self::OUT_OF_RESOURCES => "memory is short, or the portal group has max_sessions",
            _ => "a key is wrong, or has no value in common with the target",
        }
    }
}
