#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests the fabric module through configfs: creation and removal of its tree,
# refused names, and reference counts. Needs root, the module, loaded or installed,
# and target_core_mod. If one of them is missing, it changes nothing and exits with
# 4, like a kselftest. Writes KTAP. Unless killed by SIGKILL, it removes what it has
# created.

module="tcm_nab5000"
fabric="nab5000"
