// SPDX-License-Identifier: GPL-2.0-only

//! A queue that passes commands from the ops to a thread of the driver.
//!
//! An op that may be called in a hard interrupt can neither sleep nor allocate. This queue needs
//! neither, nor a lock: it is a list whose links are in the commands.

use core::{
    marker::PhantomData,
    mem,
    ptr,
    sync::atomic::{AtomicPtr, Ordering}, //
};

use crate::target::{
    cmd::SeCmd,
    task::{count, references},
    Cmd,
    Completed,
    Operations,
    Pending,
    Reference,
    Response, //
};

/// A value with which the driver may act on a command, once: a [`Pending`] or a response that was
/// kept. A [`CmdQueue`] holds such values.
///
/// # Safety
///
/// There must be at most one such value for a command at a time, and it must keep the command
/// alive. `into_cmd` must return the pointer to that command.
pub unsafe trait QueuedCmd: Sized + Send {
    /// The fabric.
    type Fabric: Operations;

    /// Turns the value into a pointer to its command.
    fn into_cmd(self) -> *mut Cmd<Self::Fabric>;

    /// Makes the value of the pointer again.
    ///
    /// # Safety
    ///
    /// `cmd` must come from [`Self::into_cmd`], and be taken back once.
    unsafe fn from_cmd(cmd: *mut Cmd<Self::Fabric>) -> Self;
}

// SAFETY: Target core calls `write_pending` for a command once, asks for a response only after the
// `Pending` is used up, and keeps the command until then.
unsafe impl<T: Operations> QueuedCmd for Pending<T> {
    type Fabric = T;

    fn into_cmd(self) -> *mut Cmd<T> {
        let cmd = self.cmd.as_ptr();
        mem::forget(self);
        cmd
    }

    unsafe fn from_cmd(cmd: *mut Cmd<T>) -> Self {
        // SAFETY: `cmd` comes from `into_cmd`, which has forgotten the one `Pending` of the
        // command, and is taken back once, by the requirements of this function.
        unsafe { Self::from_raw(cmd.cast()) }
    }
}

// SAFETY: Target core asks for a response once the `Pending` is used up, one at a time, and a
// response that is given back was not kept. The reference keeps the command alive.
unsafe impl<T: Operations> QueuedCmd for Reference<Completed<T>> {
    type Fabric = T;

    fn into_cmd(self) -> *mut Cmd<T> {
        let cmd = ptr::from_ref::<Completed<T>>(&self).cast_mut().cast();
        mem::forget(self);
        cmd
    }

    unsafe fn from_cmd(cmd: *mut Cmd<T>) -> Self {
        // SAFETY: `cmd` comes from `into_cmd`, which has forgotten a reference to the command, and
        // is taken back once, by the requirements of this function.
        unsafe { Self::from_raw(cmd.cast()) }
    }
}

/// A queue that ops put commands into, in any context, and a thread takes them out of.
///
/// # Invariants
///
/// The pointer is null, `CLOSED`, or the command that was queued last, whose link leads to
/// the one before it, and so on until null. The queue owns the right to each, and is the only user
/// of its link.
pub struct CmdQueue<R: QueuedCmd>(AtomicPtr<Cmd<R::Fabric>>);

impl<R: QueuedCmd> CmdQueue<R> {
    /// Marks a queue that is closed. No command is at this address.
    const CLOSED: *mut Cmd<R::Fabric> = 1 as *mut Cmd<R::Fabric>;

    /// A queue without commands.
    pub const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Queues a command, unless the queue is closed; returns whether it did.
    ///
    /// # Safety
    ///
    /// `cmd` must be a command that is alive, and the right to it the caller's. If this succeeds,
    /// the right must belong to the queue from then on.
    unsafe fn push_cmd(&self, cmd: *mut Cmd<R::Fabric>) -> bool {
        let mut last = self.0.load(Ordering::Relaxed);
        loop {
            if last == Self::CLOSED {
                return false;
            }
            // SAFETY: The command is alive, and the right to it the caller's, by the requirements
            // of this function: nobody else uses its link.
            unsafe { (*cmd).link.get().write(last) };
            let queue = &self.0;
            match queue.compare_exchange_weak(last, cmd, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => last = now,
            }
        }
    }

    /// Puts a command into the queue. Called in any context.
    ///
    /// # Errors
    ///
    /// Returns `right` if the queue is closed.
    pub fn push(&self, right: R) -> Result<(), R> {
        let cmd = right.into_cmd();
        // SAFETY: `into_cmd` has turned the right, which keeps the command alive, into the pointer:
        // it is the queue's if the queue takes the command.
        if unsafe { self.push_cmd(cmd) } {
            Ok(())
        } else {
            // SAFETY: `cmd` comes from `into_cmd`, and the queue has not taken it.
            Err(unsafe { R::from_cmd(cmd) })
        }
    }

    /// Takes out all commands, in the order in which they were put in. Called in any context.
    pub fn take(&self) -> Batch<R> {
        let mut last = self.0.load(Ordering::Relaxed);
        while !last.is_null() && last != Self::CLOSED {
            let (queue, none) = (&self.0, ptr::null_mut());
            match queue.compare_exchange_weak(last, none, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Batch::new(last),
                Err(now) => last = now,
            }
        }
        Batch::empty()
    }

    /// Closes the queue, and takes out the commands in it. Called in any context.
    pub fn close(&self) -> Batch<R> {
        let last = self.0.swap(Self::CLOSED, Ordering::AcqRel);
        if last == Self::CLOSED {
            return Batch::empty();
        }
        Batch::new(last)
    }
}

impl<R: QueuedCmd> Default for CmdQueue<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Operations> CmdQueue<Reference<Completed<T>>> {
    /// Keeps a response as [`Response::keep`] does, and queues it. If the queue is closed, the
    /// response is dropped unsent. Called in any context, hard interrupts included.
    pub fn push_response(&self, response: Response<'_, T>) {
        let completed: &Completed<T> = &response;
        count(completed);
        let cmd = ptr::from_ref(completed).cast_mut().cast();
        // SAFETY: The reference that was just counted keeps the command alive, and is the queue's
        // if the queue takes the command. The response is used up.
        if !unsafe { self.push_cmd(cmd) } {
            // SAFETY: The reference was just counted, and is not the last: target core has one
            // until the op has returned.
            unsafe { discount(completed) };
        }
    }
}

/// Drops a reference that [`count`] has taken.
///
/// # Safety
///
/// The reference must be the caller's, and not the last one.
unsafe fn discount<O: SeCmd>(object: &O) {
    references(object).fetch_sub(1, Ordering::Release);
}

impl<R: QueuedCmd> Drop for CmdQueue<R> {
    fn drop(&mut self) {
        drop(self.close());
    }
}

/// Commands that were taken out of a queue. Dropping it drops each right.
///
/// # Invariants
///
/// The pointer is null or a command, whose link leads to the next one, and so on until null. The
/// batch owns the right to each, and is the only user of its link.
pub struct Batch<R: QueuedCmd>(*mut Cmd<R::Fabric>, PhantomData<R>);

impl<R: QueuedCmd> Batch<R> {
    /// A batch without commands.
    pub const fn empty() -> Self {
        Self(ptr::null_mut(), PhantomData)
    }

    /// The list that ends with `last`, in the order in which the commands were queued.
    fn new(mut last: *mut Cmd<R::Fabric>) -> Self {
        let mut front = ptr::null_mut();
        while !last.is_null() {
            // SAFETY: `last` was in the queue, whose right to it is the batch's now: it is alive,
            // and nobody else uses its link.
            let before = unsafe { (*last).link.get().replace(front) };
            front = last;
            last = before;
        }
        Self(front, PhantomData)
    }

    /// Whether no command is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_null()
    }
}

// SAFETY: A batch owns its rights, which are `Send`.
unsafe impl<R: QueuedCmd> Send for Batch<R> {}

impl<R: QueuedCmd> Iterator for Batch<R> {
    type Item = R;

    fn next(&mut self) -> Option<R> {
        let cmd = self.0;
        if cmd.is_null() {
            return None;
        }
        // SAFETY: The right to `cmd` is the batch's, by the type's invariants, so `cmd` is alive
        // and comes from `into_cmd`. The batch goes on to the next, and does not take it again.
        unsafe {
            self.0 = (*cmd).link.get().read();
            Some(R::from_cmd(cmd))
        }
    }
}

impl<R: QueuedCmd> Drop for Batch<R> {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}
