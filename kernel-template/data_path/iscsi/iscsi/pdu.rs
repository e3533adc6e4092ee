// SPDX-License-Identifier: GPL-2.0-only

//! Headers of iSCSI's protocol data units (RFC 7143, section 11).
//!
//! A PDU is a basic header segment of 48 bytes, additional header segments, a header digest, and a
//! data segment with a digest of its own. This file reads the headers that an initiator sends and
//! writes those that a target sends; it knows no connection.
//!
//! Pure `core`: the same file is compiled and tested on the host.

#![forbid(unsafe_code)]

/// The length of a basic header segment, in bytes.
pub(crate) const HEADER_LEN: usize = 48;

/// The length of a digest, in bytes.
pub(crate) const DIGEST_LEN: usize = 4;

/// The tag that stands for none: of a task, or of a transfer.
pub(crate) const NO_TAG: u32 = 0xffff_ffff;

/// A basic header segment.
pub(crate) type Header = [u8; HEADER_LEN];

/// Returns the number of bytes that follow `length` bytes up to a multiple of four.
pub(crate) fn padding(length: u32) -> u32 {
    length.wrapping_neg() & 3
}

fn u16_at(header: &[u8], offset: usize) -> u16 {
    let bytes = header.get(offset..).and_then(<[u8]>::first_chunk);
    bytes.copied().map_or(0, u16::from_be_bytes)
}

fn u32_at(header: &[u8], offset: usize) -> u32 {
    let bytes = header.get(offset..).and_then(<[u8]>::first_chunk);
    bytes.copied().map_or(0, u32::from_be_bytes)
}

fn u64_at(header: &[u8], offset: usize) -> u64 {
    let bytes = header.get(offset..).and_then(<[u8]>::first_chunk);
    bytes.copied().map_or(0, u64::from_be_bytes)
}

/// The number of a logical unit, as the kernel counts it: of the four levels of SAM-5's eight
/// bytes, the first is the least significant.
fn lun(wire: u64) -> u64 {
    let [a, b, c, d, e, f, g, h] = wire.to_be_bytes();
    u64::from_be_bytes([g, h, e, f, c, d, a, b])
}

/// Opcode of a PDU of an initiator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opcode {
    /// Nothing, or a ping.
    NopOut,
    /// A SCSI command.
    Command,
    /// A task management function.
    TaskManagement,
    /// To log in.
    Login,
    /// To negotiate by text.
    Text,
    /// To send data of a write.
    DataOut,
    /// To log out.
    Logout,
    /// To have something sent again.
    Snack,
    /// An opcode that this target does not know.
    Other(u8),
}

/// A header that an initiator has sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Request(Header);

impl Request {
    /// The header in these bytes.
    pub(crate) fn new(header: Header) -> Self {
        Self(header)
    }

    /// The bytes.
    pub(crate) fn as_bytes(&self) -> &Header {
        &self.0
    }

    fn byte(&self, offset: usize) -> u8 {
        self.0.get(offset).copied().unwrap_or(0)
    }

    /// The opcode.
    pub(crate) fn opcode(&self) -> Opcode {
        match self.byte(0) & 0x3f {
            0x00 => Opcode::NopOut,
            0x01 => Opcode::Command,
            0x02 => Opcode::TaskManagement,
            0x03 => Opcode::Login,
            0x04 => Opcode::Text,
            0x05 => Opcode::DataOut,
            0x06 => Opcode::Logout,
            0x10 => Opcode::Snack,
            other => Opcode::Other(other),
        }
    }

    /// Returns true if it is for immediate delivery: it does not take part in the order of
    /// commands.
    pub(crate) fn is_immediate(&self) -> bool {
        self.byte(0) & 0x40 != 0
    }

    /// Returns true if it is the last of a sequence: the F bit.
    pub(crate) fn is_final(&self) -> bool {
        self.byte(1) & 0x80 != 0
    }

    /// Returns true if the text of a login or text request goes on in the next one: the C bit.
    pub(crate) fn is_continued(&self) -> bool {
        self.byte(1) & 0x40 != 0
    }

    /// The length of the additional header segments, in bytes.
    pub(crate) fn ahs_length(&self) -> usize {
        usize::from(self.byte(4)).wrapping_mul(4)
    }

    /// The length of the data segment, without padding.
    pub(crate) fn data_length(&self) -> u32 {
        u32_at(&self.0, 4) & 0x00ff_ffff
    }

    /// The logical unit.
    pub(crate) fn lun(&self) -> u64 {
        lun(u64_at(&self.0, 8))
    }

    /// The initiator task tag.
    pub(crate) fn task_tag(&self) -> u32 {
        u32_at(&self.0, 16)
    }

    /// The target transfer tag, of what answers the target.
    pub(crate) fn transfer_tag(&self) -> u32 {
        u32_at(&self.0, 20)
    }

    /// The number of the command, in all that are numbered.
    pub(crate) fn cmd_sn(&self) -> u32 {
        u32_at(&self.0, 24)
    }

    /// The status number that the initiator expects next.
    pub(crate) fn exp_stat_sn(&self) -> u32 {
        u32_at(&self.0, 28)
    }
}

/// A SCSI command, section 11.3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Command<'a>(pub(crate) &'a Request);

impl Command<'_> {
    /// Returns true if data are expected from the target.
    pub(crate) fn reads(&self) -> bool {
        self.0.byte(1) & 0x40 != 0
    }

    /// Returns true if data are sent to the target.
    pub(crate) fn writes(&self) -> bool {
        self.0.byte(1) & 0x20 != 0
    }

    /// The task attribute: 0 untagged, 1 simple, 2 ordered, 3 head of queue, 4 ACA.
    pub(crate) fn attribute(&self) -> u8 {
        self.0.byte(1) & 0x07
    }

    /// Number of bytes that the initiator sends or expects.
    pub(crate) fn expected_length(&self) -> u32 {
        u32_at(self.0.as_bytes(), 20)
    }

    /// The first 16 bytes of the command descriptor block.
    pub(crate) fn cdb(&self) -> &[u8] {
        self.0.as_bytes().get(32..).unwrap_or_default()
    }
}

/// The longest command descriptor block: that of the header, and what an additional header segment
/// has room for (section 11.2.2.4).
pub(crate) const CDB_MAX: usize = 260;

/// Puts a command descriptor block together: the first 16 bytes, and the rest in the additional
/// header segments `ahs`, if it is there. Returns its length, or `None` if `ahs` makes no sense.
pub(crate) fn cdb(first: &[u8], ahs: &[u8], cdb: &mut [u8; CDB_MAX]) -> Option<usize> {
    let mut length = first.len();
    cdb.get_mut(..length)?.copy_from_slice(first);
    let mut rest = ahs;
    while let [high, low, kind, _, content @ ..] = rest {
        // The length counts the reserved byte, and the segment is padded.
        let size = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(1)?;
        let extension = content.get(..size)?;
        if *kind & 0x3f == 1 {
            length = 16usize.checked_add(size)?;
            cdb.get_mut(16..length)?.copy_from_slice(extension);
        }
        rest = content.get(size.checked_next_multiple_of(4)?..)?;
    }
    rest.is_empty().then_some(length)
}

/// A task management function, section 11.5.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Function {
    /// Abort one task.
    AbortTask,
    /// Abort all tasks of the session.
    AbortTaskSet,
    /// Clear the auto contingent allegiance.
    ClearAca,
    /// Abort all tasks of the logical unit.
    ClearTaskSet,
    /// Reset the logical unit.
    LunReset,
    /// Reset the target.
    TargetWarmReset,
    /// Reset the target, and end all sessions.
    TargetColdReset,
    /// Take a task over to another connection.
    TaskReassign,
}

/// A task management function request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TaskManagement<'a>(pub(crate) &'a Request);

impl TaskManagement<'_> {
    /// The function, if there is such a one.
    pub(crate) fn function(&self) -> Option<Function> {
        Some(match self.0.byte(1) & 0x7f {
            1 => Function::AbortTask,
            2 => Function::AbortTaskSet,
            3 => Function::ClearAca,
            4 => Function::ClearTaskSet,
            5 => Function::LunReset,
            6 => Function::TargetWarmReset,
            7 => Function::TargetColdReset,
            8 => Function::TaskReassign,
            _ => return None,
        })
    }

    /// The tag of the task that it is about.
    pub(crate) fn referenced_tag(&self) -> u32 {
        u32_at(self.0.as_bytes(), 20)
    }

    /// The number of the command that it is about, if that command is still to come: `expected`, or
    /// a later one that the initiator has sent before this (section 11.6.1).
    pub(crate) fn awaited_number(&self, expected: u32) -> Option<u32> {
        let number = u32_at(self.0.as_bytes(), 32);
        let is_awaited = !is_before(number, expected) && is_before(number, self.0.cmd_sn());
        is_awaited.then_some(number)
    }
}

/// The response codes of a task management function, section 11.6.1.
pub(crate) mod function_response {
    /// The function is complete.
    pub(crate) const COMPLETE: u8 = 0;
    /// The task does not exist.
    pub(crate) const NO_TASK: u8 = 1;
    /// The logical unit does not exist.
    pub(crate) const NO_LUN: u8 = 2;
    /// Tasks do not change connections here.
    pub(crate) const NO_REASSIGNMENT: u8 = 4;
    /// The function is not supported.
    pub(crate) const NOT_SUPPORTED: u8 = 5;
    /// The function is rejected.
    pub(crate) const REJECTED: u8 = 255;
}

/// Data of a write, section 11.7.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DataOut<'a>(pub(crate) &'a Request);

impl DataOut<'_> {
    /// The number of the PDU in its sequence.
    pub(crate) fn data_sn(&self) -> u32 {
        u32_at(self.0.as_bytes(), 36)
    }

    /// Offset of the data in the write.
    pub(crate) fn offset(&self) -> u32 {
        u32_at(self.0.as_bytes(), 40)
    }
}

/// A stage of a login, section 11.12.3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Stage {
    /// Security negotiation.
    Security,
    /// The operational parameters.
    Operational,
    /// The login is complete.
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

    fn bits(self) -> u8 {
        match self {
            Self::Security => 0,
            Self::Operational => 1,
            Self::FullFeature => 3,
        }
    }
}

/// The initiator's part of a session identifier.
pub(crate) type Isid = [u8; 6];

/// A login request, section 11.12.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Login<'a>(pub(crate) &'a Request);

impl Login<'_> {
    /// Returns true if the initiator is ready to go to the next stage.
    pub(crate) fn is_transit(&self) -> bool {
        self.0.byte(1) & 0x80 != 0
    }

    /// The stage that it is of.
    pub(crate) fn current_stage(&self) -> Option<Stage> {
        Stage::of(self.0.byte(1) >> 2)
    }

    /// The stage that the initiator wants to go to.
    pub(crate) fn next_stage(&self) -> Option<Stage> {
        Stage::of(self.0.byte(1))
    }

    /// The lowest version that the initiator speaks; there is version 0 alone.
    pub(crate) fn version_min(&self) -> u8 {
        self.0.byte(3)
    }

    /// Returns true if `next` may be a later request of the same login, by the fields that all of
    /// its requests have in common.
    pub(crate) fn is_continued_by(&self, next: &Self) -> bool {
        let versions = |login: &Self| (login.0.byte(2), login.version_min());
        self.isid() == next.isid()
            && self.0.task_tag() == next.0.task_tag()
            && versions(self) == versions(next)
    }

    /// The initiator's part of the session identifier.
    pub(crate) fn isid(&self) -> Isid {
        let bytes = self.0.as_bytes().get(8..).and_then(<[u8]>::first_chunk);
        bytes.copied().unwrap_or_default()
    }

    /// The target's part of the session identifier: 0 for a new session.
    pub(crate) fn tsih(&self) -> u16 {
        u16_at(self.0.as_bytes(), 14)
    }

    /// The connection's number in the session.
    pub(crate) fn cid(&self) -> u16 {
        u16_at(self.0.as_bytes(), 20)
    }
}

/// Outcome of a login request: status class and detail, section 11.13.5.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LoginStatus(pub(crate) u16);

impl LoginStatus {
    /// The login goes on, or is complete.
    pub(crate) const SUCCESS: Self = Self(0x0000);
    /// Something is wrong with a request.
    pub(crate) const INITIATOR_ERROR: Self = Self(0x0200);
    /// The initiator could not be authenticated.
    pub(crate) const AUTHENTICATION_FAILURE: Self = Self(0x0201);
    /// The initiator may not use the target.
    pub(crate) const AUTHORIZATION_FAILURE: Self = Self(0x0202);
    /// There is no such target here.
    pub(crate) const NOT_FOUND: Self = Self(0x0203);
    /// The initiator does not speak version 0.
    pub(crate) const UNSUPPORTED_VERSION: Self = Self(0x0205);
    /// The session has as many connections as it may.
    pub(crate) const TOO_MANY_CONNECTIONS: Self = Self(0x0206);
    /// A name is missing.
    pub(crate) const MISSING_PARAMETER: Self = Self(0x0207);
    /// There is no such kind of session.
    pub(crate) const SESSION_TYPE: Self = Self(0x0209);
    /// There is no such session.
    pub(crate) const NO_SESSION: Self = Self(0x020a);
    /// The request makes no sense during a login.
    pub(crate) const INVALID_REQUEST: Self = Self(0x020b);
    /// The target is not up.
    pub(crate) const SERVICE_UNAVAILABLE: Self = Self(0x0301);
    /// The target lacks memory.
    pub(crate) const OUT_OF_RESOURCES: Self = Self(0x0302);

    /// Returns the reason in words, for the log.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::AUTHENTICATION_FAILURE => "it has not authenticated itself",
            Self::AUTHORIZATION_FAILURE => "it has no node ACL",
            Self::NOT_FOUND => "no such target at this portal",
            Self::UNSUPPORTED_VERSION => "it does not speak version 0",
            Self::TOO_MANY_CONNECTIONS => "the session has a connection",
            Self::MISSING_PARAMETER => "a name is missing or wrong",
            Self::SESSION_TYPE => "no such type of session",
            Self::NO_SESSION => "no such session",
            Self::INVALID_REQUEST => "no such stage of a login",
            Self::SERVICE_UNAVAILABLE => "the portal group is disabled, or an older session ends",
            Self::OUT_OF_RESOURCES => "memory is short, or max_sessions are there",
            _ => "its keys are wrong, or have nothing in common with the target's",
        }
    }
}

/// A request to log out, section 11.14.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Logout<'a>(pub(crate) &'a Request);

impl Logout<'_> {
    /// Why: 0 closes the session, 1 the connection, 2 is for recovery.
    pub(crate) fn reason(&self) -> u8 {
        self.0.byte(1) & 0x7f
    }

    /// The connection that it is about.
    pub(crate) fn cid(&self) -> u16 {
        u16_at(self.0.as_bytes(), 20)
    }
}

/// The response codes of a logout, section 11.15.1.
pub(crate) mod logout_response {
    /// The connection or session is closed.
    pub(crate) const CLOSED: u8 = 0;
    /// There is no such connection.
    pub(crate) const NO_CONNECTION: u8 = 1;
    /// There is no recovery of connections.
    pub(crate) const NO_RECOVERY: u8 = 2;
}

/// Why a PDU is rejected, section 11.17.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reject {
    /// The digest of its data is wrong.
    DataDigest = 2,
    /// Nothing is sent again here.
    Snack = 3,
    /// It is not allowed where it came.
    Protocol = 4,
    /// There is no such command.
    NotSupported = 5,
    /// There are too many immediate commands.
    Immediate = 6,
    /// A field of its header is wrong.
    InvalidField = 9,
}

/// Difference in length between the data that were expected and those that came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Residual {
    /// Not at all.
    None,
    /// So many bytes of the initiator's buffer are not used.
    Underflow(u32),
    /// So many bytes do not fit into the initiator's buffer.
    Overflow(u32),
}

impl Residual {
    fn bits(self) -> (u8, u32) {
        match self {
            Self::None => (0, 0),
            Self::Underflow(count) => (0x02, count),
            Self::Overflow(count) => (0x04, count),
        }
    }
}

/// The numbers that each PDU of a target's carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Numbers {
    /// The number of this status.
    pub(crate) stat_sn: u32,
    /// The number of the command that is expected next.
    pub(crate) exp_cmd_sn: u32,
    /// The last number that the initiator may use.
    pub(crate) max_cmd_sn: u32,
}

/// A header that the target sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reply(Header);

impl Reply {
    fn new(opcode: u8, flags: u8, task_tag: u32) -> Self {
        let mut reply = Self([0; HEADER_LEN]);
        reply.set(0, &[opcode, flags]);
        reply.set(16, &task_tag.to_be_bytes());
        reply
    }

    fn set(&mut self, offset: usize, bytes: &[u8]) {
        for (place, byte) in self.0.iter_mut().skip(offset).zip(bytes) {
            *place = *byte;
        }
    }

    /// The bytes.
    pub(crate) fn as_bytes(&self) -> &Header {
        &self.0
    }

    /// Returns true if the PDU takes a status number: the initiator acknowledges it.
    pub(crate) fn has_status(&self) -> bool {
        let [opcode, flags, ..] = self.0;
        match opcode {
            // Data have a status in their last PDU, if at all.
            0x25 => flags & 0x01 != 0,
            // A request for data has none.
            0x31 => false,
            // A ping that asks for an answer has none.
            0x20 => u32_at(&self.0, 16) != NO_TAG,
            _ => true,
        }
    }

    /// With the numbers that the connection has when it is sent.
    pub(crate) fn numbered(mut self, numbers: Numbers) -> Self {
        self.set(24, &numbers.stat_sn.to_be_bytes());
        self.set(28, &numbers.exp_cmd_sn.to_be_bytes());
        self.set(32, &numbers.max_cmd_sn.to_be_bytes());
        self
    }

    /// With the length of its data segment.
    pub(crate) fn with_data(mut self, length: u32) -> Self {
        let [_, high, middle, low] = length.to_be_bytes();
        self.set(5, &[high, middle, low]);
        self
    }

    /// The answer to a ping.
    pub(crate) fn pong(task_tag: u32) -> Self {
        let mut reply = Self::new(0x20, 0x80, task_tag);
        reply.set(20, &NO_TAG.to_be_bytes());
        reply
    }

    /// A ping that wants an answer.
    pub(crate) fn ping(transfer_tag: u32) -> Self {
        let mut reply = Self::new(0x20, 0x80, NO_TAG);
        reply.set(20, &transfer_tag.to_be_bytes());
        reply
    }

    /// The response to a command. `exp_data_sn` is how many PDUs of data, or requests for them, it
    /// has had.
    pub(crate) fn response(
        task_tag: u32,
        status: u8,
        residual: Residual,
        exp_data_sn: u32,
    ) -> Self {
        let (bits, count) = residual.bits();
        let mut reply = Self::new(0x21, 0x80 | bits, task_tag);
        reply.set(3, &[status]);
        reply.set(36, &exp_data_sn.to_be_bytes());
        reply.set(44, &count.to_be_bytes());
        reply
    }

    /// The response to a task management function.
    pub(crate) fn function_response(task_tag: u32, response: u8) -> Self {
        let mut reply = Self::new(0x22, 0x80, task_tag);
        reply.set(2, &[response]);
        reply
    }

    /// The response to a login request that says where the login stands.
    pub(crate) fn login(request: &Login<'_>, tsih: u16, status: LoginStatus) -> Self {
        let mut reply = Self::new(0x23, 0, request.0.task_tag());
        reply.set(8, &request.isid());
        reply.set(14, &tsih.to_be_bytes());
        reply.set(36, &status.0.to_be_bytes());
        reply
    }

    /// A login response with its stage, and the one to go to next.
    pub(crate) fn in_stage(mut self, stage: Stage, next: Option<Stage>) -> Self {
        let transit = next.map_or(0, |next| 0x80 | next.bits());
        self.set(1, &[transit | (stage.bits() << 2)]);
        self
    }

    /// The response to a text request: the last one, or one that goes on if the initiator asks with
    /// `transfer_tag`.
    pub(crate) fn text(task_tag: u32, transfer_tag: u32) -> Self {
        let flags = if transfer_tag == NO_TAG { 0x80 } else { 0x40 };
        let mut reply = Self::new(0x24, flags, task_tag);
        reply.set(20, &transfer_tag.to_be_bytes());
        reply
    }

    /// The response to a text request whose text goes on: nothing yet.
    pub(crate) fn text_goes_on(task_tag: u32) -> Self {
        let mut reply = Self::new(0x24, 0, task_tag);
        reply.set(20, &1u32.to_be_bytes());
        reply
    }

    /// Data of a read, from `offset` on. `is_final` ends a sequence.
    pub(crate) fn data_in(task_tag: u32, data_sn: u32, offset: u32, is_final: bool) -> Self {
        let mut reply = Self::new(0x25, if is_final { 0x80 } else { 0 }, task_tag);
        reply.set(20, &NO_TAG.to_be_bytes());
        reply.set(36, &data_sn.to_be_bytes());
        reply.set(40, &offset.to_be_bytes());
        reply
    }

    /// The last data of a read, with its status.
    pub(crate) fn with_status(mut self, status: u8, residual: Residual) -> Self {
        let (bits, count) = residual.bits();
        self.set(1, &[0x81 | bits]);
        self.set(3, &[status]);
        self.set(44, &count.to_be_bytes());
        self
    }

    /// The response to a logout.
    pub(crate) fn logout(task_tag: u32, response: u8) -> Self {
        let mut reply = Self::new(0x26, 0x80, task_tag);
        reply.set(2, &[response]);
        reply
    }

    /// A request for `length` bytes of a write, from `offset` on.
    pub(crate) fn ready_to_transfer(
        request: &Request,
        transfer_tag: u32,
        r2t_sn: u32,
        offset: u32,
        length: u32,
    ) -> Self {
        let mut reply = Self::new(0x31, 0x80, request.task_tag());
        reply.set(8, request.0.get(8..16).unwrap_or_default());
        reply.set(20, &transfer_tag.to_be_bytes());
        reply.set(36, &r2t_sn.to_be_bytes());
        reply.set(40, &offset.to_be_bytes());
        reply.set(44, &length.to_be_bytes());
        reply
    }

    /// The asynchronous message (section 11.9) that asks the initiator to log out within
    /// `seconds`.
    pub(crate) fn logout_request(seconds: u16) -> Self {
        let mut reply = Self::new(0x32, 0x80, NO_TAG);
        reply.set(36, &[1]);
        reply.set(42, &seconds.to_be_bytes());
        reply
    }

    /// Says that a PDU is rejected, whose header is to be the data.
    pub(crate) fn reject(reason: Reject) -> Self {
        let mut reply = Self::new(0x3f, 0x80, NO_TAG);
        reply.set(2, &[reason as u8]);
        reply
    }
}

/// Returns true if `a` comes before `b`, as serial numbers go round (RFC 1982).
pub(crate) fn is_before(a: u32, b: u32) -> bool {
    a.wrapping_sub(b) > u32::MAX / 2
}
