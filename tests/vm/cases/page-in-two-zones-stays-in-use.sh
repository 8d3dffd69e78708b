# SPDX-License-Identifier: MIT
# shows: a GiB that lies in two zones of the next kernel is in its file like any
# other, and never becomes a free page
# kernel: patched
# memory: 4096
# args: hugepagesz=1G hugepages=1
# The debug kernel keeps memory for itself, and its zone begins elsewhere.
stage_1() {
	luo <<-'END'
		memfd f 1G 1G
		map m f rw 0 1G
		fill m 1 510M 4M
		sh frame memfd:f 0 >/state/frame
		create s
		preserve s f 1
		hold
	END
	# The memory ends at 6 GiB; ZONE_MOVABLE begins in the middle of the page
	gib=$(($(cat /state/frame) / 262144))
	[ "$gib" -ge 4 ] || fail "the page is at $gib GiB, not above 4"
	# shellcheck disable=SC2034
	next_args=movablecore=$(((6 - gib) * 1024 - 512))M
}

stage_2() {
	read -r frame </state/frame
	begins=$(awk '/, zone +Movable/ { here = 1 } here && /start_pfn:/ { print $2; exit }' /proc/zoneinfo)
	{ [ "$begins" -gt "$frame" ] && [ "$begins" -lt $((frame + 262144)) ]; } ||
		fail "ZONE_MOVABLE begins at $begins, the page at $frame"
	luo <<-'END'
		incoming s
		retrieve s f 1
		map m f rw 0 1G
		check m 1 510M 4M
		finish s
		sh expect_pool 1G 1 0 0 0
		close m
		close f
		sh expect_pool 1G 1 0 0 0
	END
	dmesg | grep -q "preserved page at pfn $(printf '%#x' "$frame") is in two zones"
	echo 0 >$pool_1g/nr_hugepages
	expect_pool 1G 1 0 0 1
}
