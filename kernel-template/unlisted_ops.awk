# SPDX-License-Identifier: GPL-2.0-only
#
# Writes a Rust constant with the ops of the kernel's header that the module does
# not list, and warns of each unlisted field. The slot of such an op stays NULL;
# any other field stays zero.
#
# usage: awk -f unlisted_ops.awk part=ops target/ops.rs \
#	part=bindings bindings_tested.rs

part == "ops" && /const VTABLE: / {
	in_table = 1
}

part == "ops" && /\.\.Self::REST/ {
	in_table = 0
}

part == "ops" && in_table && $1 ~ /^[a-z_0-9]+:$/ {
	listed[substr($1, 1, length($1) - 1)] = 1
}

part == "bindings" && /pub struct target_core_fabric_ops/ {
	in_struct = 1
}

part == "bindings" && in_struct {
	text = text " " $0
	# bindgen without rustfmt writes the whole struct on one line.
	in_struct = $0 !~ /\}/
}

END {
	if (!sub(/^.*pub struct target_core_fabric_ops ?\{/, "", text)) {
		print "unlisted_ops.awk: no ops in bindings_tested.rs" | "cat >&2"
		exit 1
	}
	sub(/\}.*$/, "", text)
	count = split(text, fields, /pub /)
	for (i = 2; i <= count; i++) {
		name = fields[i]
		sub(/ ?:.*$/, "", name)
		if (name in listed || name ~ /^_/)
			continue
		kind = "field"
		if (fields[i] ~ /Option/) {
			kind = "op"
			ops = ops "\"" name "\", "
		}
		print "warning: the " kind " `" name "` of this kernel is not in target/ops.rs " \
			"and stays unset; to add it: tcm-mod-builder sync DIR" | "cat >&2"
	}
	print "pub(crate) const UNLISTED_OPS: &[&str] = &[" ops "];"
}
