# SPDX-License-Identifier: MIT
# shows: the library's tests pass on another processor, with the calls of its
# kernel, and with base pages of another size
# arch: arm64 arm64-64K
# memory: 3072
# hugepages: 320
# args: liveupdate=off
# layers: tests
# time: 600
stage_1() {
	# Emulation takes its time
	export CK_TIMEOUT_MULTIPLIER=10
	mkdir -p /etc
	echo 'root:x:0:0:root:/:/bin/sh' >/etc/passwd
	HUGEPERSIST_STARTED_WITH=this:value hugepersist-unit
	hugepersist-system
}
