// SPDX-License-Identifier: GPL-2.0-only

//! A queue of commands, from the ops to a thread of the driver.
//!
//! Ops called in hard interrupts can neither sleep nor allocate. This queue does neither, and takes
//! no lock: it is an intrusive list, linked through the commands.

use core::{
    marker::PhantomData,
    mem,
    ptr, //
};

use crate::target::{
    atomic::Atomic,
    cmd::SeCmd,
    list::{Linked, List},
    task::{count, references},
    Cmd,
    Completed,
    Operations,
    Pending,
    Reference,
    Response, //
};

/// An owned value of a command that a [`CmdQueue`] holds: a [`Pending`], or a response from
/// [`Response::keep`].
///
/// # Safety
///
/// At most one such value of a command must exist at a time, and it must keep the command alive.
/// `into_cmd` must return the pointer to that command.
pub unsafe trait QueuedCmd: Sized + Send {
    /// The fabric.
    type Fabric: Operations;

    /// Converts the value to a pointer to its command.
    fn into_cmd(self) -> *mut Cmd<Self::Fabric>;

    /// Converts the pointer back to the value.
    ///
    /// # Safety
    ///
    /// `cmd` must come from [`Self::into_cmd`]. This function must be called at most once for each
    /// such pointer.
    unsafe fn from_cmd(cmd: *mut Cmd<Self::Fabric>) -> Self;
}

// SAFETY: Target core calls `write_pending` once for a command, asks for a response only after the
// `Pending` is executed or dropped, and keeps the command alive until then.
unsafe impl<T: Operations> QueuedCmd for Pending<T> {
    type Fabric = T;

    fn into_cmd(self) -> *mut Cmd<T> {
        let cmd = self.cmd.as_ptr();
        mem::forget(self);
        cmd
    }

    unsafe fn from_cmd(cmd: *mut Cmd<T>) -> Self {
        // SAFETY: `cmd` comes from `into_cmd`, which has forgotten the `Pending` of the command,
        // and is converted back once, by the requirements of this function.
        unsafe { Self::from_raw(cmd.cast()) }
    }
}

// SAFETY: Target core asks for one response to a command at a time, after the `Pending` is executed
// or dropped. A response that an op returns as an error was not kept. The reference keeps the
// command alive.
unsafe impl<T: Operations> QueuedCmd for Reference<Completed<T>> {
    type Fabric = T;

    fn into_cmd(self) -> *mut Cmd<T> {
        let cmd = ptr::from_ref::<Completed<T>>(&self).cast_mut().cast();
        mem::forget(self);
        cmd
    }

    unsafe fn from_cmd(cmd: *mut Cmd<T>) -> Self {
        // SAFETY: `cmd` comes from `into_cmd`, which has forgotten a reference to the command, and
        // is converted back once, by the requirements of this function.
        unsafe { Self::from_raw(cmd.cast()) }
    }
}

// SAFETY: Both methods access the same field.
unsafe impl<T: Operations> Linked for Cmd<T> {
    unsafe fn link(this: *mut Self) -> *mut Self {
        // SAFETY: The command is alive, and its link in no other use, by the requirements of this
        // function.
        unsafe { (*this).link.get().read() }
    }

    unsafe fn set_link(this: *mut Self, to: *mut Self) {
        // SAFETY: As for `link`.
        unsafe { (*this).link.get().write(to) };
    }
}

/// A queue of commands. Ops push in any context; a thread takes all commands at once.
///
/// # Invariants
///
/// The list has commands from [`QueuedCmd::into_cmd`], and owns the value of each.
pub struct CmdQueue<Q: QueuedCmd>(List<Cmd<Q::Fabric>>);

impl<Q: QueuedCmd> CmdQueue<Q> {
    /// Creates an empty queue.
    pub const fn new() -> Self {
        Self(List::new(Atomic::new(ptr::null_mut())))
    }

    /// Queues a command. Called in any context.
    ///
    /// # Errors
    ///
    /// Returns `value` if the queue is closed.
    pub fn push(&self, value: Q) -> Result<(), Q> {
        let cmd = value.into_cmd();
        // SAFETY: `cmd` stands for `value`, which keeps the command alive and was the caller's. It
        // belongs to the queue if the queue takes the command.
        if unsafe { self.0.push(cmd) } {
            Ok(())
        } else {
            // SAFETY: `cmd` comes from `into_cmd`, and the queue has not taken it.
            Err(unsafe { Q::from_cmd(cmd) })
        }
    }

    /// Takes all commands, in the order in which they were queued. Called in any context.
    pub fn take(&self) -> Batch<Q> {
        // The list gives up the commands, in order, whose values it owned.
        Batch(self.0.take(), PhantomData)
    }

    /// Closes the queue and takes its commands. Called in any context.
    pub fn close(&self) -> Batch<Q> {
        Batch(self.0.close(), PhantomData)
    }
}

impl<Q: QueuedCmd> Default for CmdQueue<Q> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Operations> CmdQueue<Reference<Completed<T>>> {
    /// Keeps a response, as [`Response::keep`] does, and queues it. If the queue is closed, the
    /// response is dropped unsent. Called in any context, hard interrupts included.
    pub fn push_response(&self, response: Response<'_, T>) {
        let completed: &Completed<T> = &response;
        count(completed);
        let cmd = ptr::from_ref(completed).cast_mut().cast();
        // SAFETY: The reference counted above keeps the command alive, and belongs to the queue if
        // the queue takes the command. `response` is consumed.
        if !unsafe { self.0.push(cmd) } {
            // SAFETY: The reference was counted above, and is not the last one: target core holds
            // one until the op returns.
            unsafe { discount(completed) };
        }
    }
}

/// Drops a reference that [`count`] has taken.
///
/// # Safety
///
/// The caller must own the reference, which must not be the last one.
unsafe fn discount<O: SeCmd>(object: &O) {
    references(object).dec();
}

impl<Q: QueuedCmd> Drop for CmdQueue<Q> {
    fn drop(&mut self) {
        drop(self.close());
    }
}

/// Commands taken from a queue. Dropping the batch drops the value of each.
///
/// # Invariants
///
/// The pointer is null or a command. The link of each command points to the next one, or is null.
/// The batch owns the value of each command, and is the only user of its link.
pub struct Batch<Q: QueuedCmd>(*mut Cmd<Q::Fabric>, PhantomData<Q>);

impl<Q: QueuedCmd> Batch<Q> {
    /// Creates an empty batch.
    pub const fn empty() -> Self {
        Self(ptr::null_mut(), PhantomData)
    }

    /// Returns true if no command is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_null()
    }
}

// SAFETY: A batch owns its values, which are `Send`.
unsafe impl<Q: QueuedCmd> Send for Batch<Q> {}

impl<Q: QueuedCmd> Iterator for Batch<Q> {
    type Item = Q;

    fn next(&mut self) -> Option<Q> {
        let cmd = self.0;
        if cmd.is_null() {
            return None;
        }
        // SAFETY: The batch owns the value of `cmd`, by the type's invariants, so `cmd` is alive
        // and comes from `into_cmd`. The batch moves on to the next command, so it is converted
        // once.
        unsafe {
            self.0 = Linked::link(cmd);
            Some(Q::from_cmd(cmd))
        }
    }
}

impl<Q: QueuedCmd> Drop for Batch<Q> {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}
