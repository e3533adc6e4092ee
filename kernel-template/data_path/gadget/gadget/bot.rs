// SPDX-License-Identifier: GPL-2.0-only

//! The bulk-only transport: one command at a time, over two endpoints.
//!
//! Universal Serial Bus Mass Storage Class, Bulk-Only Transport 1.0. A command has three phases:
//! command, data and status. The host and the command descriptor block may disagree about the data;
//! section 6.7 lists the 13 cases. Data that the host sends in vain are received and dropped. Data
//! that it expects in vain are replaced by a short packet, or the endpoint is halted.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{
    direction,
    endpoint,
    sense::{Reason, Sense, SENSE_MAX},
    turn::{Progress, Turn},
    wrapper::{self, CommandWrapper, Status},
    Context, Group, Io, Moved, Storage, LENGTH_MAX, //
};
use crate::{
    irq_lock::IrqLock,
    target::{
        atomic::Atomic, Direction, Pending, Refusal, Request as Command, Residual, Response,
        TaskAttribute,
    },
    usb_function::{Answer, Canceller, Data, Pipes, Request, Setup},
    Fabric, //
};

/// Class requests, section 3.
const RESET: u8 = 0xff;
const GET_MAX_LUN: u8 = 0xfe;
const CLASS_OUT: u8 = 0x21;
const CLASS_IN: u8 = 0xa1;

/// Operation code of REQUEST SENSE.
const REQUEST_SENSE: u8 = 0x03;

/// Length of the buffers for commands and for data to be dropped: a packet at the highest speed.
const PACKET_MAX: usize = 1024;

/// Statuses, SAM-5 section 5.3.1.
const GOOD: u8 = 0x00;

/// A link of the bulk-only transport.
#[pin_data]
pub(crate) struct Bot {
    group: Arc<Group>,
    /// Number of [`Turn`]s of the command in progress.
    pub(super) shares: Atomic<u32>,
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
            [
                requests.command.take(),
                requests.input.take(),
                requests.output.take(),
                requests.status.take(),
            ]
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
        let bytes = request.buffer().get(..moved.bytes() as usize);
        let bytes = bytes.filter(|_| moved.result.is_ok()).unwrap_or(&[]);
        let parsed = CommandWrapper::parse(bytes).filter(|_| !is_wedged);
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
                moved: 0,
                is_ended: false,
                is_void: state.is_stopped,
            };
        });
        let turn = Turn::new(self.clone());
        execute(&turn, &command);
        self.put(Which::Command, request);
    }

    /// Refuses commands until the host resets the transport, section 6.6.1.
    fn wedge(&self) {
        self.state.with(|state| state.is_wedged = true);
        // Without a halt, the host waits for a status until it gives up, and resets.
        let _ = self.pipes.wedge(endpoint::IN);
    }

    /// Answers a class request.
    pub(super) fn setup(&self, request: &Setup) -> Answer {
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

    /// Gives up the command in progress. The next one is received when it has ended.
    fn reset(&self) {
        let was_wedged = self.state.with(|state| {
            state.progress.is_void = true;
            state.sense = None;
            core::mem::take(&mut state.is_wedged)
        });
        if was_wedged {
            let _ = self.pipes.clear_halt(endpoint::IN);
        }
        self.cancel(3);
    }

    /// Keeps sense data for REQUEST SENSE.
    fn keep_sense(&self, sense: Sense) {
        self.state.with(|state| state.sense = Some((state.progress.lun, sense)));
    }
}

/// Executes a command.
fn execute(turn: &Turn, command: &CommandWrapper<'_>) {
    let bot = turn.bot();
    let sense = bot.state.with(|state| {
        let (lun, sense) = state.sense.take_if(|(lun, _)| *lun == command.lun)?;
        debug_assert!(lun == command.lun);
        Some(sense)
    });
    let is_contrary = direction::of(command.cdb).is_some_and(|direction| {
        direction != Direction::NONE
            && command.direction != Direction::NONE
            && direction != command.direction
    });
    if is_contrary || command.length > LENGTH_MAX {
        return finish(turn.clone(), Status::PhaseError);
    }
    match sense {
        Some(sense) if command.cdb.first() == Some(&REQUEST_SENSE) => {
            reply(turn.clone(), &sense, command)
        }
        _ => {
            if let Err(reason) = submit(turn, command) {
                bot.keep_sense(Sense::new(reason));
                finish(turn.clone(), Status::Failed);
            }
        }
    }
}

/// Submits a command to target core.
fn submit(turn: &Turn, command: &CommandWrapper<'_>) -> Result<(), Reason> {
    let handle = turn.bot().group.session().ok_or(Reason::NoNexus)?;
    let session = handle.get().ok_or(Reason::NoNexus)?;
    let tag = session.tag().ok_or(Reason::Aborted)?;
    let request = Command {
        tag: command.tag.into(),
        lun: command.lun.into(),
        cdb: command.cdb,
        attribute: TaskAttribute::SIMPLE,
    };
    let io = Io::Bot(turn.clone());
    // Target core executes a write without memory if it takes it for a command without data.
    let direction = match command.direction {
        Direction::NONE => direction::of(command.cdb).unwrap_or(Direction::NONE),
        direction => direction,
    };
    let result = tag.submit(Some(command.length), direction, io, &request);
    result.map_err(|refused| match refused.reason {
        Refusal::ShortCdb => Reason::InvalidField,
        Refusal::Stopped => Reason::NoNexus,
    })
}

/// Sends sense data in answer to REQUEST SENSE.
fn reply(turn: Turn, sense: &Sense, command: &CommandWrapper<'_>) {
    let allocated = command.cdb.get(4).map_or(0, |length| u32::from(*length));
    let bytes = sense.as_bytes();
    let length = command.length.min(allocated).min(bytes.len() as u32);
    let Some(mut request) = turn.bot().take(Which::Input) else {
        return;
    };
    for (place, byte) in request.buffer_mut().iter_mut().zip(bytes) {
        *place = *byte;
    }
    if length == 0 {
        turn.bot().put(Which::Input, request);
        return finish(turn, Status::Passed);
    }
    send(turn, Which::Input, request, length, |turn| {
        Step::Reply(turn, Status::Passed)
    });
}

/// Queues a request, or gives up the command.
fn send(
    turn: Turn,
    which: Which,
    request: Request<Storage>,
    length: u32,
    step: impl FnOnce(Turn) -> Step,
) {
    let bot = turn.bot().clone();
    if let Err(refused) = request.queue(length, Context::Bot(step(turn))) {
        bot.put(which, refused.request);
    }
}

/// Receives the data of a write, from `offset` on.
pub(super) fn receive(turn: Turn, pending: Pending<Fabric>, offset: u32) {
    transfer(turn, Which::Output, Data::Write(pending), offset);
}

/// Moves the payload of a command, from `offset` on.
fn transfer(turn: Turn, which: Which, data: Data<Fabric>, offset: u32) {
    let bot = turn.bot().clone();
    if bot.progress().is_void {
        return;
    }
    let Some(request) = bot.take(which) else {
        return;
    };
    let context = Context::Bot(Step::Payload(turn, offset));
    if let Err(refused) = request.queue_data(data, offset, context) {
        bot.put(which, refused.request);
    }
}

/// Sends the response to a command: its data, and then the status.
pub(super) fn respond(turn: &Turn, response: Response<'_, Fabric>) {
    let status = outcome(turn, &response);
    if response.payload().is_empty() {
        return finish(turn.clone(), status);
    }
    transfer(turn.clone(), Which::Input, Data::Read(response.keep()), 0);
}

/// Returns the status of a completed command, and keeps its sense data.
fn outcome(turn: &Turn, response: &crate::target::Completed<Fabric>) -> Status {
    // Cases 2, 3, 7 and 13: the command moves more than the host.
    if matches!(response.residual(), Residual::Overflow(_)) {
        return Status::PhaseError;
    }
    if response.status() == GOOD {
        return Status::Passed;
    }
    let sense = response.sense().map(|sense| Sense::of(sense));
    let bot = turn.bot();
    bot.keep_sense(sense.unwrap_or_else(|| Sense::new(Reason::Aborted)));
    Status::Failed
}

/// Ends an aborted command for the host: BOT has no command without a status.
pub(super) fn aborted(turn: Turn) {
    finish(turn, Status::Failed);
}

/// Ends the data phase, and sends the status.
fn finish(turn: Turn, status: Status) {
    let bot = turn.bot().clone();
    let progress = bot.progress();
    if progress.is_void {
        return;
    }
    let left = progress.left();
    if left == 0 {
        return send_status(turn, status);
    }
    if progress.direction == Direction::OUT {
        return discard(turn, status, left);
    }
    bot.state.with(|state| state.progress.is_ended = true);
    // A short packet has ended the data phase, unless the packets are all full or there are none.
    let is_short = progress.moved.checked_rem(bot.packet) != Some(0);
    if is_short || bot.pipes.halt(endpoint::IN).is_ok() {
        return send_status(turn, status);
    }
    if let Some(request) = bot.take(Which::Input) {
        send(turn, Which::Input, request, 0, |turn| {
            Step::Reply(turn, status)
        });
    }
}

/// Receives data that nobody wants.
fn discard(turn: Turn, status: Status, left: u32) {
    let bot = turn.bot().clone();
    if let Some(request) = bot.take(Which::Output) {
        send(turn, Which::Output, request, bot.packet, |turn| {
            Step::Discard(turn, status, left)
        });
    }
}

/// Sends the status.
fn send_status(turn: Turn, status: Status) {
    let bot = turn.bot().clone();
    let progress = bot.progress();
    let Some(mut request) = bot.take(Which::Status) else {
        return;
    };
    let residue = progress.length.saturating_sub(progress.moved);
    wrapper::write_status(request.buffer_mut(), progress.tag, residue, status);
    let length = wrapper::STATUS_LEN as u32;
    send(turn, Which::Status, request, length, Step::Status);
}

impl Step {
    /// A request is complete.
    pub(super) fn complete(
        self,
        request: Request<Storage>,
        data: Option<Data<Fabric>>,
        moved: Moved,
    ) {
        match self {
            Self::Command(bot) => bot.command(request, &moved),
            Self::Payload(turn, offset) => payload(turn, offset, request, data, &moved),
            Self::Reply(turn, status) => {
                turn.bot().put(Which::Input, request);
                note(&turn, &moved);
                finish(turn, status)
            }
            Self::Discard(turn, status, left) => {
                turn.bot().put(Which::Output, request);
                let left = left.saturating_sub(moved.bytes());
                if left == 0 || !moved.is_whole() {
                    turn.bot().state.with(|state| state.progress.is_ended = true);
                    return finish(turn, status);
                }
                if !turn.bot().progress().is_void {
                    discard(turn, status, left)
                }
            }
            Self::Status(turn) => {
                turn.bot().put(Which::Status, request);
                turn.bot().state.with(|state| state.progress = Progress::NONE);
            }
        }
    }
}

/// Adds what was moved to the progress of a command.
fn note(turn: &Turn, moved: &Moved) {
    turn.bot().state.with(|state| {
        let progress = &mut state.progress;
        progress.moved = progress.moved.saturating_add(moved.bytes());
        progress.is_ended |= !moved.is_whole();
    });
}

/// A part of a payload was moved.
fn payload(
    turn: Turn,
    offset: u32,
    request: Request<Storage>,
    data: Option<Data<Fabric>>,
    moved: &Moved,
) {
    let bot = turn.bot().clone();
    note(&turn, moved);
    let offset = offset.saturating_add(moved.bytes());
    match data {
        Some(Data::Write(mut pending)) => {
            bot.put(Which::Output, request);
            if bot.progress().is_void || !moved.is_whole() {
                // Dropping it makes target core respond with a failure.
                drop(pending);
            } else if offset < pending.payload().len() {
                receive(turn, pending, offset);
            } else {
                pending.execute_later();
            }
        }
        Some(Data::Read(completed)) => {
            bot.put(Which::Input, request);
            if moved.is_whole() && offset < completed.payload().len() {
                return transfer(turn, Which::Input, Data::Read(completed), offset);
            }
            let status = outcome(&turn, &completed);
            finish(turn, status);
        }
        None => {}
    }
}
