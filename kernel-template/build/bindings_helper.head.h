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
