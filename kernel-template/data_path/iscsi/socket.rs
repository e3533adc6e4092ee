// SPDX-License-Identifier: GPL-2.0-only

//! TCP sockets of the kernel's own.
//!
//! A [`Listener`] accepts connections and blocks. A [`Socket`] is a connection whose calls do not
//! block: a thread sends and receives what it can, and then waits in [`Socket::wait`] for the
//! network, for a [`Socket::kick`] of another thread's, or for the time to be over.
//!
//! A socket belongs to the network namespace of the task that has made its listener, and holds it.
//!
//! C header: [`include/linux/net.h`](srctree/include/linux/net.h)

mod address;
mod listener;
mod message;

use core::{
    net::SocketAddr,
    ptr::{self, NonNull},
    sync::atomic::{AtomicI32, Ordering}, //
};

use kernel::{ffi::c_int, prelude::*, time::Jiffies};

use crate::{
    bindings::{
        self,
        tcm_nab5000_can_splice as can_splice,
        tcm_nab5000_interface as interface_index,
        tcm_nab5000_kick as socket_kick,
        tcm_nab5000_may_log as is_within_limit,
        tcm_nab5000_wait as socket_wait, //
    },
    target::{Payload, PayloadMut}, //
};

use address::Address;
pub(crate) use listener::Listener;
use message::{counted, message, send_flags, Pages};

/// A `struct socket`. Dropping it closes it.
///
/// # Invariants
///
/// The pointer is that of a socket that belongs to this.
struct Raw(NonNull<bindings::socket>);

// SAFETY: The network locks what it changes of a socket, which any thread may close.
unsafe impl Send for Raw {}

// SAFETY: The network locks what it changes of a socket.
unsafe impl Sync for Raw {}

impl Raw {
    fn as_ptr(&self) -> *mut bindings::socket {
        self.0.as_ptr()
    }

    /// Ends both directions: who waits for the socket is woken. Called in process context; sleeps.
    fn shut_down(&self) {
        self.end(bindings::sock_shutdown_cmd_SHUT_RDWR);
    }

    fn end(&self, how: bindings::sock_shutdown_cmd) {
        // SAFETY: The socket is alive until this is dropped, by the type's invariants. The call
        // fails where there is nothing to end.
        let _ = unsafe { bindings::kernel_sock_shutdown(self.as_ptr(), how) };
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: The socket belongs to this, by the type's invariants, and is closed here once.
        unsafe { bindings::sock_release(self.as_ptr()) };
    }
}

/// Returns the number of a network interface, in the network namespace of the calling task; 0 for
/// an unknown name. Called in process context.
pub(crate) fn interface(name: &CStr) -> u32 {
    // SAFETY: The name ends with NUL.
    unsafe { interface_index(name.as_char_ptr()) }
}

/// Returns true if a line about another machine may go to the log: there are few of them in any
/// time, whatever machines do. Called in any context.
pub(crate) fn may_log() -> bool {
    // SAFETY: The function has no requirements.
    unsafe { is_within_limit() }
}

/// Events that a thread waits for, besides kicks and the end of the connection.
#[derive(Clone, Copy)]
pub(crate) struct Interest {
    /// Data to be received.
    pub(crate) data: bool,
    /// Room to send.
    pub(crate) space: bool,
}

/// A connection.
pub(crate) struct Socket {
    raw: Raw,
    /// Set by [`Self::kick`], cleared by [`Self::clear_kick`].
    kicked: AtomicI32,
}

impl Socket {
    /// Sets how many bytes the network keeps that are not received yet. It takes twice as much
    /// memory at most. Called in process context; sleeps.
    pub(crate) fn set_receive_buffer(&self, bytes: u32) {
        // SAFETY: The socket was accepted, so it has a `sk`, and is alive while it is borrowed. The
        // network bounds the number.
        unsafe { bindings::sock_set_rcvbuf((*self.raw.as_ptr()).sk, bytes as c_int) };
    }

    /// Receives bytes that are there, at most as many as fit. Called in process context.
    ///
    /// # Errors
    ///
    /// [`EAGAIN`] if there are none yet, `EPIPE` if there will be no more, and what else
    /// `recv(2)` fails with.
    pub(crate) fn receive(&self, to: &mut [u8]) -> Result<usize> {
        let vector = bindings::kvec {
            iov_base: to.as_mut_ptr().cast(),
            iov_len: to.len(),
        };
        let mut message = message(0);
        // SAFETY: The vector and `to`, which is valid for writes, outlive the message, and the
        // iterator describes them.
        unsafe {
            let direction = bindings::ITER_DEST;
            bindings::iov_iter_kvec(&mut message.msg_iter, direction, &vector, 1, to.len());
            self.receive_message(&mut message)
        }
    }

    /// Receives bytes that are there straight into `payload`, from `offset` on, at most `count`.
    /// Called in process context.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if they do not all lie in the payload; else as [`Self::receive`].
    pub(crate) fn receive_payload(
        &self,
        payload: &mut PayloadMut<'_>,
        offset: u32,
        count: u32,
    ) -> Result<usize> {
        let pages = Pages::new(payload, offset, count)?;
        let mut message = message(0);
        // SAFETY: The pages are the payload's, which outlives the message, and which its borrower
        // alone may change.
        unsafe {
            pages.iterate(&mut message.msg_iter, bindings::ITER_DEST);
            self.receive_message(&mut message)
        }
    }

    /// # Safety
    ///
    /// The memory that the iterator of `message` describes must be valid for writes.
    unsafe fn receive_message(&self, message: &mut bindings::msghdr) -> Result<usize> {
        let flags = bindings::MSG_DONTWAIT as c_int;
        // SAFETY: The socket is alive while it is borrowed. What the message describes is valid for
        // writes, by the requirements of this function.
        let received = unsafe { bindings::sock_recvmsg(self.raw.as_ptr(), message, flags) };
        match counted(received)? {
            0 => Err(EPIPE),
            count => Ok(count),
        }
    }

    /// Sends bytes, as many as there is room for. `more` says that others follow at once. Called in
    /// process context.
    ///
    /// # Errors
    ///
    /// [`EAGAIN`] if there is no room, [`EPIPE`] if the connection is gone, and what else `send(2)`
    /// fails with.
    pub(crate) fn send(&self, from: &[u8], more: bool) -> Result<usize> {
        let vector = bindings::kvec {
            iov_base: from.as_ptr().cast_mut().cast(),
            iov_len: from.len(),
        };
        let mut message = message(send_flags(more));
        // SAFETY: The vector and `from` outlive the message, and the iterator describes them. They
        // are only read.
        unsafe {
            let direction = bindings::ITER_SOURCE;
            bindings::iov_iter_kvec(&mut message.msg_iter, direction, &vector, 1, from.len());
            self.send_message(&mut message)
        }
    }

    /// Sends `count` bytes of `payload` from `offset` on, as many as there is room for, without a
    /// copy: the network holds the pages until they are acknowledged. Called in process context.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if they do not all lie in the payload; else as [`Self::send`].
    pub(crate) fn send_payload(
        &self,
        payload: &Payload<'_>,
        offset: u32,
        count: u32,
        more: bool,
    ) -> Result<usize> {
        let pages = Pages::new(payload, offset, count)?;
        let mut message = message(send_flags(more || pages.length < count as usize));
        let vectors = pages.vectors.as_ptr().cast();
        // SAFETY: The pages are the payload's, which outlives the message. They are only read, and
        // the network takes references to those that it keeps longer: `can_splice` says that they
        // have some.
        unsafe {
            if can_splice(vectors, pages.count) {
                message.msg_flags |= bindings::MSG_SPLICE_PAGES;
            }
            pages.iterate(&mut message.msg_iter, bindings::ITER_SOURCE);
            self.send_message(&mut message)
        }
    }

    /// # Safety
    ///
    /// The memory that the iterator of `message` describes must be valid for reads.
    unsafe fn send_message(&self, message: &mut bindings::msghdr) -> Result<usize> {
        // SAFETY: The socket is alive while it is borrowed. What the message describes is valid for
        // reads, by the requirements of this function.
        counted(unsafe { bindings::sock_sendmsg(self.raw.as_ptr(), message) })
    }

    /// Waits for what is of `interest`, or until the connection ends, or somebody kicks, or
    /// `milliseconds` are over. Returns for how long. Called in process context; sleeps.
    pub(crate) fn wait(&self, interest: Interest, milliseconds: u32) -> Jiffies {
        let data = u32::from(interest.data) * bindings::TCM_SOCKET_DATA;
        let space = u32::from(interest.space) * bindings::TCM_SOCKET_SPACE;
        let (socket, kicked) = (self.raw.as_ptr(), self.kicked.as_ptr().cast());
        // SAFETY: The socket and `kicked` are alive while they are borrowed, and an `atomic_t` is
        // an integer like `kicked`.
        let waited = unsafe { socket_wait(socket, kicked, data | space, milliseconds) };
        waited as Jiffies
    }

    /// Clears the kick. Call it before you look at what a kick may be about: then one that comes
    /// later ends the next [`Self::wait`] at once.
    pub(crate) fn clear_kick(&self) {
        self.kicked.swap(0, Ordering::AcqRel);
    }

    /// Has [`Self::wait`] return. Called in any context.
    pub(crate) fn kick(&self) {
        // SAFETY: The socket and `kicked` are alive while they are borrowed, and an `atomic_t` is
        // an integer like `kicked`.
        unsafe { socket_kick(self.raw.as_ptr(), self.kicked.as_ptr().cast()) };
    }

    /// Ends the connection, in both directions. Called in process context; sleeps.
    pub(crate) fn shut_down(&self) {
        self.raw.shut_down();
    }

    /// Ends sending: the other end notices once it has all that was sent. Called in process
    /// context; sleeps.
    pub(crate) fn shut_down_sending(&self) {
        self.raw.end(bindings::sock_shutdown_cmd_SHUT_WR);
    }

    /// The address of this end.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        self.address(bindings::kernel_getsockname)
    }

    /// The address of the other end.
    pub(crate) fn peer_address(&self) -> Option<SocketAddr> {
        self.address(bindings::kernel_getpeername)
    }

    /// The address that one of C's two functions for it tells.
    fn address(&self, tell: GetName) -> Option<SocketAddr> {
        let mut address = Address::zeroed();
        // SAFETY: The socket is alive while it is borrowed, and `address` has room for the longest.
        let length = unsafe { tell(self.raw.as_ptr(), ptr::from_mut(&mut address).cast()) };
        address.get().filter(|_| length > 0)
    }
}

/// `kernel_getsockname()` or `kernel_getpeername()`.
type GetName = unsafe extern "C" fn(*mut bindings::socket, *mut bindings::sockaddr) -> c_int;
