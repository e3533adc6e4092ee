// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asserts at build time that the structs of bindgen and of the C compiler have
 * the same layout. The object is empty.
 *
 * layout_guard.awk generates the assertions.
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
