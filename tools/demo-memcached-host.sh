# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154,SC2034
# The demo of memcached, on the host. tools/demo-memcached sets items and mib, and runs
# it with tests/vm/host/run-host.
# shows: memcached has all its items after a kernel update
# packages: sid=memcached
# installs: hugepersist
# time: 3600
. /hp/lib/memcached.sh

# uptime_us: since this kernel started
uptime_us() {
	sed -E 's/\.(..) .*/\10000/' /proc/uptime
}

# took NAME SINCE UNTIL: microseconds, as a value of the demo
took() {
	value "$1" $(($3 - $2)) us
}

# starts NAME WORD: from the order to start memcached to its first answer, a hit or a
# miss
starts() {
	local from have

	from=$(uptime_us)
	systemctl start --no-block memcached
	have=$(mc-items "$port" first)
	[ "${have% *}" = "$2" ] || fail "$1: item 0 is a ${have% *}, expected a $2"
	took "$1-answer" "$from" "${have#* }"
}

# all_same NAME: every item is compared
all_same() {
	local from

	from=$(uptime_us)
	mc-items "$port" same /hp/log/demo.items >/tmp/said || fail "$1: $(cat /tmp/said)"
	took "$1-compared" "$from" "$(uptime_us)"
	report "say $1: $(cat /tmp/said)"
}

stage_1() {
	report "say memcached is up on $(uname -r). Storing $items items"
	size "$mib"
	install_memcached $((mib / 2))
	# Not at boot: it is to be watched from its first moment
	systemctl disable memcached
	first miss
	note_items demo 0 "$items"
	value version "$(/usr/bin/memcached -V | cut -d ' ' -f 2)" version
	systemctl stop memcached
	starts restart hit
	all_same restart
	report "say Updating the kernel by systemctl kexec"
}

stage_2() {
	local from

	starts update hit
	all_same update
	systemctl stop memcached
	hugepersist drop --yes memcached.service/memcached
	report "say The memory is given up. Starting empty, and loading again"
	starts empty miss
	from=$(uptime_us)
	mc-items "$port" fill 0 "$items"
	took reload "$from" "$(uptime_us)"
}
