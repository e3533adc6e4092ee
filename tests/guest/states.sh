#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# states.sh MISUSE KO ROUNDS: commands in each state, and what comes then: the
# module that KO is holds them for user space. MISUSE is the program.

. "${0%/*}/lib.sh"

MISUSE=$1
KO=$2
ROUNDS=$3

FABRIC=$T/hold
PORT=$FABRIC/naa.5001405000000001
TPG=$PORT/tpgt_1
A=naa.5001405000000aaa
B=naa.5001405000000bbb

READ=28000000000000000100
WRITE=2a000000000000000100
TUR=000000000000

# each_allocation WORDS...: the program's call, with each allocation failing; on a
# kernel without faults, nothing.
each_allocation()
{
	[ -d $F ] || return 0
	"$MISUSE" "$@"
}

section()
{
	echo "--- $*"
}

# tell ATTRIBUTE WORDS...
tell()
{
	file=$TPG/$1
	shift
	echo "$*" > "$file"
}

# must TEXT COMMAND...
must()
{
	what=$1
	shift
	"$@" || fail "$what: $*; held: $(cat $TPG/held) results: $(cat $TPG/results)"
}

# refused COMMAND...
refused()
{
	! "$@" 2> /dev/null || fail "not refused: $*"
}

# result TAG TEXT: how a command ended. ended TAG: that it did.
result()
{
	retry 20 grep -q "^$1 $2" $TPG/results ||
		fail "$1: want $2, have $(cat $TPG/results); held: $(cat $TPG/held)"
}

ended()
{
	grep -q "^$1 " $TPG/results
}

held()
{
	retry 20 grep -q "^$*" $TPG/held || fail "not held: $*, but $(cat $TPG/held)"
}

aborted()
{
	sed -n 's/^aborted \([0-9]*\).*/\1/p' $TPG/held
}

# released COUNT: so many commands have been released.
released()
{
	retry 20 grep -q "released $1\$" $TPG/held || fail "want $1 released: $(cat $TPG/held)"
}

# log_in NAME: SESSION is its number.
log_in()
{
	must "login" tell login "$1"
	SESSION=$(sed -n '$s/ .*//p' $TPG/login)
}

mkdir -p /var/target/pr /etc/target
[ -d $F ] && echo N > $F/ignore-gfp-wait
[ -d $F ] && echo 0 > $F/verbose

section "the n-th allocation fails while the module is loaded"
# Each load takes a second, and the loader has most of the allocations.
each_allocation load "$KO" tcm_hold $((ROUNDS > 100 ? 1 : 41)) || fail "load"
modprobe tcm_hold || exit 1
mkdir $FABRIC

section "the n-th allocation fails while directories are made"
mkdir $PORT || fail "no port"
each_allocation mkdir $FABRIC/naa.5001405000000002 || fail "wwn"
each_allocation mkdir $TPG || fail "tpg"
mkdir $TPG || fail "no portal group"
each_allocation mkdir $TPG/acls/$A || fail "node ACL"
each_allocation mkdir $TPG/lun/lun_1 || fail "LUN"
ramdisk hold 4
link $TPG "$BACKSTORE"

section "no login before the portal group is enabled"
refused tell login $A
echo 1 > $TPG/enable || fail "cannot enable"
mkdir -p $PORT/tpgt_2 && echo 1 > $PORT/tpgt_2/enable || fail "second portal group"
[ "$(cat $TPG/rtpi)" != "$(cat $PORT/tpgt_2/rtpi)" ] || fail "one RTPI for two groups"
[ "$(wc -l < $FABRIC/groups)" -eq 2 ] || fail "not both groups are listed"
rmdir $PORT/tpgt_2
grep -qx "naa.5001405000000001 1" $FABRIC/groups || fail "the group is not listed"
log_in $A
a=$SESSION
log_in $B
b=$SESSION

section "data, with a length of the initiator's and without"
tell submit $a 1 0 write 512 171 $WRITE
result 1 "status 00"
tell submit $a 2 0 read 512 0 $READ
result 2 "status 00 sense 0/00/00 residual =0 payload 512 ab"
tell submit $a 3 0 read cdb 0 $READ
result 3 "status 00 sense 0/00/00 residual =0 payload 512 ab"
tell submit $a 4 0 write cdb 205 2a000000010000004000
result 4 "status 00"
tell submit $a 5 0 read cdb 0 28000000010000004000
result 5 "status 00 sense 0/00/00 residual =0 payload 32768 cd"
tell submit $a 6 0 none 0 0 $TUR
result 6 "status 00"
tell submit $a 7 1 read 512 0 $READ
result 7 "status 02 sense 5/25/00"
tell submit $a 8 0 read 512 0 ff000000000000000000
result 8 "status 02 sense 5/20/00"

section "residuals both ways"
tell submit $a 10 0 read 1024 0 $READ
result 10 "status 00 sense 0/00/00 residual -512 payload 512 ab"
tell submit $a 11 0 read 256 0 $READ
result 11 "status .. sense ./../.. residual +256"
tell submit $a 12 0 write 1024 0 $WRITE
result 12 "status 02 sense 5/0e/03 residual -512"
tell submit $a 13 0 write 256 0 $WRITE
result 13 "status 02 sense 5/0e/03 residual +256"
tell submit $a 14 0 read 8 0 120000002400
result 14 "status 00 sense 0/00/00 residual +28 payload 8"
tell submit $a 15 0 read 255 0 120000002400
result 15 "status 00 sense 0/00/00 residual -219 payload 36"

section "the RTPI in VPD page 83h"
tell submit $a 16 0 read 1024 0 120183040000
result 16 "status 00"
rtpi=$(printf '%04x' "$(($(cat $TPG/rtpi)))")
xxd -p $TPG/data | tr -d '\n' | grep -q "51940004""0000$rtpi\|61940004""0000$rtpi\|94000400""00$rtpi" ||
	fail "no RTPI $rtpi in $(xxd $TPG/data)"

section "what is given back to target core comes again"
tell refuse 3
tell submit $a 20 0 read 512 0 $READ
result 20 "status 00 sense 0/00/00 residual =0 payload 512 ab"

section "a write that waits for data is aborted"
tell hold writes
tell results clear
n=$(aborted)
tell submit $a 30 0 write 512 1 $WRITE
held write 30 waits
tell tmr $a 31 0 abort 30
held write 30 aborted
ended 31 && fail "answered before the driver gave the command back"
must "execute" tell finish execute 30
result 31 "status 01"
[ "$(aborted)" -eq $((n + 1)) ] || fail "not aborted"
ended 30 && fail "an aborted command was answered"
tell submit $a 32 0 write 512 1 $WRITE
held write 32 waits
tell tmr $a 33 0 abort 32
held write 32 aborted
must "fail" tell finish fail 32
result 33 "status 01"

section "the logical unit is reset by another session"
tell submit $a 34 0 write 512 1 $WRITE
tell submit $b 35 0 write 512 1 $WRITE
held write 34 waits
held write 35 waits
tell tmr $b 36 0 reset
held write 34 aborted
held write 35 aborted
ended 36 && fail "reset before the driver gave the commands back"
must "execute" tell finish execute 34
must "fail" tell finish fail 35
result 36 "status 01"
# TAS: the one that another session has aborted is told so.
result 34 "status 40"
ended 35 && fail "a command that its own session has aborted was answered"

section "a task management function is aborted by a reset"
tell submit $a 45 0 write 512 1 $WRITE
held write 45 waits
tell tmr $a 46 0 abort 45
held write 45 aborted
tell tmr $b 47 0 reset
sleep 0.5
must "execute" tell finish execute 45
result 46 "status ff"
result 47 "status 01"

section "a write without data fails"
tell submit $a 37 0 write 512 1 $WRITE
held write 37 waits
must "fail" tell finish fail 37
result 37 "status 02 sense b/29/03"

section "a response that is held is not aborted"
tell hold responses
tell submit $a 40 0 read 512 0 $READ
held response 40
tell tmr $a 41 0 abort 40
result 41 "status 02"
tell tmr $b 42 0 reset
result 42 "status 01"
must "send" tell finish send 40
# Each kind of end, for a command in each state, from this session or another.
for state in write response; do
	for who in $a $b; do
		for what in abort reset; do
			tell hold ${state}s
			tell results clear
			if [ $state = write ]; then
				tell submit $a 50 0 write 512 1 $WRITE
			else
				tell submit $a 50 0 read 512 0 $READ
			fi
			held $state 50
			case $what in
			abort) tell tmr $who 51 0 abort 50 ;;
			reset) tell tmr $who 51 0 reset ;;
			esac
			sleep 0.1
			case $state in
			write) must "execute" tell finish execute 50 ;;
			response) must "send" tell finish send 50 ;;
			esac
			retry 20 ended 51 || fail "$state $who $what: no answer"
			[ $state = write ] && { tell hold nothing; tell finish send 50 2> /dev/null; }
		done
	done
done
tell hold nothing

section "a nexus ends with a command in each state"
tell hold writes
log_in $A
tell submit $SESSION 60 0 write 512 1 $WRITE
held write 60 waits
tell logout $SESSION &
sleep 0.3
kill -0 $! 2> /dev/null || fail "the nexus did not wait for a write"
must "fail" tell finish fail 60
wait $!
tell hold responses
log_in $A
tell submit $SESSION 61 0 read 512 0 $READ
held response 61
tell logout $SESSION &
sleep 0.3
kill -0 $! 2> /dev/null || fail "the nexus did not wait for a response"
must "send" tell finish send 61
wait $!
tell hold nothing
log_in $A
tell stop $SESSION
refused tell submit $SESSION 62 0 read 512 0 $READ
refused tell tmr $SESSION 63 0 reset
tell logout $SESSION

section "a node ACL that is held"
mkdir $TPG/acls/$A || fail "no node ACL"
refused tell acl naa.5001405000000fff 0
tell logout $a
tell acl $A 1500 &
HOLDER=$!
sleep 0.3
rmdir $TPG/acls/$A &
sleep 0.3
kill -0 $! 2> /dev/null || fail "the node ACL did not wait"
wait $! || fail "the node ACL is still there"
wait $HOLDER || fail "node ACL not found"

section "the n-th allocation fails while initiators log in and commands are submitted"
tell results clear
log_in $A
a=$SESSION
echo 1 > "$BACKSTORE/attrib/submit_type"
each_allocation write $TPG/submit "$a 70 0 read 512 0 $READ" || fail "submit"
each_allocation write $TPG/submit "$a 71 0 write 512 0 $WRITE" || fail "submit"
each_allocation write $TPG/tmr "$a 72 0 reset" || fail "tmr"
echo 0 > "$BACKSTORE/attrib/submit_type"
sed 's/ .*//' $TPG/login > $SCRATCH/before
each_allocation write $TPG/login naa.5001405000000ccc || fail "login"
for session in $(sed 's/ .*//' $TPG/login); do
	grep -qx "$session" $SCRATCH/before || tell logout "$session"
done

section "sessions of one initiator of demo mode come and go at once"
for session in $(sed 's/ .*//' $TPG/login); do
	tell logout "$session"
done
i=0
while [ $i -lt "$ROUNDS" ]; do
	tell login $A & tell login $A & tell login $A &
	wait
	for session in $(sed 's/ .*//' $TPG/login); do
		tell logout "$session" &
	done
	wait
	i=$((i + 1))
done

section "a node ACL goes while its sessions come, go and submit"
i=0
while [ $i -lt "$ROUNDS" ]; do
	mkdir $TPG/acls/$A || fail "no node ACL"
	tell login $A || fail "no login"
	for session in $(sed 's/ .*//' $TPG/login); do
		tell logout "$session" 2> /dev/null &
		tell submit "$session" $((1000 + i)) 0 read 512 0 $READ 2> /dev/null &
	done
	tell login $A 2> /dev/null &
	login=$!
	rmdir $TPG/acls/$A || fail "the node ACL stays"
	wait $login
	for session in $(sed 's/ .*//' $TPG/login); do
		tell logout "$session"
	done
	wait
	i=$((i + 1))
done

section "a LUN goes while commands come"
log_in $A
i=0
while [ $i -lt "$ROUNDS" ]; do
	tell submit $SESSION $((2000 + i)) 0 write 512 0 $WRITE &
	unlink $TPG || fail "cannot unlink"
	wait
	link $TPG "$BACKSTORE"
	i=$((i + 1))
done

section "persistent reservations with lists that are cut short"
# REGISTER with SPEC_I_PT: what the list says of its own length is the pattern.
lengths="0 8 24 27 28 52 72"
patterns="0 5 255"
if [ "$ROUNDS" -gt 100 ]; then
	lengths="$lengths 1 20 23 25 29 32 48 64 255"
	patterns="$patterns 1 15 69"
fi
for length in $lengths; do
	for pattern in $patterns; do
		tell submit $SESSION 80 0 write $length $pattern \
			5f0000000000000000$(printf %02x $length)
		retry 20 ended 80 || fail "no answer to a list of $length bytes"
		tell results clear
	done
done

section "attributes take any text"
"$MISUSE" texts $TPG || fail "texts"
tell refuse 0

section "everything goes at once"
echo 1 > $TPG/enable 2> /dev/null
log_in $A
a=$SESSION
tell hold writes
tell submit $a 90 0 write 512 1 $WRITE
held write 90
echo 0 > $TPG/enable || fail "cannot disable"
refused tell submit $a 91 0 read 512 0 $READ
refused tell login $A
echo 1 > $TPG/enable || fail "cannot enable"
log_in $A
tell hold responses
tell submit $SESSION 92 0 read 512 0 $READ
held response 92
unlink $TPG || fail "cannot unlink"
rmdir $TPG || fail "the portal group stays"
drop_backstore "$BACKSTORE"
rmdir $PORT && rmdir $FABRIC && rmmod tcm_hold || fail "cannot unload"
echo "--- complete"
