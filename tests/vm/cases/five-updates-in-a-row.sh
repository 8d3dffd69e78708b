# SPDX-License-Identifier: MIT
# shows: the same data goes through five updates and is whole after each
# arch: x86 arm64 arm64-64K
# cpus: 2
# hugepages: 24
# time: 240
stages=6

stage() {
	if [ "$stage" -gt 1 ]; then
		printf '%s\n' 'incoming s' 'retrieve s f 1' 'check f 31' \
			'finish s' 'close s' 'sh expect_pool 24 8 0 0' >/tmp/script
	else
		printf '%s\n' 'memfd f 2M 32M' 'fill f 31' >/tmp/script
	fi
	if [ "$stage" -lt "$stages" ]; then
		printf '%s\n' 'create s' 'preserve s f 1' 'hold' >>/tmp/script
	fi
	luo </tmp/script
}
