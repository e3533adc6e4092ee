// SPDX-License-Identifier: GPL-2.0-only

//! A queue of commands on their way from the ops to a thread of the driver.
//!
//! An op that may be called in a hard interrupt can neither sleep nor allocate. Here it hands a
//! command over without a lock: each command has the link that it is queued by.

use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    mem,
    ptr,
    sync::atomic::{AtomicPtr, Ordering}, //
};

use crate::target::{
    task::{count, discount},
    Cmd,
    Completed,
    Operations,
    Pending,
    Reference,
    Response, //
};

/// What links a command to the one that was queued before it.
pub(super) struct Link<T: Operations>(UnsafeCell<*mut Cmd<T>>);

impl<T: Operations> Link<T> {
    /// The link of a command that is in no queue.
    pub(super) const fn new() -> Self {
        Self(UnsafeCell::new(ptr::null_mut()))
    }
}

/// A right to a command that may be queued: a [`Pending`] or a kept response.
///
/// # Safety
///
/// A command must have one such right at a time, which keeps it alive. The pointer that `into_cmd`
/// returns must be that command's.
pub unsafe trait Right: Sized + Send {
    /// The fabric.
    type Fabric: Operations;

    /// Gives the right away.
    fn into_cmd(self) -> *mut Cmd<Self::Fabric>;

    /// Takes the right back.
    ///
    /// # Safety
    ///
    /// `cmd` must come from [`Self::into_cmd`], and be taken back once.
    unsafe fn from_cmd(cmd: *mut Cmd<Self::Fabric>) -> Self;
}

// SAFETY: A command is either written to or complete, and target core grants each once.
unsafe impl<T: Operations> Right for Pending<T> {
    type Fabric = T;

    fn into_cmd(self) -> *mut Cmd<T> {
        let cmd = self.as_cmd();
        mem::forget(self);
        cmd
    }

    unsafe fn from_cmd(cmd: *mut Cmd<T>) -> Self {
        // SAFETY: By the requirements of this function.
        unsafe { Self::from_raw(cmd.cast()) }
    }
}

// SAFETY: As above. A response is kept once.
unsafe impl<T: Operations> Right for Reference<Completed<T>> {
    type Fabric = T;

    fn into_cmd(self) -> *mut Cmd<T> {
        let cmd = ptr::from_ref::<Completed<T>>(&self).cast_mut().cast();
        mem::forget(self);
        cmd
    }

    unsafe fn from_cmd(cmd: *mut Cmd<T>) -> Self {
        // SAFETY: By the requirements of this function.
        unsafe { Self::from_raw(cmd.cast()) }
    }
}

/// A queue that ops put commands into, in any context, and a thread takes them out of.
///
/// # Invariants
///
/// The pointer is null, [`Self::CLOSED`], or a command, linked to others up to null. The right to
/// each belongs to the queue, and nobody else touches its link.
pub struct CmdQueue<R: Right>(AtomicPtr<Cmd<R::Fabric>>);

impl<R: Right> CmdQueue<R> {
    /// Stands where nothing is put into the queue any more. No command is at this address.
    const CLOSED: *mut Cmd<R::Fabric> = 1 as *mut Cmd<R::Fabric>;

    /// A queue without commands.
    pub const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Queues a command; whether it is queued, and not refused by a queue that is closed.
    ///
    /// # Safety
    ///
    /// The right to the command must be given away with this call if it succeeds.
    unsafe fn push_cmd(&self, cmd: *mut Cmd<R::Fabric>) -> bool {
        let mut last = self.0.load(Ordering::Relaxed);
        loop {
            if last == Self::CLOSED {
                return false;
            }
            // SAFETY: By the requirements of this function the command is alive, and its link
            // nobody else's: a command has one right at a time.
            unsafe { (*cmd).link.0.get().write(last) };
            let queue = &self.0;
            match queue.compare_exchange_weak(last, cmd, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => last = now,
            }
        }
    }

    /// Hands a command over. Called in any context.
    ///
    /// # Errors
    ///
    /// The right, if the queue is closed.
    pub fn push(&self, right: R) -> Result<(), R> {
        let cmd = right.into_cmd();
        // SAFETY: The right has just been given away.
        if unsafe { self.push_cmd(cmd) } {
            Ok(())
        } else {
            // SAFETY: It was not taken.
            Err(unsafe { R::from_cmd(cmd) })
        }
    }

    /// Takes out all that is queued, to be used in the order in which it was put in. Called in any
    /// context.
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

    /// Closes the queue, and takes out what is in it. Called in any context.
    pub fn close(&self) -> Batch<R> {
        let last = self.0.swap(Self::CLOSED, Ordering::AcqRel);
        if last == Self::CLOSED {
            return Batch::empty();
        }
        Batch::new(last)
    }
}

impl<R: Right> Default for CmdQueue<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Operations> CmdQueue<Reference<Completed<T>>> {
    /// Hands over a response, as [`Response::keep`] does. If the queue is closed the response ends
    /// here, unsent. Called in any context, hard interrupts among them.
    pub fn push_response(&self, response: Response<'_, T>) {
        let completed: &Completed<T> = &response;
        count(completed);
        let cmd = ptr::from_ref(completed).cast_mut().cast();
        // SAFETY: The reference that was just counted is given away if the command is queued.
        if !unsafe { self.push_cmd(cmd) } {
            // SAFETY: The reference was just counted, and is not the last: target core has one
            // until the op has returned.
            unsafe { discount(completed) };
        }
    }
}

impl<R: Right> Drop for CmdQueue<R> {
    fn drop(&mut self) {
        drop(self.close());
    }
}

/// Commands that were taken out of a queue. Dropping it drops the rights.
///
/// # Invariants
///
/// The pointer is null or a command, linked to others up to null. The right to each belongs to
/// this, and nobody else touches its link.
pub struct Batch<R: Right>(*mut Cmd<R::Fabric>, PhantomData<R>);

impl<R: Right> Batch<R> {
    /// None.
    pub const fn empty() -> Self {
        Self(ptr::null_mut(), PhantomData)
    }

    /// Takes the commands that `last` is linked to, the one that came first at the front.
    fn new(mut last: *mut Cmd<R::Fabric>) -> Self {
        let mut front = ptr::null_mut();
        while !last.is_null() {
            // SAFETY: By the invariants of the queue, whose commands these were.
            let before = unsafe { (*last).link.0.get().replace(front) };
            front = last;
            last = before;
        }
        Self(front, PhantomData)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_null()
    }
}

// SAFETY: The rights may go to other threads.
unsafe impl<R: Right> Send for Batch<R> {}

impl<R: Right> Iterator for Batch<R> {
    type Item = R;

    fn next(&mut self) -> Option<R> {
        let cmd = self.0;
        if cmd.is_null() {
            return None;
        }
        // SAFETY: By the type's invariants. The right is given away, once.
        unsafe {
            self.0 = (*cmd).link.0.get().read();
            Some(R::from_cmd(cmd))
        }
    }
}

impl<R: Right> Drop for Batch<R> {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}
