# SPDX-License-Identifier: MIT
# shows: memcached of Debian, unmodified, with the drop-in of examples/memcached, has
# all its items again: after restarts, after a stop and a start, and after two kexecs.
# systemd 252 (bookworm) gives the memory up at a stop; 252 and 257 (trixie) do not
# hand it to the next kernel: there memcached starts empty, and clean
# packages: bookworm=memcached trixie=memcached sid=memcached
# installs: hugepersist
# rest: bookworm trixie
# time: 600
. /hp/lib/memcached.sh

# The id that a client has seen before is good, and once only
compare_and_swap() {
	local id said

	id=$(mc 'gets item:000000000' | sed -n 's/^VALUE .* //p')
	said=$(mc "cas item:000000000 0 0 8 $id" 12345678 "cas item:000000000 0 0 8 $id" 87654321)
	[ "$said" = "$(printf 'STORED\nEXISTS')" ] || fail "cas $id: $said"
}

# An item whose lifetime ends while memcached is not there, and one that goes on
lifetimes() {
	local said

	said=$(mc 'set short 0 4 1' x 'set long 0 600 1' y)
	[ "$said" = "$(printf 'STORED\nSTORED')" ] || fail "two items: $said"
	systemctl stop memcached
	sleep 5
	systemctl start memcached
	same
	said=$(mc 'get short' 'get long')
	[ "$said" = "$(printf 'END\nVALUE long 0 1\ny\nEND')" ] || fail "the lifetimes: $said"
}

stage_1() {
	first miss
	install_memcached
	first miss
	fill_items
	systemctl restart memcached
	first hit
	# At once: the drop-in waits for the clock
	systemctl restart memcached
	same
	if [ "$suite" = bookworm ]; then
		systemctl stop memcached
		systemctl start memcached
		empty
		fill_items
	else
		lifetimes
	fi
	systemctl daemon-reexec
	systemctl restart memcached
	same
}

stage_2() {
	if [ "$suite" != sid ]; then
		# The description of the items lay on the disk
		wait_for log_says "no metadata save file, starting with a clean cache"
		empty
		fill_items
		systemctl restart memcached
		same
		verdict 0 passed
	fi
	same
	compare_and_swap
	fill_items
	# This update finds it stopped
	systemctl stop memcached
	next_by=update
}

stage_3() {
	answers 0 '1 session with 1 region came back: 64 MiB' verify
	same
	compare_and_swap
	fill_items
	systemctl restart memcached
	same
}
