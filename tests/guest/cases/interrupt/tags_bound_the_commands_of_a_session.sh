# SPDX-License-Identifier: GPL-2.0-only
#
# A session has as many commands as tags. A tag is free again after its command, with the
# same slot; slots are made once, and dropped with the nexus.

. "$GUEST/interrupt_lib.sh"

portal_group
refused tell nexus "$A 0 999"
want given_back 1
refused tell nexus "$A 4 2"
want given_back 2
want slots_made 2
want slots_dropped 2
want sessions_dropped 2
nexus 4
want slots_made 6
tell submit ready 6
want no_tag 2
want executed 4
tell release all
want released 4
tell submit here ready 5
want no_tag 3
want executed 8
tell release all
want released 8
want slots_wrong 0
tell nexus end
want slots_dropped 6
want sessions_dropped 3
