# SPDX-License-Identifier: MIT
# shellcheck shell=dash disable=SC2154,SC2034
# The demo of a guest of QEMU, on the host. tools/demo-vm runs it with
# tests/vm/host/run-host.
# shows: a guest goes on after a kernel update of its host
# packages: sid=qemu-system-x86 sid=python3
# installs: hugepersist
# qemu: yes
# time: 1800
. /hp/lib/qemu.sh

# frames: where the guest's huge pages are in the memory of the host, one a line
frames() {
	python3 - "$(pidof qemu-system-x86_64)" <<-'END'
		import struct, sys
		proc = "/proc/" + sys.argv[1]
		with open(proc + "/maps") as maps, open(proc + "/pagemap", "rb") as pagemap:
		    for line in maps:
		        start, end = (int(a, 16) for a in line.split()[0].split("-"))
		        if "memfd:" not in line or end - start != 64 << 20:
		            continue
		        for at in range(start, end, 2 << 20):
		            pagemap.seek(at // 4096 * 8)
		            entry, = struct.unpack("Q", pagemap.read(8))
		            print(entry & (1 << 55) - 1 if entry >> 63 else "absent")
	END
}

# before: what an event is compared with
before() {
	frames >/hp/frames
	behind >/hp/behind
	counted >/hp/from
}

# event NAME GENERATION: it goes on after that; what is to be told of it
event() {
	local lag

	counts_on
	lag=$(behind)
	frames >/tmp/frames
	went_on "$2"
	gap "$(cat /hp/from)"
	one_life
	value "$1-before" "$last_count" count
	value "$1-after" "$next_count" count
	value "$1-pause" "$pause_ms" ms
	value "$1-gap" "$gap_ms" ms
	value "$1-state" "$(stat -c %s "$place/devices")" bytes
	value "$1-pages" "$(grep -c '^[1-9]' /tmp/frames)" pages
	value "$1-same" "$(awk 'NR == FNR { was[FNR] = $1; next } $1 + 0 && was[FNR] == $1 { n++ } END { print n + 0 }' \
		/hp/frames /tmp/frames)" pages
	value "$1-behind" $((lag - $(cat /hp/behind))) ms
	report "say It went on from $last_count after $pause_ms ms"
	# Some counts at its usual speed
	sleep 5
	before
}

stage_1() {
	local began

	install_guest
	report "say The guest boots, emulated inside the emulated host"
	began=$(date +%s%3N)
	guest start
	counts_on
	value boot $(($(date +%s%3N) - began)) ms
	value version "$(sed -n 's/.*(QEMU \([^,]*\),.*/\1/p' "$log")" version
	before

	report "say It counts. Its QEMU is restarted"
	guest restart
	event restart 2

	newer_qemu
	report "say QEMU's package is upgraded, and its QEMU restarted"
	dpkg -i /var/tmp/newer.deb
	runs_replaced || fail "the package did not replace QEMU"
	counted >/hp/from
	guest restart
	! runs_replaced || fail "the old QEMU runs"
	event upgrade 3

	report "say The host's kernel is updated, by hugepersist update"
	next_by=update
}

stage_2() {
	report "say The next kernel is up"
	event update 4
	value counted "$(counted)" count
}
