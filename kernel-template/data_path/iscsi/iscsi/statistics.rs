// SPDX-License-Identifier: GPL-2.0-only

//! Statistics of a target, and of the session of an initiator: the groups in `fabric_statistics` of
//! a target port and of a node ACL, with the names of iscsi_target_mod. They are objects of the
//! iSCSI MIB (RFC 4544).

#![forbid(unsafe_code)]

use core::net::SocketAddr;

use kernel::{
    prelude::*,
    sync::{new_mutex, Mutex},
    time::{ClockSource, Monotonic}, //
};

use super::{
    for_each_peer,
    link::{Link, Peer},
    pdu::LoginStatus,
    secrets::Text, //
};
use crate::{
    target::{groups, Attribute, Groups, NodeAcl, NodeAclGroup, Page, Tpg, Wwn, WwnGroup},
    Fabric, //
};

/// Number of iSCSI nodes of a target.
const NODES: u32 = 1;

/// Number of the only node.
const NODE: u32 = 1;

/// The kinds of login failures, numbered as in iscsi_target_mod.
mod login_failure {
    pub(super) const OTHER: u32 = 2;
    pub(super) const AUTHORIZE: u32 = 4;
    pub(super) const AUTHENTICATE: u32 = 5;
    pub(super) const NEGOTIATE: u32 = 6;
}

/// The kinds of session failures, numbered as in iscsi_target_mod.
#[derive(Clone, Copy)]
pub(super) enum SessionFailure {
    Digest = 1,
    Timeout = 2,
    Format = 3,
}

/// Statistics of a target.
#[pin_data]
pub(crate) struct Statistics {
    #[pin]
    counts: Mutex<Counts>,
}

/// The counters.
#[derive(Default)]
struct Counts {
    /// Number of the target since the module was loaded, from 0.
    index: u32,
    /// Network portals of all portal groups.
    portals: u32,
    sessions: u32,
    accepts: u32,
    authorize_fails: u32,
    authenticate_fails: u32,
    negotiate_fails: u32,
    other_fails: u32,
    last_login_failure: Option<LoginFailure>,
    digest_errors: u32,
    timeout_errors: u32,
    format_errors: u32,
    last_session_failure: Option<(SessionFailure, Text)>,
    normal_logouts: u32,
    abnormal_logouts: u32,
}

impl Counts {
    fn login_fails(&self) -> u32 {
        self.authorize_fails
            .wrapping_add(self.authenticate_fails)
            .wrapping_add(self.negotiate_fails)
            .wrapping_add(self.other_fails)
    }

    /// Returns the address of the initiator whose login has failed last.
    fn last_address(&self) -> Option<SocketAddr> {
        self.last_login_failure.as_ref()?.address
    }

    fn session_fails(&self) -> u32 {
        self.digest_errors
            .wrapping_add(self.timeout_errors)
            .wrapping_add(self.format_errors)
    }
}

/// The last login that failed.
struct LoginFailure {
    kind: u32,
    initiator: Text,
    address: Option<SocketAddr>,
    /// Time since boot, in hundredths of a second.
    time: u32,
}

impl Statistics {
    /// Creates the statistics of the target with a number.
    pub(super) fn new(index: u32) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            counts <- new_mutex!(Counts {
                index,
                ..Counts::default()
            }),
        })
    }

    /// Counts a network portal.
    pub(super) fn add_portal(&self) {
        self.counts.lock().portals += 1;
    }

    /// Counts the removal of a network portal.
    pub(super) fn remove_portal(&self) {
        self.counts.lock().portals -= 1;
    }

    /// Counts a login, and its session.
    pub(super) fn log_in(&self) {
        let mut counts = self.counts.lock();
        count(&mut counts.accepts);
        counts.sessions += 1;
    }

    /// Counts the end of a session.
    pub(super) fn end_session(&self) {
        self.counts.lock().sessions -= 1;
    }

    /// Counts a login that has failed.
    pub(super) fn fail_login(&self, status: LoginStatus, initiator: &[u8], link: &Link) {
        let mut guard = self.counts.lock();
        let counts = &mut *guard;
        let (counter, kind) = match status {
            LoginStatus::AUTHORIZATION_FAILURE => {
                (&mut counts.authorize_fails, login_failure::AUTHORIZE)
            }
            LoginStatus::AUTHENTICATION_FAILURE => {
                (&mut counts.authenticate_fails, login_failure::AUTHENTICATE)
            }
            LoginStatus::INITIATOR_ERROR => (&mut counts.negotiate_fails, login_failure::NEGOTIATE),
            _ => (&mut counts.other_fails, login_failure::OTHER),
        };
        count(counter);
        counts.last_login_failure = Some(LoginFailure {
            kind,
            initiator: Text::new(initiator),
            address: link.address,
            time: (Monotonic::ktime_get() / 10_000_000) as u32,
        });
    }

    /// Counts a failure of the session of an initiator.
    pub(super) fn fail_session(&self, failure: SessionFailure, initiator: &[u8]) {
        let mut counts = self.counts.lock();
        count(match failure {
            SessionFailure::Digest => &mut counts.digest_errors,
            SessionFailure::Timeout => &mut counts.timeout_errors,
            SessionFailure::Format => &mut counts.format_errors,
        });
        counts.last_session_failure = Some((failure, Text::new(initiator)));
    }

    /// Counts a logout.
    pub(super) fn log_out(&self, closes_session: bool) {
        let mut counts = self.counts.lock();
        count(match closes_session {
            true => &mut counts.normal_logouts,
            false => &mut counts.abnormal_logouts,
        });
    }
}

/// Counts an event. Initiators cause events without limit, so the counter wraps.
fn count(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}

/// Returns the statistics of the target of a portal group.
pub(super) fn of(group: &Tpg<Fabric>) -> &Statistics {
    &group.wwn().data().statistics
}

/// The value of an attribute.
enum Value<'a> {
    Number(u32),
    Text(&'a [u8]),
    Address(SocketAddr),
}

use Value::{Address, Number};

impl<'a> Value<'a> {
    /// Returns a name, or `None` without one.
    fn name(name: Option<&'a Text>) -> Self {
        Self::Text(name.map_or(b"None", |name| name.as_bytes()))
    }

    fn write(&self, page: &mut Page<'_>) -> Result {
        match self {
            Self::Number(number) => writeln!(page, "{}", number),
            Self::Address(address) => writeln!(page, "{}", address.ip()),
            Self::Text(text) => {
                page.write_bytes(text)?;
                page.write_bytes(b"\n")
            }
        }
    }
}

/// Declares the groups of a target port: for each its attributes, with a type and the value.
macro_rules! target_groups {
    ($($group:ident { $($file:ident $name:ident = $value:expr;)+ })+) => {
        /// The groups in `fabric_statistics` of a target port.
        pub(crate) const TARGET_STATISTICS: Groups<WwnGroup<Fabric>> =
            groups!(WwnGroup<Fabric> { $($group: { $($file: $name),+ }),+ });
        $($(
        #[doc = concat!("`fabric_statistics/", stringify!($group), "/", stringify!($file), "`.")]
        pub(crate) struct $name;

        #[vtable]
        impl Attribute for $name {
            type Directory = WwnGroup<Fabric>;

            fn show(target: &Wwn<Fabric>, page: &mut Page<'_>) -> Result {
                let value: fn(&Counts) -> Value<'_> = $value;
                value(&target.data().statistics.counts.lock()).write(page)
            }
        }
        )+)+
    };
}

target_groups! {
    iscsi_instance {
        inst InstanceInst = |counts| Number(counts.index);
        min_ver InstanceMinVer = |_| Number(0);
        max_ver InstanceMaxVer = |_| Number(0);
        portals InstancePortals = |counts| Number(counts.portals);
        nodes InstanceNodes = |_| Number(NODES);
        sessions InstanceSessions = |counts| Number(counts.sessions);
        fail_sess InstanceFailSess = |counts| Number(counts.session_fails());
        fail_type InstanceFailType = |counts| {
            Number(counts.last_session_failure.as_ref().map_or(0, |(kind, _)| *kind as u32))
        };
        fail_rem_name InstanceFailRemName = |counts| {
            Value::name(counts.last_session_failure.as_ref().map(|(_, name)| name))
        };
        disc_time InstanceDiscTime = |_| Number(0);
        description InstanceDescription = |_| Value::Text(b"nab5000 target fabric");
        vendor InstanceVendor = |_| Value::Text(b"LIO-ORG");
        version InstanceVersion = |_| Value::Text(crate::VERSION.as_bytes());
    }
    iscsi_sess_err {
        inst SessErrInst = |counts| Number(counts.index);
        digest_errors SessErrDigestErrors = |counts| Number(counts.digest_errors);
        cxn_errors SessErrCxnErrors = |counts| Number(counts.timeout_errors);
        format_errors SessErrFormatErrors = |counts| Number(counts.format_errors);
    }
    iscsi_tgt_attr {
        inst TgtAttrInst = |counts| Number(counts.index);
        indx TgtAttrIndx = |_| Number(NODE);
        login_fails TgtAttrLoginFails = |counts| Number(counts.login_fails());
        last_fail_time TgtAttrLastFailTime = |counts| {
            Number(counts.last_login_failure.as_ref().map_or(0, |last| last.time))
        };
        last_fail_type TgtAttrLastFailType = |counts| {
            Number(counts.last_login_failure.as_ref().map_or(0, |last| last.kind))
        };
        fail_intr_name TgtAttrFailIntrName = |counts| {
            Value::name(counts.last_login_failure.as_ref().map(|last| &last.initiator))
        };
        fail_intr_addr_type TgtAttrFailIntrAddrType = |counts| {
            let is_v6 = counts.last_address().is_some_and(|address| address.is_ipv6());
            Value::Text(if is_v6 { b"ipv6" } else { b"ipv4" })
        };
        fail_intr_addr TgtAttrFailIntrAddr = |counts| {
            counts.last_address().map_or(Value::name(None), Address)
        };
    }
    iscsi_login_stats {
        inst LoginInst = |counts| Number(counts.index);
        indx LoginIndx = |_| Number(NODE);
        accepts LoginAccepts = |counts| Number(counts.accepts);
        other_fails LoginOtherFails = |counts| Number(counts.other_fails);
        redirects LoginRedirects = |_| Number(0);
        authorize_fails LoginAuthorizeFails = |counts| Number(counts.authorize_fails);
        authenticate_fails LoginAuthenticateFails = |counts| Number(counts.authenticate_fails);
        negotiate_fails LoginNegotiateFails = |counts| Number(counts.negotiate_fails);
    }
    iscsi_logout_stats {
        inst LogoutInst = |counts| Number(counts.index);
        indx LogoutIndx = |_| Number(NODE);
        normal_logouts LogoutNormalLogouts = |counts| Number(counts.normal_logouts);
        abnormal_logouts LogoutAbnormalLogouts = |counts| Number(counts.abnormal_logouts);
    }
}

/// Declares the group of a node ACL: its attributes, with a type and the value for the latest
/// session of the initiator. An attribute without a value is empty.
macro_rules! session_group {
    ($($file:ident $name:ident = $value:expr;)+) => {
        /// The group in `fabric_statistics` of a node ACL.
        pub(crate) const SESSION_STATISTICS: Groups<NodeAclGroup<Fabric>> =
            groups!(NodeAclGroup<Fabric> { iscsi_sess_stats: { $($file: $name),+ } });
        $(
        #[doc = concat!("`fabric_statistics/iscsi_sess_stats/", stringify!($file), "`.")]
        pub(crate) struct $name;

        #[vtable]
        impl Attribute for $name {
            type Directory = NodeAclGroup<Fabric>;

            fn show(acl: &NodeAcl<Fabric>, page: &mut Page<'_>) -> Result {
                show_session(acl, page, $value)
            }
        }
        )+
    };
}

session_group! {
    inst SessInst = |acl, _| Some(of(acl.tpg()).counts.lock().index.into());
    node SessNode = |_, peer| peer.map(|_| NODE.into());
    indx SessIndx = |_, peer| Some(peer?.index.into());
    cmd_pdus SessCmdPdus = |_, peer| Some(peer?.link.traffic.commands.get());
    rsp_pdus SessRspPdus = |_, peer| Some(peer?.link.traffic.responses.get());
    txdata_octs SessTxdataOcts = |_, peer| Some(peer?.link.traffic.sent.get());
    rxdata_octs SessRxdataOcts = |_, peer| Some(peer?.link.traffic.received.get());
    conn_digest_errors SessConnDigestErrors = |_, peer| {
        Some(peer?.link.traffic.digest_errors.get())
    };
    // A session ends with its first timeout.
    conn_timeout_errors SessConnTimeoutErrors = |_, peer| peer.map(|_| 0);
}

/// Shows a value of the latest session of an initiator, if there is one.
fn show_session(
    acl: &NodeAcl<Fabric>,
    page: &mut Page<'_>,
    value: fn(&NodeAcl<Fabric>, Option<&Peer>) -> Option<u64>,
) -> Result {
    let name: &[u8] = acl.initiator_name();
    let mut latest = value(acl, None);
    for_each_peer(
        &acl.tpg().data().group,
        |peer| peer.name.as_bytes() == name,
        |peer| {
            latest = value(acl, Some(peer));
            Ok(())
        },
    );
    latest.map_or(Ok(()), |value| writeln!(page, "{}", value))
}
