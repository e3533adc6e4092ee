# SPDX-License-Identifier: GPL-2.0-only
#
# Writes arguments for rustc: a --cfg for each feature of the kernel. The features
# are those of kernel_probes.rs, by rustc's messages on it, and the fields of the
# ops that target/ops.rs names, by their presence in bindgen's output.
#
# usage: awk -f kernel_probes.awk part=probes kernel_probes.rs \
#	part=messages - part=ops target/ops.rs \
#	part=bindings bindings_tested.rs
#
# The last line of the messages is the exit status of rustc. A message that does
# not belong to a probe means that the tools are broken, not that the kernel is old.

part == "probes" && /^use .*; \/\/ / {
	probe[FNR] = $NF
}

part == "messages" {
	messages = messages $0 "\n"
	status = $0
}

part == "messages" && /error(\[E[0-9]+\])?: / && !/^error: aborting/ {
	line = $0
	sub(/^.*kernel_probes\.rs:/, "", line)
	sub(/:.*$/, "", line)
	if (/error\[E0432\]/ && line in probe && probe[line] != "control")
		absent[probe[line]] = 1
	else
		failed = 1
	errors++
}

part == "ops" {
	line = $0
	while (match(line, /ops_has_[a-z_]+/)) {
		field[substr(line, RSTART + 8, RLENGTH - 8)] = 1
		line = substr(line, RSTART + RLENGTH)
	}
}

part == "bindings" {
	for (name in field)
		if ($0 ~ ("pub (fn set_)?" name " ?[(:]"))
			has[name] = 1
}

END {
	if (failed || status !~ /^[0-9]+$/ || (status != 0 && !errors)) {
		printf "%s", messages | "cat >&2"
		exit 1
	}
	for (line in probe)
		if (probe[line] != "control" && !(probe[line] in absent))
			print "--cfg=" probe[line]
	for (name in has)
		print "--cfg=ops_has_" name
}
