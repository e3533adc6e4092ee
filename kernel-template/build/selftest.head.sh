#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Exercises the fabric module through configfs: what makes its tree, what is
# refused, what is in use, and what is left when all is gone. Needs root, the
# module loaded or where modprobe finds it, and target_core_mod; where one is
# missing, it changes nothing and exits with 4, as a kselftest does. Writes KTAP.
# However it ends, but for SIGKILL, what it has made is removed.

module="tcm_nab5000"
fabric="nab5000"
