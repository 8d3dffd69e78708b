# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# What clients wait while another process works on much memory. A case that measures
# this has a function "measure NAME", which reports what its clients waited.

# while_loop NAME COMMAND...: measure while the command runs again and again
while_loop() {
	local name=$1 loop
	shift

	: >/tmp/rounds
	(until [ -e /tmp/enough ]; do "$@" >/tmp/loop 2>&1 || exit 1; echo >>/tmp/rounds; done) &
	loop=$!
	wait_for test -s /tmp/rounds
	measure "$name"
	: >/tmp/enough
	wait $loop || fail "$name: $(cat /tmp/loop)"
	rm /tmp/enough /tmp/rounds
}

# values: the lines NAME NUMBER UNIT of stdin, as values that the case measured
values() {
	local name number unit

	while read -r name number unit; do
		value "$name" "$number" "$unit"
	done
}

# rounds_of NAME: how many rounds the other process made so far
rounds_of() {
	local rounds=0

	[ ! -e /tmp/rounds ] || rounds=$(wc -l </tmp/rounds)
	value "$1-rounds" "$rounds" rounds
}

# make_file SIZE: of pages of 2 MiB, for preserves
make_file() {
	mkdir -p /tmp/huge
	mount -t hugetlbfs -o pagesize=2M none /tmp/huge
	fallocate -l "$1" /tmp/huge/file
}

# Computes and nothing else: what any other program would cost the clients
computes() {
	local i=0

	while [ $i -lt 20000 ]; do
		i=$((i + 1))
	done
}

preserves() {
	luo <<-'END'
		open m /tmp/huge/file
		create s
		preserve s m 1
		close s
	END
}

# tries KERNEL: the trial of an update into this kernel
tries() {
	hugepersist update "$1" --append="$(cat /proc/cmdline) hugetlb_preserve=on" --initrd=none --dry-run
}
