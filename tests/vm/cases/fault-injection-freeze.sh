# SPDX-License-Identifier: MIT
# shows: a kexec in which an allocation fails is called off, the files stay
# preserved and writable, and the next attempt works
# kernel: debug
# debug: core
# allocations: fail
# hugepages: 16
# time: 100
stage_1() {
	faults_on
	export stage
	luo <<-'END'
		memfd f 2M 8M
		memfd g 2M 8M
		fill f 41
		fill g 42
		create s
		create t
		preserve s f 1
		preserve s g 2
		memfd h 2M 8M
		preserve t h 3
		sh load_next
		sh expect_no_leak
		failed pool 2M 16 4 0 0
		failed expect EPERM ftruncate f 0
		failed check f 41
		failed fill g 42
		failed fill h 43
		failed sh expect_no_leak
		fill h 43
		faults freeze jump
	END
	fail "the kernel did not kexec"
}

stage_2() {
	luo <<-'END'
		incoming s
		incoming t
		retrieve s f 1
		retrieve s g 2
		retrieve t h 3
		check f 41
		check g 42
		check h 43
		finish s
		finish t
	END
	expect_pool 16 16 0 0
}
