# SPDX-License-Identifier: MIT
# shows: a file with a hardware-poisoned page goes through two updates: that page
# raises SIGBUS and is never used again, all others come back whole
# arm64: core
# arch: x86 arm64 arm64-64K
# hugepages: 16

stage_1() {
	luo <<-'END'
		memfd f 2M 8M
		map m f rw 0 8M
		fill m 1
		create s
		# the second huge page
		sh frame memfd:f 512 >/state/broken
		sh poison memfd:f 700
		expect SIGBUS load m 2867200
		preserve s f 1
		# the error is no worse for it
		expect SIGBUS load m 2M
		expect EPERM ftruncate f 10M
		check m 1 0 2M
		check m 1 4M 4M
		sh expect_pool 16 12 0 0
		# undone
		close s
		ftruncate f 10M
		ftruncate f 8M
		create s
		preserve s f 1
		fill m 2 4M 2M
		hold
	END
}

retrieved() {
	cat <<-'END'
		incoming s
		retrieve s f 1
		map m f rw 0 8M
		check m 1 0 2M
		check m 2 4M 2M
		check m 1 6M 2M
		expect SIGBUS load m 2867200
		expect SIGBUS load m 2M
		expect EIO read f 2M 1
		finish s
		sh expect_corrupted 1
		sh expect_pool 16 12 0 0
	END
}

stage_2() {
	{
		retrieved
		cat <<-'END'
			close s
			create s
			preserve s f 1
			hold
		END
	} >/tmp/script
	luo </tmp/script
}

stage_3() {
	{
		retrieved
		cat <<-'END'
			close m
			close f
			# It stays in use: nobody gets it, or a promise of it
			sh expect_pool 16 15 0 0
			memfd all 2M 30M
			map m all rw 0 30M
			fill m 4
			sh for i in $(seq 0 512 7168); do frame memfd:all $i; done >/state/used
			memfd more 2M 2M
			expect ENOSPC fallocate more 0 2M
		END
	} >/tmp/script
	luo </tmp/script
	[ "$(wc -l </state/used)" -eq 15 ] || fail "$(wc -l </state/used) frames, not 15"
	! grep -qxf /state/broken /state/used || fail "the broken page was used"
	# What is not broken goes back to the system
	echo 0 >$pool/nr_hugepages
	expect_pool 1 0 0 1
}
