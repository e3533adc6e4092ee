// SPDX-License-Identifier: GPL-2.0-only

//! The gadget transport: each portal group is a USB storage device for the host of a gadget.
//!
//! An interface has two alternate settings: the bulk-only transport (BOT), and USB Attached SCSI
//! (UAS). An administrator logs the host in by writing a name to `nexus` of the portal group, and
//! enables the group, which then has the first function of a gadget that no other group has. The
//! host chooses the transport.
//!
//! All of this file's functions but those for configfs are called in any context, hard interrupts
//! included: they neither sleep nor allocate.

#![forbid(unsafe_code)]

use kernel::{
    c_str,
    prelude::*,
    sync::Arc, //
};

use crate::{
    target::{
        Aborted,
        Direction,
        Pending,
        Response,
        TmrResponse, //
    },
    usb_function::{
        Alternate,
        Answer,
        Done,
        Endpoint,
        Function,
        Gadget,
        Interface,
        Pipes,
        Request,
        Setup, //
    },
    Fabric, //
};

mod bot;
mod direction;
mod group;
mod registry;
mod sense;
mod uas;
mod verify;

pub(crate) use group::{close, close_session, enable, Group, NexusName, DEPTH};
pub(crate) use registry::Module;
pub(crate) use uas::Management;

/// The endpoints, in the order of [`Storage::INTERFACE`].
pub(crate) mod endpoint {
    /// Data to the host. In BOT, also the status.
    pub(crate) const IN: usize = 0;
    /// Data from the host. In BOT, also the commands.
    pub(crate) const OUT: usize = 1;
    /// Status and responses of UAS.
    pub(crate) const STATUS: usize = 2;
    /// Commands of UAS.
    pub(crate) const COMMAND: usize = 3;
}

/// Class codes of mass storage with SCSI commands, and of the two protocols.
const MASS_STORAGE: u8 = 0x08;
const SCSI: u8 = 0x06;
const BULK_ONLY: u8 = 0x50;
const ATTACHED_SCSI: u8 = 0x62;

/// Numbers of the alternate settings.
const BOT: u8 = 0;

/// Maximum number of pages of a command's data. Target core allocates them as the host wants.
pub(crate) const PAGES_MAX: u32 = 1024;

/// Maximum length of a command's data, in bytes.
const LENGTH_MAX: u32 = PAGES_MAX * 4096;

/// Packets in a burst of data, minus 1.
const DATA_BURST: u8 = 15;

/// Binary logarithm of the number of streams: each has a lane, and some lanes are left for task
/// management.
const STREAMS: u8 = 5;

/// Returns an endpoint of an alternate setting.
const fn pipe(index: usize, burst: u8, streams: u8, usage: &'static [u8]) -> Endpoint {
    Endpoint {
        index,
        burst,
        streams,
        class_descriptor: usage,
    }
}

/// The function of a gadget.
pub(crate) struct Storage;

/// The slot of a tag: commands have nothing of their own between commands.
#[derive(Default)]
pub(crate) struct Slot {}

/// The driver's data of a command.
pub(crate) enum Io {
    Bot(bot::Turn),
    Uas(uas::Task),
}

/// The driver's data of a request that the controller has.
pub(crate) enum Context {
    Bot(bot::Step),
    Uas(uas::Step),
}

/// An alternate setting in use.
#[derive(Clone)]
pub(crate) enum Link {
    Bot(Arc<bot::Bot>),
    Uas(Arc<uas::Uas>),
}

impl Function for Storage {
    const INTERFACE: Interface = Interface {
        name: c_str!("nab5000"),
        endpoints: &[Direction::IN, Direction::OUT, Direction::IN, Direction::OUT],
        alternates: &[
            Alternate {
                class: [MASS_STORAGE, SCSI, BULK_ONLY],
                endpoints: &[
                    pipe(endpoint::IN, DATA_BURST, 0, &[]),
                    pipe(endpoint::OUT, DATA_BURST, 0, &[]),
                ],
            },
            // UAS section 5.3.3.5: each endpoint has a descriptor of its use.
            Alternate {
                class: [MASS_STORAGE, SCSI, ATTACHED_SCSI],
                endpoints: &[
                    pipe(endpoint::IN, DATA_BURST, STREAMS, &[4, 0x24, 3, 0]),
                    pipe(endpoint::OUT, DATA_BURST, STREAMS, &[4, 0x24, 4, 0]),
                    pipe(endpoint::STATUS, 0, STREAMS, &[4, 0x24, 2, 0]),
                    pipe(endpoint::COMMAND, 0, 0, &[4, 0x24, 1, 0]),
                ],
            },
        ],
    };

    type Fabric = Fabric;
    type Module = Arc<registry::Registry>;
    type Instance = Arc<registry::Port>;
    type Link = Link;
    type Context = Context;

    fn instance(module: &Arc<registry::Registry>) -> Result<Arc<registry::Port>> {
        registry::Registry::add_port(module)
    }

    fn remove(instance: &Arc<registry::Port>) {
        instance.remove();
    }

    fn bind(instance: &Arc<registry::Port>, gadget: Gadget) -> Result {
        instance.bind(gadget)
    }

    fn unbind(instance: &Arc<registry::Port>) {
        instance.unbind();
    }

    fn start(instance: &Arc<registry::Port>, alternate: u8, pipes: Pipes<Self>) -> Result<Link> {
        let group = instance.group().ok_or(ENODEV)?;
        if alternate == BOT {
            Ok(Link::Bot(bot::Bot::start(group, pipes)?))
        } else {
            Ok(Link::Uas(uas::Uas::start(group, pipes)?))
        }
    }

    fn stop(link: &Link) {
        match link {
            Link::Bot(bot) => bot.stop(),
            Link::Uas(uas) => uas.stop(),
        }
    }

    fn deferred(link: &Link) {
        if let Link::Bot(bot) = link {
            bot.deferred();
        }
    }

    fn complete(done: Done<Self>) {
        let Done {
            request,
            data,
            context,
            length,
            result,
        } = done;
        let moved = Moved { length, result };
        match context {
            Context::Bot(step) => step.complete(request, data, moved),
            Context::Uas(step) => step.complete(request, data, moved),
        }
    }

    fn setup(_instance: &Arc<registry::Port>, link: &Link, request: &Setup) -> Answer {
        match link {
            Link::Bot(bot) => bot.setup(request),
            Link::Uas(_) => Answer::Stall,
        }
    }
}

/// The outcome of a transfer.
pub(crate) struct Moved {
    /// Number of bytes that the request was for.
    length: u32,
    /// Number of bytes moved, or the error of the controller.
    result: Result<u32>,
}

impl Moved {
    /// Returns the number of bytes moved.
    fn bytes(&self) -> u32 {
        self.result.unwrap_or(0).min(self.length)
    }

    /// Returns the bytes that were received into the buffer of a request.
    fn received<'a>(&self, request: &'a Request<Storage>) -> &'a [u8] {
        let count = self.bytes() as usize;
        request.buffer().get(..count).unwrap_or(&[])
    }

    /// Returns true if all bytes were moved.
    fn is_whole(&self) -> bool {
        self.result.is_ok_and(|bytes| bytes == self.length)
    }
}

/// Receives the data of a write.
pub(crate) fn write_pending(pending: Pending<Fabric>) {
    match pending.data() {
        Io::Bot(turn) => {
            let turn = turn.clone();
            bot::receive(turn, pending, 0)
        }
        Io::Uas(task) => {
            let task = task.clone();
            uas::receive(task, pending)
        }
    }
}

/// Sends the response to a command.
pub(crate) fn respond(response: Response<'_, Fabric>) {
    match response.cmd().data() {
        Io::Bot(turn) => bot::respond(turn, response),
        Io::Uas(task) => uas::respond(task, response),
    }
}

/// Sends the response to a task management function.
pub(crate) fn respond_tmr(response: TmrResponse<Fabric>) {
    let status = response.status();
    response.into_data().respond(status)
}

/// A command was aborted without a response, or a task management function.
pub(crate) fn aborted(task: Aborted<'_, Fabric>) {
    match task {
        Aborted::Cmd(cmd) => {
            // BOT has no command without a status. UAS leaves the host without one.
            if let Io::Bot(turn) = cmd.data() {
                bot::aborted(turn.clone());
            }
        }
        Aborted::Tmr(management) => management.drop_unanswered(),
    }
}
