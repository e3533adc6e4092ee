// SPDX-License-Identifier: GPL-2.0-only

//! Commands by tag: their memory is in the session, and made before the first of them.
//!
//! A session that [`Nexus::with_slots`] creates has a pool of tags, as many as it may have
//! commands. With each tag goes the memory of a command and a slot, which has what the driver
//! allocates for a command, such as buffers and requests of a controller. So nothing is allocated
//! for a command, and [`Session::tag`] and [`Tag::submit`] may be called in an interrupt.
//!
//! C header: [`include/linux/sbitmap.h`](srctree/include/linux/sbitmap.h)

use core::{
    mem::{self, ManuallyDrop, MaybeUninit},
    ptr,
    ptr::NonNull, //
};

use kernel::{
    ffi::{c_int, c_void},
    prelude::*, //
};

use crate::{
    bindings,
    target::{
        atomic::Relaxed,
        compat::raw_try_init,
        nexus::Slots,
        Buffer,
        Cmd,
        CmdMemory,
        Cpu,
        Direction,
        Nexus,
        Operations,
        ProtectionOps,
        Refusal,
        RefusedLogin,
        Request,
        Session,
        SessionData,
        Tpg, //
    },
};

/// The memory of a tag, in the array that target core allocates for the session.
#[repr(C)]
struct Element<T: Operations, S> {
    cmd: MaybeUninit<Cmd<T>>,
    number: u32,
    slot: S,
}

/// The memory of commands with tags and slots: the [`Operations::CmdMemory`] of a fabric whose
/// sessions come from [`Nexus::with_slots`].
///
/// # Invariants
///
/// `element` is that of a tag that is taken, in a session that outlives the value.
pub struct TaggedCmd<T: Operations, S> {
    element: NonNull<Element<T, S>>,
    length: Option<u32>,
    direction: Direction,
    cpu: Option<Cpu>,
}

// SAFETY: The slot is `Send` and `Sync`, and the command uninitialized while the value exists.
unsafe impl<T: Operations, S: Send + Sync> Send for TaggedCmd<T, S> {}

impl<T: Operations, S> TaggedCmd<T, S> {
    /// Returns the elements of a session, and their number.
    ///
    /// # Safety
    ///
    /// `session` must be a session of `T` with a pool of tags, and alive.
    unsafe fn elements(session: *mut bindings::se_session) -> (NonNull<Element<T, S>>, u32) {
        // SAFETY: `session` is alive and has a pool, by the requirements of this function, so it
        // has an array, which does not change.
        unsafe {
            let array = NonNull::new_unchecked((*session).sess_cmd_map);
            (array.cast(), (*session).sess_tag_pool.sb.depth)
        }
    }
}

// SAFETY: Target core allocates the array with the size of an element, and `with_slots` checks the
// alignment. `into_raw` gives away an element whose tag is taken, so it is in no other use. There
// are no scatterlists.
unsafe impl<T: Operations, S: Send + Sync + 'static> CmdMemory<T> for TaggedCmd<T, S> {
    const IS_IN_SESSION: bool = true;

    type Released<'a> = Tag<'a, T, S>;

    fn buffer(&self) -> Buffer {
        Buffer {
            length: self.length,
            direction: self.direction,
            data: (ptr::null_mut(), 0),
            protection: (ptr::null_mut(), 0),
            is_unprotected: false,
        }
    }

    #[inline]
    fn cpu(&self) -> Option<Cpu> {
        self.cpu
    }

    fn into_raw(self) -> *mut Cmd<T> {
        self.element.as_ptr().cast()
    }

    unsafe fn from_raw(cmd: *mut Cmd<T>) -> Self {
        Self {
            // SAFETY: `cmd` comes from `into_raw`, by the requirements of this function.
            element: unsafe { NonNull::new_unchecked(cmd.cast()) },
            length: None,
            direction: Direction::NONE,
            cpu: None,
        }
    }

    unsafe fn released<'a>(self) -> Self::Released<'a> {
        let cmd: *const Cmd<T> = self.element.as_ptr().cast();
        // SAFETY: `Session::submit` has set the session of the command, and the C part is not used
        // otherwise. The session is not removed during `'a`, by the requirements of this function.
        let session = unsafe { Session::from_raw((*(*cmd).inner.get()).se_sess) };
        Tag {
            session,
            element: self.element,
            cpu: None,
        }
    }

    unsafe fn end(session: *mut bindings::se_session) {
        // SAFETY: The session has slots, since `Nexus::new` refuses this memory. No command is left
        // that could borrow one, and they are dropped once, by the requirements of this function.
        unsafe {
            let (elements, count) = Self::elements(session);
            drop_slots(elements, count);
        }
    }
}

/// Drops the slots of the first `count` elements.
///
/// # Safety
///
/// The slots must be initialized, and not used afterwards.
unsafe fn drop_slots<T: Operations, S>(elements: NonNull<Element<T, S>>, count: u32) {
    for index in 0..count as usize {
        // SAFETY: The slot is initialized and not used afterwards, by the requirements of this
        // function.
        unsafe { ptr::addr_of_mut!((*elements.as_ptr().add(index)).slot).drop_in_place() };
    }
}

/// The state of [`init_slots`].
struct Setup<F> {
    count: u32,
    slot: F,
}

/// Called by `target_setup_session()` for a session that is not registered yet: makes its slots.
///
/// # Safety
///
/// `session` must have a pool of `Element<T, S>`. `private` must be the data of the session, with a
/// `Setup<F>` in no other use, and the number of elements of the pool in it.
unsafe extern "C" fn init_slots<T, S, I, F>(
    _tpg: *mut bindings::se_portal_group,
    session: *mut bindings::se_session,
    private: *mut c_void,
) -> c_int
where
    T: Operations,
    I: PinInit<S, Error>,
    F: FnMut(u32) -> I,
{
    // SAFETY: `private` is the data of the session, with a `Setup<F>`, by the requirements of this
    // callback.
    let setup = unsafe {
        let data: *const SessionData<T> = private.cast();
        &mut *(*data).setup.load(Relaxed).cast::<Setup<F>>()
    };
    // SAFETY: The session has an array of this type, by the requirements of this callback.
    let (elements, _) = unsafe { TaggedCmd::<T, S>::elements(session) };
    for number in 0..setup.count {
        let init = (setup.slot)(number);
        // SAFETY: The element is one of the array, which is not used yet and does not move.
        let result = unsafe {
            let element = elements.as_ptr().add(number as usize);
            ptr::addr_of_mut!((*element).number).write(number);
            raw_try_init(ptr::addr_of_mut!((*element).slot), init)
        };
        if let Err(error) = result {
            // SAFETY: The elements before this one have slots. Target core frees the array next.
            unsafe { drop_slots(elements, number) };
            return error.to_errno();
        }
    }
    0
}

impl<T, S> Nexus<T>
where
    T: Operations<CmdMemory = TaggedCmd<T, S>>,
    S: Send + Sync + 'static,
{
    /// Logs `initiator` in, as [`Nexus::new`] does, to a session for `depth` commands at a time.
    /// Each gets a slot from `slot`, which is called with its number, from 0, and must not log in
    /// or out or look up a node ACL: the lock of logins is held. The slots are dropped when the
    /// nexus ends, after its last command.
    ///
    /// # Errors
    ///
    /// As [`Nexus::new`]. Also returns the error of a slot, and [`EINVAL`] if `depth` is 0 or the
    /// memory for all commands does not fit into 2 GiB.
    pub fn with_slots<I: PinInit<S, Error>>(
        tpg: &Tpg<T>,
        initiator: &CStr,
        protection: ProtectionOps,
        data: impl PinInit<T::Session, Error>,
        depth: u32,
        slot: impl FnMut(u32) -> I,
    ) -> Result<Self, RefusedLogin<T>> {
        fn callback<T: Operations, S, I: PinInit<S, Error>, F: FnMut(u32) -> I>(
            _: &Setup<F>,
        ) -> unsafe extern "C" fn(
            *mut bindings::se_portal_group,
            *mut bindings::se_session,
            *mut c_void,
        ) -> c_int {
            init_slots::<T, S, I, F>
        }
        const {
            assert!(
                mem::align_of::<Element<T, S>>() <= mem::align_of::<u64>(),
                "target core allocates the memory of tags with kmalloc()'s least alignment"
            );
        }
        let data = SessionData::new(tpg, data)?;
        let size = mem::size_of::<Element<T, S>>() as u32;
        let whole = depth.checked_mul(size);
        if !whole.is_some_and(|whole| (1..=i32::MAX as u32).contains(&whole)) {
            return Err(RefusedLogin::new(EINVAL, data));
        }
        let mut setup = Setup { count: depth, slot };
        let slots = Slots {
            count: depth,
            size,
            callback: Some(callback::<T, S, I, _>(&setup)),
            setup: ptr::from_mut(&mut setup).cast(),
        };
        // SAFETY: The callback gets the data of the session, with `setup`, which is in no other
        // use, and a pool of `depth` tags.
        unsafe { Self::log_in(data, initiator, protection, slots) }
    }
}

/// A tag of a session that no command has. Dropping it gives it back, in any context.
///
/// # Invariants
///
/// The tag is taken from the pool of `session`, and `element` is its memory.
pub struct Tag<'a, T: Operations, S> {
    session: &'a Session<T>,
    element: NonNull<Element<T, S>>,
    cpu: Option<Cpu>,
}

/// A command that was not submitted to target core.
pub struct RefusedTag<'a, T: Operations, S> {
    /// Reason for the refusal.
    pub reason: Refusal,
    /// The tag.
    pub tag: Tag<'a, T, S>,
    /// The driver's data.
    pub data: T::Cmd,
}

impl<T, S> Session<T>
where
    T: Operations<CmdMemory = TaggedCmd<T, S>>,
    S: Send + Sync + 'static,
{
    /// Takes a tag, or returns `None` if commands have them all. Called in any context, hard
    /// interrupts included.
    pub fn tag(&self) -> Option<Tag<'_, T, S>> {
        let session = self.0.get();
        // SAFETY: The session is alive while it is borrowed, and has a pool, since `Nexus::new`
        // refuses this memory. The function may be called in any context; a move to another
        // processor meanwhile only makes its hint useless.
        let number = unsafe { bindings::__sbitmap_queue_get(&raw mut (*session).sess_tag_pool) };
        let number = usize::try_from(number).ok()?;
        // SAFETY: As above. The number is that of an element of the array.
        let element = unsafe {
            let (elements, _) = TaggedCmd::<T, S>::elements(session);
            NonNull::new_unchecked(elements.as_ptr().add(number))
        };
        Some(Tag {
            session: self,
            element,
            cpu: None,
        })
    }
}

impl<'a, T: Operations, S> Tag<'a, T, S> {
    /// Returns the number of the tag, from 0.
    pub fn number(&self) -> u32 {
        // SAFETY: The element is alive, by the type's invariants. `init_slots` has set the number,
        // which does not change.
        unsafe { (*self.element.as_ptr()).number }
    }

    /// Makes target core execute the command on a processor, in place of that of the caller.
    pub fn on_cpu(mut self, cpu: Cpu) -> Self {
        self.cpu = Some(cpu);
        self
    }
}

impl<'a, T, S> Tag<'a, T, S>
where
    T: Operations<CmdMemory = TaggedCmd<T, S>>,
    S: Send + Sync + 'static,
{
    /// Submits a command with this tag. The tag is free after the op `release_cmd` for it.
    ///
    /// `length` and `direction` are those of the data, as for [`BoxedCmd`](super::BoxedCmd::new).
    /// Called in process context. If submission is queued, as for [`Session::submit`], also called
    /// in any other context, hard interrupts included.
    ///
    /// # Errors
    ///
    /// Returns [`RefusedTag`] with the reason, the tag and the data.
    pub fn submit(
        self,
        length: Option<u32>,
        direction: Direction,
        data: T::Cmd,
        request: &Request<'_>,
    ) -> Result<(), RefusedTag<'a, T, S>> {
        let session = self.session;
        let memory = self.into_memory(length, direction);
        let refused = match session.submit(memory, data, request) {
            Ok(()) => return Ok(()),
            Err(refused) => refused,
        };
        Err(RefusedTag {
            reason: refused.reason,
            tag: Tag {
                session,
                element: refused.memory.element,
                cpu: refused.memory.cpu,
            },
            data: refused.data,
        })
    }
}

impl<T: Operations, S> Tag<'_, T, S> {
    /// Converts the tag to the memory of a command.
    fn into_memory(self, length: Option<u32>, direction: Direction) -> TaggedCmd<T, S> {
        let tag = ManuallyDrop::new(self);
        TaggedCmd {
            element: tag.element,
            length,
            direction,
            cpu: tag.cpu,
        }
    }
}

impl<T: Operations, S> Drop for Tag<'_, T, S> {
    fn drop(&mut self) {
        let session = self.session.0.get();
        let cmd: *const Cmd<T> = self.element.as_ptr().cast();
        // SAFETY: The session is alive while it is borrowed, and the tag is taken, by the type's
        // invariants. The command is zeroed or is the last one with this tag, so `cpuid` is that of
        // a possible processor: the pool has a hint for each.
        unsafe {
            let cpu = (*(*cmd).inner.get()).cpuid as u32;
            let pool = &raw mut (*session).sess_tag_pool;
            bindings::sbitmap_queue_clear(pool, self.number(), cpu);
        }
    }
}

impl<T, S> Cmd<T>
where
    T: Operations<CmdMemory = TaggedCmd<T, S>>,
    S: Send + Sync + 'static,
{
    /// Returns the slot of the command.
    pub fn slot(&self) -> &S {
        let element: *const Element<T, S> = ptr::from_ref(self).cast();
        // SAFETY: A command of this fabric is in an `Element`, at its beginning. Its slot is not
        // dropped before the last command of the session is released.
        unsafe { &*ptr::addr_of!((*element).slot) }
    }

    /// Returns the number of the command's tag, from 0.
    pub fn slot_number(&self) -> u32 {
        let element: *const Element<T, S> = ptr::from_ref(self).cast();
        // SAFETY: As for `slot`. The number does not change.
        unsafe { ptr::addr_of!((*element).number).read() }
    }
}
