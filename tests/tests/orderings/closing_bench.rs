// SPDX-License-Identifier: GPL-2.0-only

//! Scenarios of the end of a session, with target core as its C source has it: the removal of node
//! ACLs (`target_shutdown_sessions`), the last command, and users of a handle.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use loom::sync::Mutex;
use loom::sync::atomic::{AtomicBool, AtomicUsize, fence};
use loom::thread;

use super::closing::{self, Closable, CloseRequest, Ending, UserCount, end, request_close};
use crate::memory::{Event, Memory};
use crate::target::atomic::Atomic;
use crate::target::compat::Refcount;

impl closing::Event for Event {
    fn complete_all(&self) {
        self.complete();
    }

    fn wait_for_completion(&self) {
        self.wait();
    }
}

/// The data of a session.
struct Data {
    counts: AtomicUsize,
    memory: Memory,
    request: CloseRequest,
    called: Event,
}

impl Closable for Data {
    type Event = Event;

    fn request(&self) -> &CloseRequest {
        &self.request
    }

    fn called(&self) -> &Event {
        &self.called
    }
}

/// A count of the data of a session. The last one ends them.
struct Count(Arc<Data>);

impl Deref for Count {
    type Target = Data;

    fn deref(&self) -> &Data {
        self.0.memory.used();
        &self.0
    }
}

impl Clone for Count {
    fn clone(&self) -> Self {
        self.counts.fetch_add(1, Relaxed);
        Self(self.0.clone())
    }
}

impl Count {
    /// Drops the count.
    fn put(self) {
        if self.counts.fetch_sub(1, Release) == 1 {
            fence(Acquire);
            self.0.memory.free();
        }
    }
}

/// A session of target core, its nexus, and the users of its handles.
struct Bench {
    session: Memory,
    is_stopped: AtomicBool,
    is_listed: AtomicBool,
    /// Held in read-side critical sections of RCU, the spinlock of the session list among them.
    section: Mutex<()>,
    last_command: Event,
    users: UserCount,
    unused: Event,
    data: Arc<Data>,
}

impl Bench {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            session: Memory::new(),
            is_stopped: AtomicBool::new(false),
            is_listed: AtomicBool::new(true),
            section: Mutex::new(()),
            last_command: Event::new(),
            users: UserCount::new(Refcount::new(1)),
            unused: Event::new(),
            data: Arc::new(Data {
                // That of the nexus and that of the session.
                counts: AtomicUsize::new(2),
                memory: Memory::new(),
                request: CloseRequest::new(Atomic::new(false)),
                called: Event::new(),
            }),
        })
    }

    /// The removal of the node ACL.
    fn remove_node_acl(&self) {
        let section = self.section.lock().unwrap();
        if self.is_stopped.load(Relaxed) || !self.is_listed.load(Relaxed) {
            return;
        }
        self.is_listed.store(false, Relaxed);
        drop(section);
        self.session.used();
        let op = request_close(&Count(self.data.clone()));
        assert!(op.request.is_made());
        op.put();
    }

    /// The end of the last command.
    fn end_command(&self) {
        let _section = self.section.lock().unwrap();
        self.last_command.complete();
        self.session.used();
    }

    /// The end of the nexus.
    fn drop_nexus(&self) {
        end(self);
        self.session.free();
        Count(self.data.clone()).put();
        Count(self.data.clone()).put();
    }
}

impl Ending for Bench {
    fn stop(&self) {
        self.is_stopped.store(true, Relaxed);
    }

    fn wait_for_users(&self) {
        self.users.wait(&self.unused);
    }

    fn wait_for_commands(&self) {
        self.last_command.wait();
    }

    fn wait_for_grace_period(&self) {
        drop(self.section.lock().unwrap());
    }

    fn is_listed(&self) -> bool {
        self.is_listed.load(Relaxed)
    }

    fn wait_for_close(&self) {
        self.data.called.wait();
    }
}

/// A close request during the end of the nexus finds the session alive, or is not made.
fn close_request_finds_its_session() {
    let bench = Bench::new();
    let closer = bench.clone();
    let closer = thread::spawn(move || closer.remove_node_acl());
    bench.last_command.complete();
    bench.drop_nexus();
    closer.join().unwrap();
}

/// The last command of a session uses it until its end.
fn last_command_finds_its_session() {
    let bench = Bench::new();
    let command = bench.clone();
    let command = thread::spawn(move || command.end_command());
    bench.drop_nexus();
    command.join().unwrap();
}

/// A user of a handle finds the session alive, or none.
fn user_finds_its_session() {
    let bench = Bench::new();
    let user = |bench: Arc<Bench>| {
        thread::spawn(move || {
            if bench.users.add() {
                bench.session.used();
                bench.users.remove(&bench.unused);
            }
        })
    };
    let users = [bench.clone(), bench.clone()].map(user);
    bench.last_command.complete();
    bench.drop_nexus();
    for user in users {
        user.join().unwrap();
    }
    assert!(!bench.users.add());
}

/// A driver that sees the request sees all that target core did before.
fn request_is_seen_with_its_cause() {
    let bench = Bench::new();
    let cause = Arc::new(Memory::new());
    let (closer, made) = (bench.clone(), cause.clone());
    let closer = thread::spawn(move || {
        made.written();
        request_close(&Count(closer.data.clone())).put();
    });
    if bench.data.request.is_made() {
        cause.written();
    }
    closer.join().unwrap();
}

pub(crate) const SCENARIOS: [(&str, fn()); 4] = [
    (
        "close request finds its session",
        close_request_finds_its_session,
    ),
    (
        "last command finds its session",
        last_command_finds_its_session,
    ),
    ("user finds its session", user_finds_its_session),
    (
        "request is seen with its cause",
        request_is_seen_with_its_cause,
    ),
];
