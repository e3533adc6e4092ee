// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves, when the module is built, that Rust and C lay out each struct alike:
 * bindgen, which made the Rust types, and the C compiler. The object is empty.
 *
 * Kbuild has the assertions made by layout_guard.awk.
 */
#include <linux/build_bug.h>
#include <linux/stddef.h>

#include "bindings_helper.h"

#define LAYOUT_FAULT(type) KBUILD_MODNAME ": C and Rust disagree on " type \
	": pass the same flags (-D, ccflags-y) to both; see Kbuild"

#define LAYOUT_SIZE(type, size) \
	static_assert(sizeof(type) == (size), LAYOUT_FAULT(#type))

#define LAYOUT_OFFSET(type, field, offset) \
	static_assert(offsetof(type, field) == (offset), LAYOUT_FAULT(#type))

#include "layout_generated.h"
