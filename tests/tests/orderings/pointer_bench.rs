// SPDX-License-Identifier: GPL-2.0-only

//! Scenarios of the pointer of a slot: readers and those who replace it.

use std::ptr;
use std::sync::Arc;

use loom::sync::{Condvar, Mutex};
use loom::thread;

use super::pointer::{Pointer, Readers};
use crate::memory::Memory;
use crate::target::atomic::Atomic;

/// The readers. They order less than SRCU: an empty set of readers orders nothing.
struct Count {
    readers: Mutex<usize>,
    changed: Condvar,
}

/// A reader.
struct Guard<'a>(&'a Count);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            *self.0.readers.lock().unwrap() -= 1;
            self.0.changed.notify_all();
        }
    }
}

impl Readers for Count {
    type Guard<'a> = Guard<'a>;

    fn read_lock(&self) -> Guard<'_> {
        *self.readers.lock().unwrap() += 1;
        Guard(self)
    }

    fn synchronize(&self) {
        let mut readers = self.readers.lock().unwrap();
        while *readers != 0 {
            readers = self.changed.wait(readers).unwrap();
        }
    }
}

/// A slot and the values that it gets.
struct Bench {
    pointer: Pointer<Memory>,
    readers: Count,
    values: [Memory; 2],
}

impl Bench {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            pointer: Pointer::new(Atomic::new(ptr::null_mut())),
            readers: Count {
                readers: Mutex::new(0),
                changed: Condvar::new(),
            },
            values: [Memory::new(), Memory::new()],
        })
    }

    /// Writes to a value and puts it into the slot.
    fn put(&self, index: usize) {
        let value = &self.values[index];
        value.written();
        self.replace(ptr::from_ref(value).cast_mut());
    }

    /// Replaces the pointer and ends the value that it had.
    fn replace(&self, new: *mut Memory) {
        let old = self.pointer.replace(new, &self.readers);
        // SAFETY: The values live as long as the bench.
        if let Some(old) = unsafe { old.as_ref() } {
            old.free();
        }
    }

    fn read(&self) {
        let (value, _guard) = self.pointer.read(&self.readers);
        // SAFETY: As for `replace`.
        if let Some(value) = unsafe { value.as_ref() } {
            value.used();
        }
    }
}

/// A reader sees a value whole, and until it has ended.
fn value_outlives_its_readers() {
    let bench = Bench::new();
    let reader = bench.clone();
    let reader = thread::spawn(move || reader.read());
    bench.put(0);
    bench.replace(ptr::null_mut());
    reader.join().unwrap();
}

/// The value that was replaced is whole, whoever made it.
fn replaced_value_is_whole() {
    let bench = Bench::new();
    let other = bench.clone();
    let other = thread::spawn(move || other.put(0));
    bench.put(1);
    other.join().unwrap();
    bench.replace(ptr::null_mut());
    assert!(bench.pointer.get().is_null());
}

pub(crate) const SCENARIOS: [(&str, fn()); 2] = [
    ("value outlives its readers", value_outlives_its_readers),
    ("replaced value is whole", replaced_value_is_whole),
];
