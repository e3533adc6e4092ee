// SPDX-License-Identifier: GPL-2.0-only

//! The bulk-only transport: one command at a time, over two endpoints.
//!
//! Universal Serial Bus Mass Storage Class, Bulk-Only Transport 1.0. A command has three phases:
//! command, data and status. The host and the command descriptor block may disagree about the data;
//! section 6.7 lists the 13 cases. Data that the host sends in vain are received and dropped. Data
//! that it expects in vain are replaced by a short packet, or the endpoint is halted.

#![forbid(unsafe_code)]

use kernel::{
    prelude::*,
    sync::Arc, //
};

mod phases;
mod turn;
mod wrapper;

use super::{
    endpoint,
    sense::{Sense, SENSE_MAX},
    Context,
    Group,
    Moved,
    Storage, //
};
use crate::{
    irq_lock::IrqLock,
    target::{
        atomic::{Acquire, Atomic},
        Completed, Reference,
    },
    usb_function::{Answer, Canceller, Pipes, Request, Setup},
    Fabric, //
};
use turn::Progress;
use wrapper::{CommandWrapper, Status};

pub(super) use phases::{aborted, receive, respond};
pub(crate) use turn::Turn;

/// Class requests, section 3.
const RESET: u8 = 0xff;
const GET_MAX_LUN: u8 = 0xfe;
const CLASS_OUT: u8 = 0x21;
const CLASS_IN: u8 = 0xa1;

/// Length of the buffers for commands and for data to be dropped: a packet at the highest speed.
const PACKET_MAX: usize = 1024;

/// A link of the bulk-only transport.
#[pin_data]
pub(crate) struct Bot {
    group: Arc<Group>,
    /// Number of [`Turn`]s of the command in progress.
    shares: Atomic<u32>,
    cancellers: [Canceller<Storage>; 4],
    packet: u32,
    #[pin]
    state: IrqLock<State>,
    pipes: Pipes<Storage>,
}

/// The requests of a link, those that are idle.
struct Requests {
    command: Option<Request<Storage>>,
    input: Option<Request<Storage>>,
    output: Option<Request<Storage>>,
    status: Option<Request<Storage>>,
}

/// The state of a link.
struct State {
    requests: Requests,
    progress: Progress,
    /// Sense data of the last command that has failed, and its LUN.
    sense: Option<(u8, Sense)>,
    /// A status that is sent after a halt.
    waiting: Option<(Turn, Status)>,
    /// True after a reset, until the controller has forgotten what was to be sent.
    is_stale: bool,
    /// True after an invalid command, until the host resets the transport.
    is_wedged: bool,
    is_stopped: bool,
}

/// The use of a request that the controller has.
pub(crate) enum Step {
    /// Receives a command.
    Command(Arc<Bot>),
    /// Moves the payload of a command, from this offset.
    Payload(Turn, u32),
    /// Sends sense data, or an empty packet, before the status.
    Reply(Turn, Status),
    /// Receives data to be compared with those of a read, at this offset. True after a difference.
    Compare(Turn, Reference<Completed<Fabric>>, u32, bool),
    /// Receives data to be dropped, before the status.
    Discard(Turn, Status, u32),
    /// Sends the status.
    Status(Turn),
}

/// An idle request of a link.
#[derive(Clone, Copy)]
enum Which {
    Command,
    Input,
    Output,
    Status,
}

impl Requests {
    fn place(&mut self, which: Which) -> &mut Option<Request<Storage>> {
        match which {
            Which::Command => &mut self.command,
            Which::Input => &mut self.input,
            Which::Output => &mut self.output,
            Which::Status => &mut self.status,
        }
    }
}

impl Bot {
    /// Starts a link.
    pub(super) fn start(group: Arc<Group>, pipes: Pipes<Storage>) -> Result<Arc<Self>> {
        let command = pipes.request(endpoint::OUT, PACKET_MAX)?;
        let input = pipes.request(endpoint::IN, SENSE_MAX)?;
        let output = pipes.request(endpoint::OUT, PACKET_MAX)?;
        let status = pipes.request(endpoint::IN, wrapper::STATUS_LEN)?;
        let cancellers = [
            input.canceller(),
            output.canceller(),
            status.canceller(),
            command.canceller(),
        ];
        let packet = pipes.packet(endpoint::OUT).clamp(1, PACKET_MAX as u32);
        let state = State {
            requests: Requests {
                command: Some(command),
                input: Some(input),
                output: Some(output),
                status: Some(status),
            },
            progress: Progress::NONE,
            sense: None,
            waiting: None,
            is_stale: false,
            is_wedged: false,
            is_stopped: false,
        };
        let bot = Arc::pin_init(
            pin_init!(Self {
                group,
                shares: Atomic::new(0),
                cancellers,
                packet,
                state <- IrqLock::new(state),
                pipes,
            }),
            GFP_KERNEL,
        )?;
        bot.receive_command();
        Ok(bot)
    }

    /// Ends the link.
    pub(super) fn stop(&self) {
        let idle = self.state.with(|state| {
            state.is_stopped = true;
            state.progress.is_void = true;
            let requests = &mut state.requests;
            let requests = [
                requests.command.take(),
                requests.input.take(),
                requests.output.take(),
                requests.status.take(),
            ];
            (requests, state.waiting.take())
        });
        drop(idle);
        self.cancel(self.cancellers.len());
    }

    /// Cancels the first `count` requests.
    fn cancel(&self, count: usize) {
        for canceller in self.cancellers.iter().take(count) {
            canceller.cancel();
        }
    }

    /// Takes an idle request.
    fn take(&self, which: Which) -> Option<Request<Storage>> {
        self.state.with(|state| state.requests.place(which).take())
    }

    /// Keeps an idle request, or drops it if the link has ended.
    fn put(&self, which: Which, request: Request<Storage>) {
        let dropped = self.state.with(|state| {
            if state.is_stopped {
                return Some(request);
            }
            state.requests.place(which).replace(request)
        });
        drop(dropped);
    }

    fn progress(&self) -> Progress {
        self.state.with(|state| state.progress)
    }

    /// Receives the next command.
    pub(super) fn receive_command(self: &Arc<Self>) {
        // No transfer to the host is under way. A restart drops what the controller still holds. It
        // resets the data toggle, as the host does when it clears the halts after its reset.
        if self
            .state
            .with(|state| core::mem::take(&mut state.is_stale))
        {
            let _ = self.pipes.restart(endpoint::IN);
        }
        if let Some(request) = self.take(Which::Command) {
            let context = Context::Bot(Step::Command(self.clone()));
            if let Err(refused) = request.queue(self.packet, context) {
                self.put(Which::Command, refused.request);
            }
        }
    }

    /// A command was received.
    fn command(self: &Arc<Self>, request: Request<Storage>, moved: &Moved) {
        let is_wedged = self.state.with(|state| state.is_wedged);
        let parsed = CommandWrapper::parse(moved.received(&request)).filter(|_| !is_wedged);
        let Some(command) = parsed else {
            if moved.result.is_ok() && !is_wedged {
                self.wedge();
            }
            self.put(Which::Command, request);
            return self.receive_command();
        };
        self.state.with(|state| {
            state.progress = Progress {
                tag: command.tag,
                length: command.length,
                direction: command.direction,
                lun: command.lun,
                is_verify: false,
                moved: 0,
                unused: 0,
                is_ended: false,
                is_void: state.is_stopped,
            };
        });
        let turn = Turn::new(self.clone());
        phases::execute(&turn, &command);
        self.put(Which::Command, request);
    }

    /// Refuses commands until the host resets the transport, section 6.6.1.
    fn wedge(&self) {
        self.state.with(|state| state.is_wedged = true);
        // Without a halt, the host waits for a status until it gives up, and resets.
        let _ = self.pipes.wedge(endpoint::IN);
    }

    /// Answers a class request.
    pub(super) fn setup(self: &Arc<Self>, request: &Setup) -> Answer {
        match (request.kind, request.request) {
            (CLASS_IN, GET_MAX_LUN) if request.value == 0 && request.length >= 1 => {
                Answer::Byte(self.group.last_lun())
            }
            (CLASS_OUT, RESET) if request.value == 0 && request.length == 0 => {
                self.reset();
                Answer::Done
            }
            _ => Answer::Stall,
        }
    }

    /// Halts the endpoint for data that the host expects in vain, and sends the status.
    pub(super) fn deferred(&self) {
        if let Some((turn, status)) = self.state.with(|state| state.waiting.take()) {
            phases::end_data(turn, status);
        }
    }

    /// Gives up the command in progress. The next one is received when it has ended.
    fn reset(self: &Arc<Self>) {
        self.state.with(|state| {
            state.progress.is_void = true;
            state.sense = None;
            state.is_wedged = false;
            state.is_stale = true;
        });
        self.cancel(3);
        if self.shares.load(Acquire) == 0 {
            self.receive_command();
        }
    }

    /// A request was queued. Cancels it if the host has reset the transport meanwhile.
    fn queued(&self) {
        if self.state.with(|state| state.is_stale) {
            self.cancel(3);
        }
    }

    /// Keeps sense data for REQUEST SENSE, unless the host has given the command up.
    fn keep_sense(&self, sense: Sense) {
        self.state.with(|state| {
            if !state.progress.is_void {
                state.sense = Some((state.progress.lun, sense));
            }
        });
    }
}
