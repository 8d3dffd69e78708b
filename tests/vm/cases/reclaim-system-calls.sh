# SPDX-License-Identifier: MIT
# shows: one hp_region_reclaim() makes six system calls, and which
# hugepages: 4
stage_1() {
	reclaim first >/tmp/ready &
	wait_for grep -q ready /tmp/ready
}

# Between the marks, in order of the first call of each name: "name count".
calls() {
	awk '
		/reclaim-ends/ { inside = 0 }
		# What C libraries make fstat(3) of differs.
		inside { sub(/\(.*/, ""); sub(/^newfstatat$/, "fstat")
			if (!count[$0]++) order[++n] = $0 }
		/reclaim-begins/ { inside = 1; seen++ }
		END { for (i = 1; i <= n; i++) print order[i], count[order[i]]
			if (seen != 1) print "marks", seen + 0 }
	' "$1"
}

# ioctl     LUO_RETRIEVE_FD: the file comes back as a descriptor
# fcntl     twice: close-on-exec, as mm/memfd_luo.c does not promise it; and can
#           it be written, since a region is to be
# fstat     its length, and the memory that it has: less than its length would
#           read as zeros
# fstatfs   its page size
# mmap      here it is
expected='ioctl 1
fcntl 2
fstat 1
fstatfs 1
mmap 1'

stage_2() {
	local found

	strace -o /tmp/calls reclaim next
	found=$(calls /tmp/calls)
	if [ "$found" != "$expected" ]; then
		cat /tmp/calls
		fail "expected: $(echo "$expected" | tr '\n' ' ') - strace saw: $(echo "$found" | tr '\n' ' ')"
	fi
	# Control: one more is noticed.
	sed '/reclaim-ends/i close(3) = 0' </tmp/calls >/tmp/more
	[ "$(calls /tmp/more)" != "$expected" ] || fail "one call more is not noticed"
	value reclaim-system-calls 6 calls
}
