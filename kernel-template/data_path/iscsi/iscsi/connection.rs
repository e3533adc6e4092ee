// SPDX-License-Identifier: GPL-2.0-only

//! The thread of a connection.
//!
//! Only this thread receives, sends, and changes the state of the session. It sleeps until the
//! socket is ready, or until an op or an administrator kicks it.

#![forbid(unsafe_code)]

use kernel::{
    prelude::*,
    sync::Arc,
    time::{Delta, Instant, Monotonic}, //
};

use super::{
    link::Link,
    login::{Login, Next},
    pdu::{logout_response, Reply},
    receiver::{End, Received, Receiver, Sink, PIECE},
    registry::{Portal, SESSION_BUFFER},
    sender::{copied, After, Sender, Sent},
    session::Session,
    LOGOUT_SECONDS, //
};
use crate::{
    socket::{may_log, Interest},
    thread, //
};

/// Interval of checks for timeouts and aborted writes, in milliseconds.
const TICK: u32 = 1000;

/// Interval of these checks while a task management function is outstanding: it may wait for a
/// pending write.
const SHORT_TICK: u32 = 10;

/// Maximum number of receive steps, each a header or a PDU, between two sends.
const STEPS: u32 = 32;

/// Time limit for sending the last PDU of a connection, and then for the initiator to receive it,
/// in milliseconds.
const LAST_PDU: u32 = 500;

/// Phase of a connection.
enum Phase {
    Login(KBox<Login>),
    Session(KBox<Session>),
}

/// Serves a connection until it ends.
pub(super) fn serve(portal: &Arc<Portal>, link: &Arc<Link>) {
    match Connection::new(portal, link) {
        Ok(mut connection) => {
            let end = connection.run();
            connection.end(end);
        }
        Err(error) if may_log() => {
            let port = portal.address.port();
            pr_warn!("cannot serve a connection at port {}: {:?}\n", port, error);
        }
        Err(_) => {}
    }
    link.set_session(false);
    drain(link);
    link.socket.shut_down();
}

/// Receives and discards data until the initiator closes the connection, or until a time limit.
/// Closing a socket with unread data resets the connection: the initiator may lose the last PDU.
fn drain(link: &Link) {
    let socket = &link.socket;
    let begun = Instant::<Monotonic>::now();
    let mut piece = [0; PIECE];
    while begun.elapsed() < Delta::from_millis(LAST_PDU.into()) && !link.is_closing() {
        socket.clear_kick();
        match socket.receive(&mut piece) {
            Ok(_) => {}
            Err(EAGAIN) => {
                let interest = Interest {
                    data: true,
                    space: false,
                };
                socket.wait(interest, SHORT_TICK);
            }
            Err(_) => return,
        }
    }
}

struct Connection {
    link: Arc<Link>,
    portal: Arc<Portal>,
    receiver: KBox<Receiver>,
    sender: KBox<Sender>,
    phase: Phase,
    /// Number of receive steps, each of which is followed by a send. Set when a backstore has slept
    /// in this thread: a response must then not wait until the next command is executed. A new
    /// connection is assumed to have such a backstore.
    single_steps: u32,
    begun: Instant<Monotonic>,
    ticked: Instant<Monotonic>,
    logout_asked: Option<Instant<Monotonic>>,
}

impl Connection {
    fn new(portal: &Arc<Portal>, link: &Arc<Link>) -> Result<Self> {
        Ok(Self {
            link: link.clone(),
            portal: portal.clone(),
            receiver: KBox::new(Receiver::new(), GFP_KERNEL)?,
            sender: KBox::new(Sender::new(link.clone()), GFP_KERNEL)?,
            phase: Phase::Login(KBox::new(Login::new(), GFP_KERNEL)?),
            single_steps: STEPS,
            begun: Instant::now(),
            ticked: Instant::now(),
            logout_asked: None,
        })
    }

    /// Receives and sends until the connection ends. Returns the reason.
    fn run(&mut self) -> End {
        loop {
            if let Err(end) = self.step() {
                return end;
            }
        }
    }

    /// Receives available data, sends what is queued, and sleeps if there is no more to do.
    fn step(&mut self) -> Result<(), End> {
        let more = self.receive()?;
        // Clears kicks whose cause is handled below, most of them from this thread itself.
        self.link.socket.clear_kick();
        if self.link.is_closing() {
            return Err(End::Now);
        }
        self.take_from_ops()?;
        let more = self.replay() || more;
        self.tick()?;
        let sent = self.sender.send()?;
        if sent == Sent::Last {
            return Err(End::Answered);
        }
        if self.take_refused_writes() {
            return Ok(());
        }
        if !more || self.waits() {
            let interest = Interest {
                data: !self.waits(),
                space: sent == Sent::Blocked,
            };
            let waited = self.link.socket.wait(interest, self.timeout());
            match &mut self.phase {
                _ if sent == Sent::Blocked => self.sender.wait(waited),
                Phase::Session(session) if interest.data => session.wait(waited),
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns true if receiving is suspended: the queue of replies is full, or the payload of a
    /// write is not allocated yet.
    fn waits(&self) -> bool {
        self.sender.is_full() || self.receiver.is_awaiting()
    }

    /// Returns the maximum time to sleep, in milliseconds.
    fn timeout(&self) -> u32 {
        match &self.phase {
            Phase::Session(session) if session.has_functions() => SHORT_TICK,
            _ => TICK,
        }
    }

    /// Receives available data, in a limited number of steps. Returns true if there may be more.
    fn receive(&mut self) -> Result<bool, End> {
        let sleeps = thread::sleeps();
        let steps = if self.single_steps == 0 { STEPS } else { 1 };
        self.single_steps = self.single_steps.saturating_sub(1);
        for _ in 0..steps {
            if self.waits() {
                return Ok(false);
            }
            self.replay();
            match self.receiver.receive(&self.link.socket)? {
                Received::Nothing => return Ok(false),
                Received::Part => {
                    self.note_progress();
                    return Ok(false);
                }
                Received::Header => self.begin()?,
                Received::Whole => {
                    self.complete()?;
                    // Sends the response before another attempt to receive.
                    if self.receiver.is_between() && !self.link.socket.has_data() {
                        return Ok(false);
                    }
                }
                Received::Corrupt => self.corrupt()?,
            }
            if thread::sleeps() != sleeps {
                self.single_steps = STEPS;
                break;
            }
        }
        Ok(true)
    }

    /// Passes the stored request with the expected CmdSN to the receiver. Returns true if there is
    /// one.
    fn replay(&mut self) -> bool {
        let Phase::Session(session) = &mut self.phase else {
            return false;
        };
        if !self.receiver.is_between() {
            return false;
        }
        let early = session.next_early(&mut self.sender);
        early.map(|early| self.receiver.replay(early)).is_some()
    }

    /// Records that a part of a PDU has arrived.
    fn note_progress(&mut self) {
        if let Phase::Session(session) = &mut self.phase {
            session.hear(matches!(self.receiver.sink(), Sink::Payload(_)));
        }
    }

    /// Handles a header, and sets the sink of its data segment.
    fn begin(&mut self) -> Result<(), End> {
        let request = self.receiver.request();
        let sink = match &mut self.phase {
            Phase::Login(login) => login.begin(&request)?,
            Phase::Session(session) => {
                let ahs = self.receiver.ahs();
                session.begin(&mut self.sender, &request, ahs)?
            }
        };
        *self.receiver.sink() = sink;
        self.take_from_ops()
    }

    /// Handles a PDU after its data segment was received.
    fn complete(&mut self) -> Result<(), End> {
        let request = self.receiver.request();
        let sink = self.receiver.take_sink();
        match &mut self.phase {
            Phase::Login(login) => {
                let Sink::Buffer(text) = sink else {
                    return Err(End::Now);
                };
                let next = login.complete(&self.portal, &mut self.sender, &request, &text)?;
                if let Next::Session(session) = next {
                    if session.is_normal() {
                        self.link.socket.set_receive_buffer(SESSION_BUFFER);
                    }
                    let agreed = &self.sender.agreed;
                    self.receiver
                        .set_digests(agreed.header_digest.crc32c, agreed.data_digest.crc32c);
                    self.phase = Phase::Session(session);
                }
            }
            Phase::Session(session) => {
                session.complete(&self.portal, &mut self.sender, &request, sink)?;
            }
        }
        Ok(())
    }

    /// Handles a PDU with a wrong data digest.
    fn corrupt(&mut self) -> Result<(), End> {
        let Phase::Session(session) = &mut self.phase else {
            return Err(End::Now);
        };
        let request = self.receiver.request();
        let sink = self.receiver.take_sink();
        session.corrupt(&mut self.sender, &request, sink)
    }

    /// Handles the work that ops have queued: writes with a payload, and task management functions
    /// that have ended.
    fn take_from_ops(&mut self) -> Result<(), End> {
        let request = self.receiver.request();
        let Phase::Session(session) = &mut self.phase else {
            return Ok(());
        };
        for pending in self.link.writes.take() {
            session.take_write(pending, &mut self.sender, &request, self.receiver.sink())?;
        }
        session.answer_functions(&mut self.sender)
    }

    /// Handles writes that were answered before their payload was allocated: their data are
    /// discarded. Returns true if the current data segment belongs to such a write.
    fn take_refused_writes(&mut self) -> bool {
        let mut any = false;
        while let Some(tag) = self.sender.take_refused_write() {
            if let Phase::Session(session) = &mut self.phase {
                session.forget(tag);
            }
            if matches!(*self.receiver.sink(), Sink::Awaited(awaited) if awaited == tag) {
                *self.receiver.sink() = Sink::Discard;
                any = true;
            }
        }
        any
    }

    /// Enforces timeouts, drops aborted writes, and requests a logout if asked to.
    fn tick(&mut self) -> Result<(), End> {
        if self.link.is_logout_requested() && self.logout_asked.is_none() {
            self.ask_for_logout()?;
        }
        if self.ticked.elapsed() < Delta::from_millis(self.timeout().into()) {
            return Ok(());
        }
        self.ticked = Instant::now();
        if let Some(asked) = self.logout_asked {
            if asked.elapsed() > Delta::from_secs(LOGOUT_SECONDS.into()) {
                return Err(End::Silent(
                    "the initiator has not logged out when asked to",
                ));
            }
        }
        match &mut self.phase {
            Phase::Login(login) => {
                let seconds = login.timeout().unwrap_or(self.portal.login_timeout());
                if self.begun.elapsed() > Delta::from_secs(seconds.into()) {
                    return Err(End::Silent(
                        "the initiator has not logged in within login_timeout",
                    ));
                }
                Ok(())
            }
            Phase::Session(session) => session.tick(&mut self.sender, self.receiver.sink()),
        }
    }

    /// Requests a logout with an Asynchronous Message. During login only starts the time limit.
    fn ask_for_logout(&mut self) -> Result<(), End> {
        self.logout_asked = Some(Instant::now());
        if matches!(self.phase, Phase::Session(_)) {
            self.sender.reply(Reply::logout_request(LOGOUT_SECONDS))?;
        }
        Ok(())
    }

    /// Ends the connection and its session.
    fn end(mut self, end: End) {
        self.log(&end);
        if let Phase::Session(session) = &self.phase {
            session.count_end(&end);
        }
        if let End::Rejected(reason, request) = end {
            self.send_last(Reply::reject(reason), request.as_bytes());
        }
        // Responses are sent before the logout response.
        let is_logout = matches!(end, End::LoggedOut(_)) && self.send_all();
        // In all other cases the connection is closed before the session ends, which may take as
        // long as the backstore does.
        match end {
            End::Now | End::Failed(_) | End::Corrupt | End::Silent(_) => {
                self.link.socket.shut_down()
            }
            End::LoggedOut(_) if !is_logout => self.link.socket.shut_down(),
            End::LoggedOut(_) => {}
            End::Answered | End::Rejected(..) => self.link.socket.shut_down_sending(),
        }
        // From here on ops cannot queue: writes fail, and responses are dropped unsent.
        drop(self.link.responses.close());
        drop(self.link.writes.close());
        self.sender.clear();
        *self.receiver.sink() = Sink::Discard;
        if let Phase::Session(session) = &mut self.phase {
            let is_idle = is_logout && self.link.outstanding() == 0;
            if !is_idle || !session.release_port() {
                session.end();
            }
        }
        if let End::LoggedOut(request) = end {
            let reply = Reply::logout(request.task_tag(), logout_response::CLOSED);
            self.send_last(reply, &[]);
            self.link.socket.shut_down_sending();
        }
    }

    /// Logs the reason for an unexpected end of a session or login.
    fn log(&self, end: &End) {
        let why = match end {
            End::Silent(why) => why,
            End::Corrupt => "a header has a wrong digest",
            End::Rejected(..) => "the initiator has violated the protocol",
            End::Failed(ENOMEM) => "memory is short",
            End::Failed(_) => "the connection is lost",
            End::Now | End::Answered | End::LoggedOut(_) => return,
        };
        match &self.phase {
            Phase::Session(session) => session.log_end(&self.link, why),
            Phase::Login(login) => login.log_end(&self.link, why),
        }
    }

    /// Sends the last reply.
    fn send_last(&mut self, reply: Reply, data: &[u8]) {
        let queued =
            copied(data).and_then(|data| self.sender.reply_with(reply, data, After::Close));
        if queued.is_ok() {
            self.send_all();
        }
    }

    /// Sends all queued PDUs, within a time limit. Returns true on success.
    fn send_all(&mut self) -> bool {
        let begun = Instant::<Monotonic>::now();
        while begun.elapsed() < Delta::from_millis(LAST_PDU.into()) {
            self.link.socket.clear_kick();
            match self.sender.send() {
                Ok(Sent::Blocked) => {}
                Ok(_) => return true,
                Err(_) => return false,
            }
            let interest = Interest {
                data: false,
                space: true,
            };
            self.link.socket.wait(interest, SHORT_TICK);
        }
        false
    }
}
