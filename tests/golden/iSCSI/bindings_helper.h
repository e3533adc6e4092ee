/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C headers for bindgen, which generates bindings.rs.
 */
#include <linux/configfs.h>
#include <scsi/scsi_proto.h>
#include <target/target_core_backend.h>
#include <target/target_core_base.h>
#include <target/target_core_fabric.h>
#include "target_helpers.h"

/* bindgen does not make a constant of a macro that casts. */
static const gfp_t RUST_CONST_HELPER_GFP_ATOMIC __maybe_unused = GFP_ATOMIC;
