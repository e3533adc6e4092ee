// SPDX-License-Identifier: GPL-2.0-only

//! USB Attached SCSI without streams: information units, and a host that follows it.

use std::ops::{Deref, DerefMut};

use anyhow::{Context, Result, bail, ensure};
use nusb::Interface;

use super::Host;
use super::device::{End, Product, Receiver, SOON, Sender, select};
use super::scsi::Ended;

/// Alternate setting of the transport.
const SETTING: u8 = 1;

/// Descriptor of the use of an endpoint, UAS section 5.3.3.4: command, status, data in, data out.
const PIPE_USAGE: u8 = 0x24;

/// Identifiers of information units, section 6.2.
pub(super) mod id {
    pub(in super::super) const COMMAND: u8 = 1;
    pub(super) const SENSE: u8 = 3;
    pub(super) const RESPONSE: u8 = 4;
    pub(in super::super) const TASK_MANAGEMENT: u8 = 5;
    pub(super) const READ_READY: u8 = 6;
    pub(super) const WRITE_READY: u8 = 7;
}

/// Task management functions, section 6.2.7.
pub(super) mod function {
    pub(in super::super) const ABORT_TASK: u8 = 1;
    pub(in super::super) const ABORT_TASK_SET: u8 = 2;
    pub(in super::super) const CLEAR_TASK_SET: u8 = 4;
    pub(in super::super) const LUN_RESET: u8 = 8;
    pub(in super::super) const QUERY_TASK: u8 = 0x80;
    pub(in super::super) const QUERY_TASK_SET: u8 = 0x81;
}

/// Codes of a response, section 6.2.6.
pub(super) mod code {
    pub(in super::super) const COMPLETE: u8 = 0;
    pub(in super::super) const INVALID_UNIT: u8 = 2;
    pub(in super::super) const NOT_SUPPORTED: u8 = 4;
    pub(in super::super) const FAILED: u8 = 5;
    pub(in super::super) const SUCCEEDED: u8 = 8;
    pub(in super::super) const INCORRECT_LUN: u8 = 9;
    pub(in super::super) const OVERLAPPED_TAG: u8 = 10;
}

/// An information unit from the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    ReadReady,
    WriteReady,
    Sense { status: u8, sense: Vec<u8> },
    Response { code: u8 },
}

impl Unit {
    /// The unit in a transfer, with its tag.
    fn parse(bytes: &[u8]) -> Result<(u16, Self)> {
        let [id, _, high, low, rest @ ..] = bytes else {
            bail!("no information unit: {bytes:02x?}")
        };
        let unit = match *id {
            id::READ_READY => Self::ReadReady,
            id::WRITE_READY => Self::WriteReady,
            id::RESPONSE => Self::Response {
                code: *rest.get(3).context("a short RESPONSE")?,
            },
            id::SENSE => {
                let header = rest.get(..12).context("a short SENSE")?;
                let length = usize::from(u16::from_be_bytes([header[10], header[11]]));
                let sense = rest[12..].to_vec();
                ensure!(
                    sense.len() == length,
                    "SENSE of {length} bytes: {bytes:02x?}"
                );
                Self::Sense {
                    status: header[2],
                    sense,
                }
            }
            _ => bail!("an information unit {id:#x}: {bytes:02x?}"),
        };
        Ok((u16::from_be_bytes([*high, *low]), unit))
    }

    /// Sense key, additional sense code and qualifier of a CHECK CONDITION.
    pub(super) fn key(&self) -> Option<[u8; 3]> {
        match self {
            Self::Sense { status: 2, sense } if sense.len() >= 14 => {
                Some([sense[2] & 0xf, sense[12], sense[13]])
            }
            _ => None,
        }
    }
}

/// A COMMAND information unit for a LUN, of 32 bytes or as many more as the command needs.
pub(super) fn command(tag: u16, lun: u8, cdb: &[u8]) -> Vec<u8> {
    let mut bytes = vec![id::COMMAND, 0];
    bytes.extend(tag.to_be_bytes());
    bytes.resize(8, 0);
    bytes.extend([0, lun, 0, 0, 0, 0, 0, 0]);
    bytes.extend(cdb);
    let length = bytes.len().max(32).next_multiple_of(4);
    bytes.resize(length, 0);
    // Number of additional words, in bits 2 to 7.
    bytes[6] = u8::try_from(length - 32).unwrap_or(u8::MAX);
    bytes
}

/// A TASK MANAGEMENT information unit for a LUN.
pub(super) fn management(tag: u16, lun: u8, function: u8, task: u16) -> Vec<u8> {
    let mut bytes = vec![id::TASK_MANAGEMENT, 0];
    bytes.extend(tag.to_be_bytes());
    bytes.extend([function, 0]);
    bytes.extend(task.to_be_bytes());
    bytes.extend([0, lun, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// The interface and its endpoints.
pub(super) struct Pipes {
    pub interface: Interface,
    pub command: Sender,
    pub status: Receiver,
    pub inward: Receiver,
    pub out: Sender,
}

impl Pipes {
    fn open(product: Product) -> Result<Self> {
        let interface = product.claim()?;
        select(&interface, SETTING)?;
        Self::of(interface)
    }

    /// Opens the endpoints of the alternate setting. A descriptor after each has its use.
    fn of(interface: Interface) -> Result<Self> {
        let setting = interface.descriptor().context("no alternate setting")?;
        let address = |pipe: u8| {
            let uses = setting.endpoints().filter(|endpoint| {
                let mut after = endpoint.descriptors();
                after.any(|it| it.descriptor_type() == PIPE_USAGE && it.get(2) == Some(&pipe))
            });
            let found: Vec<_> = uses.map(|endpoint| endpoint.address()).collect();
            ensure!(found.len() == 1, "{} endpoints of pipe {pipe}", found.len());
            Ok(found[0])
        };
        Ok(Self {
            command: Sender::open(&interface, address(1)?)?,
            status: Receiver::open(&interface, address(2)?)?,
            inward: Receiver::open(&interface, address(3)?)?,
            out: Sender::open(&interface, address(4)?)?,
            interface,
        })
    }
}

/// A host that uses the transport.
pub(super) struct Uas {
    /// `None` after [`Self::again`] has failed.
    pipes: Option<Pipes>,
    product: Product,
    tag: u16,
}

impl Deref for Uas {
    type Target = Pipes;

    fn deref(&self) -> &Pipes {
        self.pipes.as_ref().expect("the interface is open")
    }
}

impl DerefMut for Uas {
    fn deref_mut(&mut self) -> &mut Pipes {
        self.pipes.as_mut().expect("the interface is open")
    }
}

impl Uas {
    /// Gives the interface back to the kernel's driver, calls `between`, and claims it again.
    pub(super) fn again(&mut self, between: fn(Product) -> Result<()>) -> Result<()> {
        self.pipes = None;
        between(self.product)?;
        self.pipes = Some(Pipes::open(self.product)?);
        Ok(())
    }

    /// Selects an alternate setting, and then that of this transport again.
    pub(super) fn select_by_way_of(&mut self, setting: u8) -> Result<()> {
        let interface = self.interface.clone();
        self.pipes = None;
        select(&interface, setting)?;
        select(&interface, SETTING)?;
        self.pipes = Some(Pipes::of(interface)?);
        Ok(())
    }

    /// A tag that was not used lately.
    pub(super) fn next_tag(&mut self) -> u16 {
        self.tag = self.tag.checked_add(1).unwrap_or(1);
        self.tag
    }

    /// The tag used last.
    pub(super) fn tag(&self) -> u16 {
        self.tag
    }

    /// Sends an information unit.
    pub(super) fn send(&mut self, unit: &[u8]) -> Result<()> {
        let (sent, end) = self.command.send(unit, SOON)?;
        ensure!(
            sent == unit.len() && end == End::Complete,
            "{end:?} after {sent} bytes"
        );
        Ok(())
    }

    /// Receives the next information unit with its tag.
    pub(super) fn next(&mut self) -> Result<(u16, Unit)> {
        let received = self.status.receive(512, SOON)?;
        ensure!(
            received.end == End::Complete,
            "no information unit: {:?}",
            received.end
        );
        Unit::parse(&received.bytes)
    }

    /// Receives an information unit, which must be for the tag.
    pub(super) fn answer(&mut self, tag: u16) -> Result<Unit> {
        let (found, unit) = self.next()?;
        ensure!(found == tag, "{unit:?} of tag {found}, not {tag}");
        Ok(unit)
    }

    /// Sends a task management function. Returns the code of its response.
    pub(super) fn manage(&mut self, lun: u8, function: u8, task: u16) -> Result<u8> {
        let tag = self.next_tag();
        self.send(&management(tag, lun, function, task))?;
        match self.answer(tag)? {
            Unit::Response { code } => Ok(code),
            unit => bail!("{unit:?} for a task management function"),
        }
    }

    /// Moves the data of the command with this tag. Returns those received, and the last unit.
    pub(super) fn finish(
        &mut self,
        tag: u16,
        length: usize,
        out: &[u8],
    ) -> Result<(Vec<u8>, Unit)> {
        let mut data = Vec::new();
        loop {
            match self.answer(tag)? {
                Unit::ReadReady => {
                    let received = self.inward.receive(length, SOON)?;
                    ensure!(received.end == End::Complete, "data: {:?}", received.end);
                    data.extend(received.bytes);
                }
                Unit::WriteReady => {
                    let (_, end) = self.out.send(out, SOON)?;
                    ensure!(end == End::Complete, "data: {end:?}");
                }
                last => return Ok((data, last)),
            }
        }
    }
}

impl Host for Uas {
    fn open(product: Product) -> Result<Self> {
        Ok(Self {
            pipes: Some(Pipes::open(product)?),
            product,
            tag: 0,
        })
    }

    fn recover(&mut self) -> Result<()> {
        self.select_by_way_of(SETTING)
    }

    fn command(&mut self, cdb: &[u8], length: usize, out: &[u8]) -> Result<Ended> {
        let tag = self.next_tag();
        self.send(&command(tag, 0, cdb))?;
        match self.finish(tag, length, out)? {
            (data, Unit::Sense { status: 0, .. }) => Ok(Ended {
                data,
                sense: Vec::new(),
            }),
            (data, Unit::Sense { status: 2, sense }) => Ok(Ended { data, sense }),
            (_, unit) => bail!("{unit:?} for {cdb:02x?}"),
        }
    }
}
