// SPDX-License-Identifier: GPL-2.0-only

//! The receiving half of a connection. PDUs are received in pieces, as they arrive; the data of
//! writes are received directly into the payload.

#![forbid(unsafe_code)]

use kernel::{alloc::AllocError, prelude::*};

use super::{
    pdu::{self, Reject, Request, DIGEST_LEN, HEADER_LEN},
    session::{Early, PendingWrite}, //
};
use crate::{crc32c::Crc32c, socket::Socket, target::PayloadMut};

/// Maximum length of the header, the additional header segments and the digest, in bytes.
const HEAD_MAX: usize = HEADER_LEN + 255 * 4 + DIGEST_LEN;

/// Size of the pieces in which unwanted data are received, in bytes.
pub(super) const PIECE: usize = 512;

/// The reason for the end of a connection.
pub(super) enum End {
    /// A request to close the connection.
    Now,
    /// A failure of the network or of memory.
    Failed(Error),
    /// A header with a wrong digest.
    Corrupt,
    /// A timeout of the initiator.
    Silent(&'static str),
    /// The last reply was sent.
    Answered,
    /// A protocol error of the initiator, after which the connection cannot continue.
    Rejected(Reject, Request),
    /// A logout, which is answered after the session has ended.
    LoggedOut(Request),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<AllocError> for End {
    fn from(_: AllocError) -> Self {
        Self::Failed(ENOMEM)
    }
}

/// Destination of a data segment.
pub(super) enum Sink {
    /// The data are discarded.
    Discard,
    /// A buffer, for a text or a ping. Data beyond its end are discarded.
    Buffer(KVVec<u8>),
    /// The payload of a write. Data beyond its end are discarded.
    Payload(PendingWrite),
    /// The payload of the write with this tag, which target core has not allocated yet.
    Awaited(u32),
    /// A PDU to be handled later.
    Early(Early),
}

impl Sink {
    /// Allocates a buffer for the data segment of a PDU, of at most `most` bytes.
    ///
    /// # Errors
    ///
    /// Returns [`End::Failed`] if memory is short.
    pub(super) fn buffer(request: &Request, most: u32) -> Result<Self, End> {
        let length = request.data_length().min(most) as usize;
        Ok(Self::Buffer(KVVec::from_elem(0, length, GFP_KERNEL)?))
    }
}

/// Outcome of receiving.
pub(super) enum Received {
    /// No data: none have arrived, or the sink is [`Sink::Awaited`].
    Nothing,
    /// A part of a PDU, and no more data.
    Part,
    /// A header. The caller must set the sink before the next call.
    Header,
    /// The rest of a PDU.
    Whole,
    /// The rest of a PDU whose data digest is wrong.
    Corrupt,
}

/// The source of the PDUs: early PDUs whose turn has come, and then the socket.
struct Source {
    early: KVVec<u8>,
    /// Number of bytes of `early` that were received.
    position: usize,
}

impl Source {
    /// Returns true if the next bytes are of early PDUs, which have no digests.
    fn is_early(&self) -> bool {
        self.position < self.early.len()
    }

    fn receive(&mut self, socket: &Socket, to: &mut [u8]) -> Result<usize> {
        if !self.is_early() {
            return socket.receive(to);
        }
        let rest = self.early.get(self.position..).unwrap_or_default();
        let count = rest.len().min(to.len());
        for (place, byte) in to.iter_mut().zip(rest) {
            *place = *byte;
        }
        self.position += count;
        Ok(count)
    }

    fn receive_payload(
        &mut self,
        socket: &Socket,
        payload: &mut PayloadMut<'_>,
        offset: u32,
        count: u32,
    ) -> Result<usize> {
        if !self.is_early() {
            return socket.receive_payload(payload, offset, count);
        }
        let rest = self.early.get(self.position..).unwrap_or_default();
        let bytes = rest.get(..count as usize).ok_or(EINVAL)?;
        payload.write(offset, bytes)?;
        self.position += bytes.len();
        Ok(bytes.len())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Head,
    Data,
    Tail,
}

/// The receiving half of a connection.
pub(super) struct Receiver {
    source: Source,
    /// True if the current PDU is an early one.
    is_early: bool,
    stage: Stage,
    head: [u8; HEAD_MAX],
    head_length: usize,
    received: usize,
    request: Request,
    has_header_digest: bool,
    has_data_digest: bool,
    sink: Sink,
    position: u32,
    tail: [u8; 3 + DIGEST_LEN],
    tail_length: usize,
    crc: Crc32c,
}

impl Receiver {
    /// Creates the receiving half of a new connection.
    pub(super) fn new() -> Self {
        Self {
            source: Source {
                early: KVVec::new(),
                position: 0,
            },
            is_early: false,
            stage: Stage::Head,
            head: [0; HEAD_MAX],
            head_length: HEADER_LEN,
            received: 0,
            request: Request::new([0; HEADER_LEN]),
            has_header_digest: false,
            has_data_digest: false,
            sink: Sink::Discard,
            position: 0,
            tail: [0; 3 + DIGEST_LEN],
            tail_length: 0,
            crc: Crc32c::new(),
        }
    }

    /// Sets the digests of the PDUs to come.
    pub(super) fn set_digests(&mut self, header: bool, data: bool) {
        (self.has_header_digest, self.has_data_digest) = (header, data);
    }

    /// Returns the last header.
    pub(super) fn request(&self) -> Request {
        self.request
    }

    /// Returns the additional header segments of the last header.
    pub(super) fn ahs(&self) -> &[u8] {
        let end = HEADER_LEN + self.request.ahs_length();
        self.head.get(HEADER_LEN..end).unwrap_or_default()
    }

    /// Returns the sink.
    pub(super) fn sink(&mut self) -> &mut Sink {
        &mut self.sink
    }

    /// Takes the sink, and replaces it by [`Sink::Discard`].
    pub(super) fn take_sink(&mut self) -> Sink {
        core::mem::replace(&mut self.sink, Sink::Discard)
    }

    /// Returns true if the data segment waits for target core to allocate a payload.
    pub(super) fn is_awaiting(&self) -> bool {
        self.stage == Stage::Data && matches!(self.sink, Sink::Awaited(_))
    }

    /// Returns true if the next byte is the first of a PDU from the socket.
    pub(super) fn is_between(&self) -> bool {
        self.stage == Stage::Head && self.received == 0 && !self.source.is_early()
    }

    /// Receives early PDUs next. Call this only [between](Self::is_between) PDUs.
    pub(super) fn replay(&mut self, early: KVVec<u8>) {
        self.source = Source { early, position: 0 };
    }

    /// Receives available data, up to the end of a header or of a PDU.
    ///
    /// # Errors
    ///
    /// Returns [`End::Failed`] if the connection has failed, and [`End::Corrupt`] if a header
    /// digest is wrong.
    pub(super) fn receive(&mut self, socket: &Socket) -> Result<Received, End> {
        let mut nothing = Received::Nothing;
        loop {
            let step = match self.stage {
                Stage::Head => self.receive_head(socket),
                Stage::Data => self.receive_data(socket),
                Stage::Tail => self.receive_tail(socket),
            };
            match step {
                Ok(Some(received)) => return Ok(received),
                Ok(None) => nothing = Received::Part,
                Err(Fault::Network(EAGAIN)) => return Ok(nothing),
                Err(Fault::Network(error)) => return Err(End::Failed(error)),
                Err(Fault::End(end)) => return Err(end),
            }
        }
    }

    fn receive_head(&mut self, socket: &Socket) -> Result<Option<Received>, Fault> {
        if self.received == 0 {
            self.is_early = self.source.is_early();
        }
        let has_digest = self.has_header_digest && !self.is_early;
        let room = self.head.get_mut(self.received..self.head_length);
        self.received += self.source.receive(socket, room.unwrap_or_default())?;
        if self.received < self.head_length {
            return Ok(None);
        }
        if self.head_length == HEADER_LEN {
            let header = self.head.first_chunk().copied();
            self.request = Request::new(header.unwrap_or([0; HEADER_LEN]));
            let digest = if has_digest { DIGEST_LEN } else { 0 };
            self.head_length += self.request.ahs_length() + digest;
            if self.received < self.head_length {
                return Ok(None);
            }
        }
        if has_digest {
            let (head, digest) = self.head.split_at(self.head_length - DIGEST_LEN);
            let mut crc = Crc32c::new();
            crc.update(head);
            // No field of the header is reliable, so the next header cannot be found.
            if !digest.starts_with(&crc.finish()) {
                return Err(End::Corrupt.into());
            }
        }
        self.stage = Stage::Data;
        self.position = 0;
        self.crc = Crc32c::new();
        Ok(Some(Received::Header))
    }

    fn receive_data(&mut self, socket: &Socket) -> Result<Option<Received>, Fault> {
        if self.is_awaiting() {
            return Ok(Some(Received::Nothing));
        }
        let length = self.request.data_length();
        let has_digest = self.has_data_digest && !self.is_early;
        if self.position == length {
            self.stage = Stage::Tail;
            self.received = 0;
            self.tail_length = pdu::padding(length) as usize;
            if has_digest && length != 0 {
                self.tail_length += DIGEST_LEN;
            }
            return Ok(None);
        }
        let (position, rest) = (self.position, length - self.position);
        let count = match &mut self.sink {
            Sink::Buffer(buffer) if buffer.len() > position as usize => {
                let place = buffer.get_mut(position as usize..);
                let place = place.unwrap_or_default();
                let count = self.source.receive(socket, place)?;
                if has_digest {
                    self.crc.update(place.get(..count).unwrap_or_default());
                }
                count
            }
            Sink::Early(early) => {
                let place = early.room(position, rest);
                let count = self.source.receive(socket, place)?;
                if has_digest {
                    self.crc.update(place.get(..count).unwrap_or_default());
                }
                count
            }
            Sink::Payload(write) if write.room() > position => {
                let count = rest.min(write.room() - position);
                let start = write.offset() + position;
                let mut payload = write.payload();
                let count = self
                    .source
                    .receive_payload(socket, &mut payload, start, count)?;
                if has_digest {
                    self.crc.update_payload(&payload, start, count as u32)?;
                }
                count
            }
            Sink::Buffer(_) | Sink::Payload(_) | Sink::Discard | Sink::Awaited(_) => {
                let mut piece = [0; PIECE];
                let place = piece.get_mut(..PIECE.min(rest as usize));
                let place = place.unwrap_or_default();
                let count = self.source.receive(socket, place)?;
                if has_digest {
                    self.crc.update(place.get(..count).unwrap_or_default());
                }
                count
            }
        };
        self.position += count as u32;
        Ok(None)
    }

    fn receive_tail(&mut self, socket: &Socket) -> Result<Option<Received>, Fault> {
        if self.received < self.tail_length {
            let room = self.tail.get_mut(self.received..self.tail_length);
            self.received += self.source.receive(socket, room.unwrap_or_default())?;
            if self.received < self.tail_length {
                return Ok(None);
            }
        }
        let padding = pdu::padding(self.request.data_length()) as usize;
        let (bytes, digest) = self.tail.split_at(padding);
        self.crc.update(bytes);
        let is_corrupt = self.tail_length > padding && !digest.starts_with(&self.crc.finish());
        self.stage = Stage::Head;
        self.received = 0;
        self.head_length = HEADER_LEN;
        Ok(Some(if is_corrupt {
            Received::Corrupt
        } else {
            Received::Whole
        }))
    }
}

/// Errors of receiving.
enum Fault {
    Network(Error),
    End(End),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Network(error)
    }
}

impl From<End> for Fault {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}
