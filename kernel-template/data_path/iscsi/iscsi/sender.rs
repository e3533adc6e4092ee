// SPDX-License-Identifier: GPL-2.0-only

//! The sending half of a connection: a queue of replies, and the PDU that is being sent.
//!
//! PDUs are sent one at a time, as far as the socket has room. A PDU gets its sequence numbers when
//! it is begun, so they are in the order of sending.

#![forbid(unsafe_code)]

mod response;

use kernel::{prelude::*, sync::Arc, time::Jiffies};

use super::{
    keys::Parameters,
    link::Link,
    pdu::{self, Numbers, Reply, DIGEST_LEN, HEADER_LEN},
};
use crate::{
    crc32c::Crc32c,
    target::{Batch, Completed, Reference},
    Fabric, //
};

use response::{has_status, DataIn, SENSE_MAX};

/// Number of queued replies at which the connection stops receiving.
const REPLIES_MAX: usize = 64;

/// Length of queued replies at which the connection stops receiving, in bytes.
const BYTES_MAX: usize = 262_144;

/// Action after the transmission of a reply.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// None.
    Nothing,
    /// Start of the full feature phase, with the negotiated digests.
    FullFeature,
    /// End of the connection.
    Close,
}

/// A queued reply.
struct Queued {
    reply: Reply,
    data: KVVec<u8>,
    after: After,
}

/// The data segment of the current PDU.
enum Body {
    None,
    Bytes(KVVec<u8>),
    Sense([u8; SENSE_MAX], usize),
    /// A part of the payload of the current read.
    Payload {
        offset: u32,
        length: u32,
    },
}

/// Outcome of sending.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// Everything was sent.
    All,
    /// The socket has no room.
    Blocked,
    /// The last PDU of the connection was sent.
    Last,
}

/// The sending half of a connection.
pub(super) struct Sender {
    /// Shared state of the connection.
    pub(super) link: Arc<Link>,
    /// Negotiated parameters.
    pub(super) agreed: Parameters,
    /// CmdSN that is expected next.
    pub(super) exp_cmd_sn: u32,
    /// Size of the command window.
    pub(super) depth: u32,
    stat_sn: u32,
    has_digests: bool,
    replies: KVec<Queued>,
    /// Responses to task management functions. They are sent after the responses to commands that
    /// completed before: the first list after `batch`, the second after the batch that follows.
    answers: [KVec<Reply>; 2],
    batch: Batch<Reference<Completed<Fabric>>>,
    reading: Option<DataIn>,
    head: [u8; HEADER_LEN + DIGEST_LEN],
    body: Body,
    tail: [u8; 3 + DIGEST_LEN],
    /// Lengths of `head`, `body` and `tail`.
    lengths: [usize; 3],
    /// Number of bytes sent of the three.
    sent: usize,
    after: After,
    /// Tags of writes that were answered before their payload was allocated.
    refused_writes: KVec<u32>,
    /// Time that the connection has waited for room in the socket; `None` if it has room.
    blocked: Option<Jiffies>,
}

impl Sender {
    /// Creates the sending half of a new connection.
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self {
            link,
            agreed: Parameters::DEFAULT,
            exp_cmd_sn: 0,
            depth: 1,
            stat_sn: 0,
            has_digests: false,
            replies: KVec::new(),
            answers: [KVec::new(), KVec::new()],
            batch: Batch::empty(),
            reading: None,
            head: [0; HEADER_LEN + DIGEST_LEN],
            body: Body::None,
            tail: [0; 3 + DIGEST_LEN],
            lengths: [0; 3],
            sent: 0,
            after: After::Nothing,
            refused_writes: KVec::new(),
            blocked: None,
        }
    }

    /// Sets the first StatSN and CmdSN, which the initiator chooses.
    pub(super) fn begin_at(&mut self, stat_sn: u32, cmd_sn: u32) {
        self.stat_sn = stat_sn;
        self.exp_cmd_sn = cmd_sn;
    }

    /// Queues a reply.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(super) fn reply(&mut self, reply: Reply) -> Result {
        self.reply_with(reply, KVVec::new(), After::Nothing)
    }

    /// Queues a reply with a data segment.
    ///
    /// # Errors
    ///
    /// As [`Self::reply`].
    pub(super) fn reply_with(&mut self, reply: Reply, data: KVVec<u8>, after: After) -> Result {
        let queued = Queued {
            reply: reply.with_data(data.len() as u32),
            data,
            after,
        };
        self.replies.push(queued, GFP_KERNEL)?;
        Ok(())
    }

    /// Queues the response to a task management function, to be sent after the responses that ops
    /// have queued so far.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(super) fn answer(&mut self, reply: Reply) -> Result {
        let [_, later] = &mut self.answers;
        later.push(reply, GFP_KERNEL)?;
        Ok(())
    }

    /// Returns true if the connection must stop receiving: too many replies are queued, or the last
    /// one.
    pub(super) fn is_full(&self) -> bool {
        let [due, later] = &self.answers;
        let count = self.replies.len() + due.len() + later.len();
        let bytes: usize = self.replies.iter().map(|queued| queued.data.len()).sum();
        let mut afters = self.replies.iter().map(|queued| queued.after);
        self.after == After::Close
            || count >= REPLIES_MAX
            || bytes >= BYTES_MAX
            || afters.any(|after| after == After::Close)
    }

    /// Adds time that the connection has waited for room in the socket.
    pub(super) fn wait(&mut self, time: Jiffies) {
        if let Some(waited) = &mut self.blocked {
            *waited = waited.wrapping_add(time);
        }
    }

    /// Returns true if the connection has waited for room for longer than `longest`: the initiator
    /// does not receive.
    pub(super) fn is_stuck(&self, longest: Jiffies) -> bool {
        self.blocked.is_some_and(|waited| waited > longest)
    }

    /// Returns the sequence numbers of a PDU that is begun now.
    fn numbers(&self) -> Numbers {
        let window = self.depth.saturating_sub(self.link.outstanding());
        Numbers {
            stat_sn: self.stat_sn,
            exp_cmd_sn: self.exp_cmd_sn,
            max_cmd_sn: self.exp_cmd_sn.wrapping_add(window).wrapping_sub(1),
        }
    }

    /// Returns the end of the command window, MaxCmdSN.
    pub(super) fn max_cmd_sn(&self) -> u32 {
        self.numbers().max_cmd_sn
    }

    /// Sends queued PDUs, as far as the socket has room.
    ///
    /// # Errors
    ///
    /// Returns the error of the socket.
    pub(super) fn send(&mut self) -> Result<Sent> {
        loop {
            let total: usize = self.lengths.iter().sum();
            if self.sent == total {
                match core::mem::replace(&mut self.after, After::Nothing) {
                    After::Nothing => {}
                    After::FullFeature => self.has_digests = true,
                    After::Close => return Ok(Sent::Last),
                }
                if !self.next()? {
                    return Ok(Sent::All);
                }
                continue;
            }
            match self.push() {
                Ok(count) => {
                    self.sent += count;
                    self.blocked = None;
                }
                Err(EAGAIN) => {
                    self.blocked.get_or_insert(0);
                    return Ok(Sent::Blocked);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends the next piece of the current PDU. Returns the number of bytes sent.
    fn push(&self) -> Result<usize> {
        let [head, body, tail] = self.lengths;
        let has_more = !self.replies.is_empty()
            || !self.batch.is_empty()
            || self
                .reading
                .as_ref()
                .is_some_and(|reading| reading.offset < reading.length);
        let socket = &self.link.socket;
        if self.sent < head {
            let rest = self.head.get(self.sent..head).unwrap_or_default();
            return socket.send(rest, has_more || body != 0);
        }
        let more = has_more || tail != 0;
        let position = self.sent - head;
        if position < body {
            return match (&self.body, &self.reading) {
                (Body::Bytes(bytes), _) => {
                    socket.send(bytes.get(position..).unwrap_or_default(), more)
                }
                (Body::Sense(bytes, length), _) => {
                    socket.send(bytes.get(position..*length).unwrap_or_default(), more)
                }
                (Body::Payload { offset, length }, Some(reading)) => {
                    let position = position as u32;
                    let payload = reading.response.payload();
                    socket.send_payload(&payload, offset + position, length - position, more)
                }
                _ => Err(EIO),
            };
        }
        let rest = self.tail.get(position - body..tail).unwrap_or_default();
        socket.send(rest, has_more)
    }

    /// Begins the next PDU. Returns false if nothing is queued.
    fn next(&mut self) -> Result<bool> {
        if !self.replies.is_empty() {
            let queued = self.replies.remove(0).map_err(|_| EIO)?;
            let length = queued.data.len();
            let body = if length == 0 {
                Body::None
            } else {
                Body::Bytes(queued.data)
            };
            self.begin(queued.reply, body)?;
            self.after = queued.after;
            return Ok(true);
        }
        if let Some(reading) = self.reading.take() {
            if reading.offset < reading.length {
                self.begin_data(reading)?;
                return Ok(true);
            }
            if !has_status(&reading.response) {
                self.begin_response(&reading.response, reading.data_sn)?;
                return Ok(true);
            }
        }
        if self.batch.is_empty() {
            let [due, later] = &mut self.answers;
            if let Ok(reply) = due.remove(0) {
                self.begin(reply, Body::None)?;
                return Ok(true);
            }
            core::mem::swap(due, later);
            self.batch = self.link.responses.take();
            if self.batch.is_empty() && !due.is_empty() {
                return self.next();
            }
        }
        let Some(response) = self.batch.next() else {
            self.begin_nothing();
            return Ok(false);
        };
        let length = response.payload().len();
        if length != 0 {
            let reading = DataIn {
                response,
                length,
                offset: 0,
                data_sn: 0,
                burst: 0,
            };
            self.begin_data(reading)?;
        } else {
            self.begin_response(&response, 0)?;
        }
        Ok(true)
    }

    /// Clears the current PDU.
    fn begin_nothing(&mut self) {
        self.body = Body::None;
        self.lengths = [0; 3];
        self.sent = 0;
    }

    /// Makes a PDU the current one.
    fn begin(&mut self, reply: Reply, body: Body) -> Result {
        let reply = reply.numbered(self.numbers());
        if reply.has_status() {
            self.stat_sn = self.stat_sn.wrapping_add(1);
        }
        self.body = body;
        self.sent = 0;
        let mut length = HEADER_LEN;
        let header = reply.as_bytes();
        set(&mut self.head, 0, header);
        if self.has_digests && self.agreed.header_digest.crc32c {
            let mut crc = Crc32c::new();
            crc.update(header);
            set(&mut self.head, HEADER_LEN, &crc.finish());
            length += DIGEST_LEN;
        }
        let (bytes, padding) = match &self.body {
            Body::None => (0, 0),
            Body::Bytes(bytes) => padded(bytes.len()),
            Body::Sense(_, length) => padded(*length),
            Body::Payload { length, .. } => padded(*length as usize),
        };
        self.tail = [0; 3 + DIGEST_LEN];
        let mut tail = padding;
        if bytes != 0 && self.has_digests && self.agreed.data_digest.crc32c {
            let mut crc = Crc32c::new();
            match (&self.body, &self.reading) {
                (Body::Bytes(bytes), _) => crc.update(bytes),
                (Body::Sense(bytes, length), _) => {
                    crc.update(bytes.get(..*length).unwrap_or_default());
                }
                (Body::Payload { offset, length }, Some(reading)) => {
                    crc.update_payload(&reading.response.payload(), *offset, *length)?;
                }
                _ => {}
            }
            crc.update(self.tail.get(..padding).unwrap_or_default());
            set(&mut self.tail, padding, &crc.finish());
            tail += DIGEST_LEN;
        }
        self.lengths = [length, bytes, tail];
        Ok(())
    }

    /// Takes the tag of a write that was answered before its payload was allocated.
    pub(super) fn take_refused_write(&mut self) -> Option<u32> {
        self.refused_writes.pop()
    }

    /// Drops queued responses and the current PDU.
    pub(super) fn clear(&mut self) {
        self.begin_nothing();
        self.blocked = None;
        self.reading = None;
        self.batch = Batch::empty();
        self.answers = [KVec::new(), KVec::new()];
    }
}

/// Returns a length and the length of its padding.
fn padded(length: usize) -> (usize, usize) {
    (length, pdu::padding(length as u32) as usize)
}

fn set(place: &mut [u8], offset: usize, bytes: &[u8]) {
    if let Some(place) = place.get_mut(offset..offset + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// Copies bytes to be sent.
///
/// # Errors
///
/// Returns [`ENOMEM`].
pub(super) fn copied(bytes: &[u8]) -> Result<KVVec<u8>> {
    let mut copy = KVVec::new();
    copy.extend_from_slice(bytes, GFP_KERNEL)?;
    Ok(copy)
}
