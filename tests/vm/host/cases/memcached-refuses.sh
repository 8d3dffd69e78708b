# SPDX-License-Identifier: MIT
# shows: memcached of Debian with the drop-in of examples/memcached starts empty, and
# clean, after SIGKILL and beside the description of memory that was dropped; what
# would make it abort or lose its items is refused, and changes nothing
# suites: trixie sid
# packages: trixie=memcached sid=memcached
# installs: hugepersist
# rest: sid trixie
# time: 600
. /hp/lib/memcached.sh

crashes() {
	# Debian's unit starts it again
	systemctl kill --signal=KILL memcached
	wait_for log_says "Failed with result 'signal'"
	empty
	fill_items
	# New memory beside an old description
	systemctl stop memcached
	[ -s "$mc_state/items.meta" ] || fail "no items.meta"
	hugepersist drop --yes memcached.service/memcached
	systemctl start memcached
	empty
	fill_items
}

# refuses_start WORDS: "systemctl restart" fails and the log says why
refuses_start() {
	! systemctl restart memcached || fail "memcached was started: $1"
	wait_for log_says "$1"
	systemctl stop memcached
	systemctl reset-failed memcached
}

refusals() {
	size 65
	refuses_start "-m 65 is no multiple of the page size: write -m 66"
	size 32
	refuses_start "-m 32 is too small for memcached on its own memory: write -m 64"
	size 64
	printf '%s\n' '[Service]' StateDirectoryMode=0755 >"$mc_dropins/z.conf"
	systemctl daemon-reload
	refuses_start "memcache cannot write in $mc_state, so memcached would lose all items"
	rm "$mc_dropins/z.conf"
	systemctl daemon-reload
	# The memory that is held has another size
	size 80
	systemctl start memcached
	wait_for log_says "the memory that is held has another size"
	systemctl stop memcached
	systemctl reset-failed memcached || true
	# After all of that
	size 64
	systemctl start memcached
	same
}

stage_1() {
	install_memcached 64
	first miss
	fill_items
	crashes
	refusals
}
