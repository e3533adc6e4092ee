// SPDX-License-Identifier: GPL-2.0-only

//! The phases of a command: data and status.

#![forbid(unsafe_code)]

use super::{
    turn::{Progress, Turn},
    wrapper::{self, CommandWrapper, Status},
    State,
    Step,
    Which, //
};
use crate::{
    gadget::{
        direction, endpoint,
        sense::{Reason, Sense},
        verify, Context, Io, Moved, Storage, LENGTH_MAX,
    },
    target::{
        Completed, Direction, Pending, Reference, Refusal, Request as Command, Residual, Response,
        TaskAttribute,
    },
    usb_function::{Data, Request},
    Fabric, //
};

/// Operation code of REQUEST SENSE.
const REQUEST_SENSE: u8 = 0x03;

/// Statuses, SAM-5 section 5.3.1.
const GOOD: u8 = 0x00;

/// Executes a command.
pub(super) fn execute(turn: &Turn, command: &CommandWrapper) {
    let bot = turn.bot();
    let sense = bot.state.with(|state| {
        let (_, sense) = state.sense.filter(|(lun, _)| *lun == command.lun)?;
        state.sense = None;
        Some(sense)
    });
    let is_contrary = direction::of(&command.cdb).is_some_and(|direction| {
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
fn submit(turn: &Turn, command: &CommandWrapper) -> Result<(), Reason> {
    let handle = turn.bot().group.session().ok_or(Reason::NoNexus)?;
    let session = handle.get().ok_or(Reason::NoNexus)?;
    let tag = session.tag().ok_or(Reason::Aborted)?;
    let read = verify::read_of(&command.cdb).filter(|_| command.direction == Direction::OUT);
    if read.is_some() {
        let set = |state: &mut State| state.progress.is_verify = true;
        turn.bot().state.with(set);
    }
    let request = Command {
        tag: command.tag.into(),
        lun: command.lun.into(),
        cdb: read.as_ref().unwrap_or(&command.cdb),
        attribute: TaskAttribute::SIMPLE,
    };
    let io = Io::Bot(turn.clone());
    // Target core executes a write without memory if it takes it for a command without data.
    let direction = match command.direction {
        Direction::NONE => direction::of(&command.cdb).unwrap_or(Direction::NONE),
        _ if read.is_some() => Direction::IN,
        direction => direction,
    };
    let result = tag.submit(Some(command.length), direction, io, &request);
    result.map_err(|refused| match refused.reason {
        Refusal::ShortCdb => Reason::InvalidField,
        Refusal::Stopped => Reason::NoNexus,
    })
}

/// Sends sense data in answer to REQUEST SENSE.
fn reply(turn: Turn, sense: &Sense, command: &CommandWrapper) {
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
    let share = turn.clone();
    let bot = share.bot();
    match request.queue(length, Context::Bot(step(turn))) {
        Ok(()) => bot.queued(),
        Err(refused) => bot.put(which, refused.request),
    }
}

/// Receives the data of a write, from `offset` on.
pub(in crate::gadget) fn receive(turn: Turn, pending: Pending<Fabric>, offset: u32) {
    transfer(turn, Which::Output, Data::Write(pending), offset);
}

/// Moves the payload of a command, from `offset` on.
fn transfer(turn: Turn, which: Which, data: Data<Fabric>, offset: u32) {
    let share = turn.clone();
    let bot = share.bot();
    if bot.progress().is_void {
        return;
    }
    let Some(request) = bot.take(which) else {
        return;
    };
    let context = Context::Bot(Step::Payload(turn, offset));
    match request.queue_data(data, offset, context) {
        Ok(()) => bot.queued(),
        Err(refused) => bot.put(which, refused.request),
    }
}

/// Sends the response to a command: its data, and then the status.
pub(in crate::gadget) fn respond(turn: &Turn, response: Response<'_, Fabric>) {
    if response.payload().is_empty() {
        let status = outcome(turn, &response);
        return finish(turn.clone(), status);
    }
    if turn.bot().progress().is_verify {
        // Only the residue counts: the status is that of the comparison.
        outcome(turn, &response);
        return compare(turn.clone(), response.keep(), 0, false);
    }
    transfer(turn.clone(), Which::Input, Data::Read(response.keep()), 0);
}

/// Receives data, and compares them with those of a read from `offset` on.
fn compare(turn: Turn, read: Reference<Completed<Fabric>>, offset: u32, is_other: bool) {
    let bot = turn.bot().clone();
    if bot.progress().is_void {
        return;
    }
    if let Some(request) = bot.take(Which::Output) {
        let left = read.payload().len().saturating_sub(offset);
        let length = left.min(request.buffer().len() as u32);
        send(turn, Which::Output, request, length, |turn| {
            Step::Compare(turn, read, offset, is_other)
        });
    }
}

/// A part of the data to be compared was received.
fn compared(
    turn: Turn,
    read: Reference<Completed<Fabric>>,
    from: u32,
    was_other: bool,
    request: Request<Storage>,
    moved: &Moved,
) {
    let bot = turn.bot().clone();
    let is_other = was_other || verify::differs(&read, from, moved.received(&request));
    bot.put(Which::Output, request);
    note(&turn, moved);
    let offset = from.saturating_add(moved.bytes());
    if moved.is_whole() && offset < read.payload().len() {
        return compare(turn, read, offset, is_other);
    }
    let reason = match (moved.is_whole(), is_other) {
        (true, false) => return finish(turn, Status::Passed),
        (true, true) => Reason::Miscompare,
        (false, _) => Reason::Aborted,
    };
    bot.keep_sense(Sense::new(reason));
    finish(turn, Status::Failed)
}

/// Returns the status of a completed command, and keeps its sense data.
fn outcome(turn: &Turn, response: &Completed<Fabric>) -> Status {
    // Cases 2, 3, 7 and 13: the command moves more than the host. A command without data may have a
    // length for target core.
    let moves_more = matches!(response.residual(), Residual::Overflow(_));
    if moves_more && response.direction() != Direction::NONE {
        return Status::PhaseError;
    }
    if let Residual::Underflow(unused) = response.residual() {
        turn.bot()
            .state
            .with(|state| state.progress.unused = unused);
    }
    if response.status() == GOOD {
        return Status::Passed;
    }
    let sense = response.sense().map(Sense::of);
    let bot = turn.bot();
    bot.keep_sense(sense.unwrap_or_else(|| Sense::new(Reason::Aborted)));
    Status::Failed
}

/// Ends an aborted command for the host: BOT has no command without a status.
pub(in crate::gadget) fn aborted(turn: Turn) {
    turn.bot().keep_sense(Sense::new(Reason::Aborted));
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
    if progress.moved.checked_rem(bot.packet) != Some(0) {
        return send_status(turn, status);
    }
    // The controller may be in the middle of a transfer, which must see the halt before the status.
    let dropped = bot.state.with(|state| {
        if state.is_stopped {
            return Some((turn, status));
        }
        state.waiting.replace((turn, status))
    });
    drop(dropped);
    bot.pipes.defer();
}

/// Ends the data phase to the host by a halt, or by an empty packet, and sends the status.
pub(super) fn end_data(turn: Turn, status: Status) {
    let bot = turn.bot().clone();
    if bot.progress().is_void {
        return;
    }
    if bot.pipes.halt(endpoint::IN).is_ok() {
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
    let left = progress.length.saturating_sub(progress.moved);
    let residue = left.max(progress.unused.min(progress.length));
    wrapper::write_status(request.buffer_mut(), progress.tag, residue, status);
    let length = wrapper::STATUS_LEN as u32;
    send(turn, Which::Status, request, length, Step::Status);
}

impl Step {
    /// A request is complete.
    pub(in crate::gadget) fn complete(
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
            Self::Compare(turn, read, offset, was_other) => {
                compared(turn, read, offset, was_other, request, &moved)
            }
            Self::Discard(turn, status, left) => {
                turn.bot().put(Which::Output, request);
                let left = left.saturating_sub(moved.bytes());
                if left == 0 || !moved.is_whole() {
                    turn.bot()
                        .state
                        .with(|state| state.progress.is_ended = true);
                    return finish(turn, status);
                }
                if !turn.bot().progress().is_void {
                    discard(turn, status, left)
                }
            }
            Self::Status(turn) => {
                turn.bot().put(Which::Status, request);
                turn.bot()
                    .state
                    .with(|state| state.progress = Progress::NONE);
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
