// SPDX-License-Identifier: GPL-2.0-only

//! An iSCSI initiator of the tests' own, which says what no real one would. It shares no code with
//! the target. The program `iscsi-client` uses it in a guest.
//!
//! Source: RFC 7143, sections 6 and 11.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Error, Result, bail, ensure};
use crc::{CRC_32_ISCSI, Crc};
use sha2::{Digest, Sha256};

use crate::codec::{from_hex, to_hex};

/// A basic header segment.
pub type Header = [u8; 48];

/// The tag that stands for none.
pub const NO_TAG: u32 = u32::MAX;

/// How long the target may take to answer. A debug kernel without KVM takes its time.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a digest is made by.
const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// The digest of some bytes, as it is sent.
fn digest(bytes: &[u8]) -> [u8; 4] {
    CRC32C.checksum(bytes).to_le_bytes()
}

/// Which digests the PDUs of a session have.
#[derive(Clone, Copy, Debug, Default)]
pub struct Digests {
    /// Those of headers.
    pub header: bool,
    /// Those of data segments.
    pub data: bool,
}

/// A PDU without digests.
#[derive(Clone, Debug)]
pub struct Pdu {
    /// Its header.
    pub header: Header,
    /// Its additional header segments.
    pub ahs: Vec<u8>,
    /// Its data segment, without padding.
    pub data: Vec<u8>,
}

impl Pdu {
    /// A PDU of an opcode and flags, with these 4-byte fields.
    #[must_use]
    pub fn new(opcode: u8, flags: u8, fields: &[(usize, u32)]) -> Self {
        let mut header = [0; 48];
        (header[0], header[1]) = (opcode, flags);
        for (offset, value) in fields {
            header[*offset..*offset + 4].copy_from_slice(&value.to_be_bytes());
        }
        Self {
            header,
            ahs: Vec::new(),
            data: Vec::new(),
        }
    }

    /// With a data segment.
    #[must_use]
    pub fn with(mut self, data: &[u8]) -> Self {
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes();
        self.header[5..8].copy_from_slice(&length[1..]);
        self.data = data.to_vec();
        self
    }

    /// What it is.
    #[must_use]
    pub fn opcode(&self) -> u8 {
        self.header[0] & 0x3f
    }

    /// A field of four bytes.
    #[must_use]
    pub fn field(&self, offset: usize) -> u32 {
        let bytes = [0, 1, 2, 3].map(|index| self.header[offset + index]);
        u32::from_be_bytes(bytes)
    }

    /// As it is sent without digests.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes_with(Digests::default())
    }

    /// As it is sent. Its lengths need not be those that its header tells.
    #[must_use]
    pub fn bytes_with(&self, digests: Digests) -> Vec<u8> {
        let mut bytes = [&self.header[..], &self.ahs].concat();
        if digests.header {
            bytes.extend(digest(&bytes));
        }
        let start = bytes.len();
        bytes.extend(&self.data);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        if digests.data && !self.data.is_empty() {
            bytes.extend(digest(&bytes[start..]));
        }
        bytes
    }

    /// The status of a login response.
    #[must_use]
    pub fn status(&self) -> u16 {
        u16::from_be_bytes([self.header[36], self.header[37]])
    }

    /// The value of a key in its text.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.data);
        let mut pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(found, _)| *found == key)
            .map(|(_, value)| value.to_owned())
    }
}

/// Opcodes of what the target sends.
pub mod reply {
    /// A SCSI response.
    pub const RESPONSE: u8 = 0x21;
    /// A login response.
    pub const LOGIN: u8 = 0x23;
    /// Data of a read.
    pub const DATA: u8 = 0x25;
    /// A logout response.
    pub const LOGOUT: u8 = 0x26;
    /// A request for data.
    pub const R2T: u8 = 0x31;
    /// A reject.
    pub const REJECT: u8 = 0x3f;
}

/// The stages of a login.
pub mod stage {
    /// Security negotiation.
    pub const SECURITY: u8 = 0;
    /// Operational negotiation.
    pub const OPERATIONAL: u8 = 1;
    /// Full feature phase.
    pub const FULL: u8 = 3;
}

/// Who logs in, and to what.
#[derive(Clone, Debug)]
pub struct Names {
    /// The initiator.
    pub initiator: String,
    /// The target; none for a discovery session.
    pub target: Option<String>,
}

impl Names {
    /// The keys that begin a login.
    #[must_use]
    pub fn keys(&self) -> String {
        let kind = match &self.target {
            Some(target) => format!("SessionType=Normal\0TargetName={target}\0"),
            None => "SessionType=Discovery\0".to_owned(),
        };
        format!("InitiatorName={}\0{kind}", self.initiator)
    }
}

/// A connection to a portal.
#[derive(Debug)]
pub struct Connection {
    /// The socket.
    pub stream: TcpStream,
    /// The number of the next command.
    pub cmd_sn: u32,
    /// The number of the next status.
    pub exp_stat_sn: u32,
    /// The tag of the next task.
    pub tag: u32,
    /// The initiator's part of the session's identifier: another session of the same initiator needs
    /// another one.
    pub isid: [u8; 6],
    /// Which digests the PDUs have, both ways.
    pub digests: Digests,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    ///
    /// If nobody listens.
    pub fn new(portal: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&portal, PATIENCE)
            .with_context(|| format!("cannot connect to {portal}"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            cmd_sn: 1,
            exp_stat_sn: 0,
            tag: 1,
            isid: [0x80, 0, 0, 0, 0, 1],
            digests: Digests::default(),
        })
    }

    /// Sends a PDU.
    ///
    /// # Errors
    ///
    /// If the connection is gone.
    pub fn send(&mut self, pdu: &Pdu) -> Result<()> {
        self.send_bytes(&pdu.bytes_with(self.digests))
    }

    /// Sends bytes: less than a PDU, or more.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub fn send_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// Receives a PDU; none if the target has closed the connection.
    ///
    /// # Errors
    ///
    /// If nothing comes, or a digest is wrong.
    pub fn receive(&mut self) -> Result<Option<Pdu>> {
        let mut pdu = Pdu::new(0, 0, &[]);
        if !self.fill(&mut pdu.header)? {
            return Ok(None);
        }
        pdu.ahs = vec![0; usize::from(pdu.header[4]) * 4];
        let length = (pdu.field(4) & 0x00ff_ffff) as usize;
        let mut data = vec![0; length.next_multiple_of(4)];
        let (mut header_digest, mut data_digest) = ([0; 4], [0; 4]);
        let whole = self.fill(&mut pdu.ahs)?
            && (!self.digests.header || self.fill(&mut header_digest)?)
            && self.fill(&mut data)?
            && (!self.digests.data || length == 0 || self.fill(&mut data_digest)?);
        if !whole {
            return Ok(None);
        }
        ensure!(
            !self.digests.header || header_digest == digest(&[&pdu.header[..], &pdu.ahs].concat()),
            "a wrong header digest: {pdu:?}"
        );
        ensure!(
            !self.digests.data || length == 0 || data_digest == digest(&data),
            "a wrong data digest: {pdu:?}"
        );
        data.truncate(length);
        pdu.data = data;
        let has_status = match pdu.opcode() {
            reply::DATA => pdu.header[1] & 1 != 0,
            reply::R2T => false,
            0x20 => pdu.field(16) != NO_TAG,
            _ => true,
        };
        if has_status {
            self.exp_stat_sn = pdu.field(24).wrapping_add(1);
        }
        Ok(Some(pdu))
    }

    /// Reads as many bytes; whether they all came before the end of the connection.
    fn fill(&mut self, place: &mut [u8]) -> Result<bool> {
        match self.stream.read_exact(place) {
            Ok(()) => Ok(true),
            Err(error) => match error.kind() {
                ErrorKind::UnexpectedEof
                | ErrorKind::ConnectionReset
                | ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted => Ok(false),
                ErrorKind::WouldBlock | ErrorKind::TimedOut => Err(error).context("no answer"),
                _ => Err(error.into()),
            },
        }
    }

    /// Returns true if the target has reset or closed the connection, or does within a second.
    pub fn is_reset(&mut self) -> bool {
        let patience = Some(Duration::from_secs(1));
        let read = self.stream.set_read_timeout(patience);
        match read.and_then(|()| self.stream.read(&mut [0])) {
            Ok(count) => count == 0,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// A login request.
    #[must_use]
    pub fn login_request(&self, current: u8, next: Option<u8>, text: &str) -> Pdu {
        let transit = next.map_or(0, |next| 0x80 | next);
        let fields = [(16, 1), (24, self.cmd_sn), (28, self.exp_stat_sn)];
        let mut pdu = Pdu::new(0x43, transit | (current << 2), &fields).with(text.as_bytes());
        pdu.header[8..14].copy_from_slice(&self.isid);
        pdu
    }

    /// Sends a login request; the response, with its status.
    ///
    /// # Errors
    ///
    /// If the target says something else, or nothing.
    pub fn ask(&mut self, current: u8, next: Option<u8>, text: &str) -> Result<(u16, Pdu)> {
        self.send(&self.login_request(current, next, text))?;
        let pdu = self.receive()?.context("the target hangs up")?;
        ensure!(pdu.opcode() == reply::LOGIN, "no login response: {pdu:?}");
        Ok((pdu.status(), pdu))
    }

    /// Logs in without authentication.
    ///
    /// # Errors
    ///
    /// If the target refuses.
    pub fn log_in(&mut self, names: &Names, operational: &str) -> Result<()> {
        let text = names.keys() + operational;
        let (status, pdu) = self.ask(stage::OPERATIONAL, Some(stage::FULL), &text)?;
        ensure!(status == 0, "the login is refused: {status:#06x}");
        ensure!(pdu.header[1] & 0x83 == 0x83, "the login goes on: {pdu:?}");
        self.digests = agreed(&pdu);
        Ok(())
    }

    /// A SCSI command on LUN 0. Flags are those of the header: 0x80 final, 0x40 read, 0x20 write.
    #[must_use]
    pub fn command(&mut self, flags: u8, length: u32, cdb: &[u8]) -> Pdu {
        let fields = [
            (16, self.tag),
            (20, length),
            (24, self.cmd_sn),
            (28, self.exp_stat_sn),
        ];
        self.tag = self.tag.wrapping_add(1);
        self.cmd_sn = self.cmd_sn.wrapping_add(1);
        let mut pdu = Pdu::new(0x01, flags | 1, &fields);
        pdu.header[32..32 + cdb.len()].copy_from_slice(cdb);
        pdu
    }

    /// Data of a write, as a request for them wants.
    #[must_use]
    pub fn data_out(&self, tag: u32, transfer_tag: u32, number: u32, offset: u32) -> Pdu {
        let fields = [
            (16, tag),
            (20, transfer_tag),
            (28, self.exp_stat_sn),
            (36, number),
            (40, offset),
        ];
        Pdu::new(0x05, 0x80, &fields)
    }

    /// Asks LUN 0 what it is.
    ///
    /// # Errors
    ///
    /// If there is no answer.
    pub fn inquire(&mut self) -> Result<()> {
        let command = self.command(0xc0, 36, &[0x12, 0, 0, 0, 36, 0]);
        let tag = command.field(16);
        self.send(&command)?;
        loop {
            let pdu = self.receive()?.context("the target hangs up")?;
            match pdu.opcode() {
                reply::RESPONSE if pdu.field(16) == tag => return Ok(()),
                reply::DATA if pdu.field(16) == tag && pdu.header[1] & 1 != 0 => return Ok(()),
                // What other commands come to.
                0x20 | 0x32 | reply::RESPONSE | reply::DATA => {}
                other => bail!("an answer of kind {other:#x}"),
            }
        }
    }

    /// Logs out.
    ///
    /// # Errors
    ///
    /// If the target does not say that the session is closed.
    pub fn log_out(&mut self) -> Result<()> {
        let fields = [(16, self.tag), (24, self.cmd_sn), (28, self.exp_stat_sn)];
        self.send(&Pdu::new(0x46, 0x80, &fields))?;
        let pdu = self.receive()?.context("the target hangs up")?;
        ensure!(
            pdu.opcode() == reply::LOGOUT && pdu.header[2] == 0,
            "no logout: {pdu:?}"
        );
        Ok(())
    }
}

/// The digests that the last response of a login agrees on.
#[must_use]
pub fn agreed(pdu: &Pdu) -> Digests {
    let is_crc = |key| pdu.value(key).as_deref() == Some("CRC32C");
    Digests {
        header: is_crc("HeaderDigest"),
        data: is_crc("DataDigest"),
    }
}

/// Returns true if the target has kept the connection, and said nothing for too long.
#[must_use]
pub fn is_silence(error: &Error) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

/// The response to a challenge by CHAP with SHA-256, as a key's value (RFC 1994, section 4.1).
#[must_use]
pub fn proof(id: u8, secret: &str, challenge: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update([id])
        .chain_update(secret)
        .chain_update(challenge)
        .finalize();
    hex(&digest)
}

/// Bytes as a key's value.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    format!("0x{}", to_hex(bytes))
}

/// The bytes of a key's value in hexadecimal.
///
/// # Errors
///
/// If it is none.
pub fn bytes(value: &str) -> Result<Vec<u8>> {
    let digits = value.strip_prefix("0x").context("no 0x")?;
    from_hex(digits)
}
