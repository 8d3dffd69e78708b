# SPDX-License-Identifier: MIT
# shows: one hp_region_reclaim() makes eleven system calls, and which
# hugepages: 4
stage_1() {
	reclaim first >/tmp/ready &
	wait_for grep -q ready /tmp/ready
}

# Between the marks, in order of the first call of each name: "name count".
calls() {
	awk '
		/reclaim-ends/ { inside = 0 }
		# What C libraries make fstat(3) and readlink(3) of differs.
		inside { sub(/\(.*/, ""); sub(/^newfstatat$/, "fstat")
			sub(/^readlinkat$/, "readlink")
			if (!count[$0]++) order[++n] = $0 }
		/reclaim-begins/ { inside = 1; seen++ }
		END { for (i = 1; i <= n; i++) print order[i], count[order[i]]
			if (seen != 1) print "marks", seen + 0 }
	' "$1"
}

# ioctl     LUO_RETRIEVE_FD: the file comes back as a descriptor
# fcntl     close-on-exec, as mm/memfd_luo.c does not promise it; and twice, can it
#           be written, since a region is to be
# fstat     which file it is, for the table that a forked child closes; its length,
#           and the memory that it has: less than its length would read as zeros;
#           and is it the same still when it is mapped
# readlink  is it a session, of which all share one inode
# fstatfs   twice: its page size
# mmap      here it is
expected='ioctl 1
fcntl 3
fstat 3
readlink 1
fstatfs 2
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
	value reclaim-system-calls 11 calls
}
