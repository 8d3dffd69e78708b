# SPDX-License-Identifier: MIT
# shows: five updates in a row on a stock kernel with small pages
# kernel: stock
# time: 90
stages=6

stage() {
	if [ "$stage" -gt 1 ]; then
		printf '%s\n' 'incoming s' 'retrieve s f 1' 'check f 12' \
			'finish s' 'close s' >/tmp/script
	else
		printf '%s\n' 'memfd f shmem 4M' 'fill f 12' >/tmp/script
	fi
	if [ "$stage" -lt "$stages" ]; then
		printf '%s\n' 'create s' 'preserve s f 1' 'hold' >>/tmp/script
	fi
	luo </tmp/script
}
