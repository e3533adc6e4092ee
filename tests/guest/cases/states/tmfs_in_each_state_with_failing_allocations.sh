# SPDX-License-Identifier: GPL-2.0-only
#
# Each TMF, of each session, for a command in each state, with each of its allocations failing once.

. "$GUEST/states_lib.sh"

two_sessions
need_failing_memory
settled()
{
	ended 52 || is_held "write 50 aborted"
}
for state in write response; do
	case $state in
	write) submit="$a 50 0 write 512 01 $WRITE" finish="execute 50" ;;
	response) submit="$a 50 0 read 512 00 $READ" finish="send 50" ;;
	esac
	tell hold ${state}s
	for who in $a $b; do
		for what in "abort 50" reset; do
			tell submit $submit
			held $state 50
			# A successful TMF ends the command: submit another.
			each_allocation write $TPG/tmr "$who 51 0 $what" $TPG/finish "$finish" \
				$TPG/submit "$submit" || fail "$state $who $what"
			held $state 50
			tell results clear
			tell tmr $who 52 0 $what
			retry 20 settled || fail "$state $who $what: not begun"
			must "$finish" tell finish $finish
			retry 20 ended 52 || fail "$state $who $what: no answer"
		done
	done
done
tell hold nothing
