# SPDX-License-Identifier: MIT
# shows: making a session, preserving and taking it back survive the failure of
# each of their allocations, and nothing is left behind
# kernel: debug
# debug: core
# allocations: fail
# hugepages: 16
# time: 100
stage_1() {
	faults_on
	in_cgroup app luo <<-'END'
		# half of it is holes
		memfd f 2M 16M
		fill f 31 4M 8M
		pool 2M 16 12 0 0

		passed close t
		faults create create t
		close t
		passed

		before create s
		# Some holes may be filled; the file is not frozen
		failed punch f 0 4M
		failed punch f 12M 4M
		failed pool 2M 16 12 0 0
		failed charged 2M app 4 4
		failed check f 31 4M 8M
		failed is f blocks 16384
		failed fallocate f 4M 2M
		failed close s
		passed close s
		passed punch f 0 4M
		passed punch f 12M 4M
		passed pool 2M 16 12 0 0
		passed charged 2M app 4 4
		passed check f 31 4M 8M
		passed fallocate f 4M 2M
		faults preserve preserve s f 1
		pool 2M 16 8 0 0
		close s

		# taking back cannot fail
		before
		before create s
		before preserve s f 1
		failed
		failed is f size 0
		passed
		passed punch f 0 4M
		passed punch f 12M 4M
		passed pool 2M 16 12 0 0
		passed charged 2M app 4 4
		passed check f 31 4M 8M
		passed fallocate f 4M 2M
		faults unpreserve close s

		create s
		preserve s f 1
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		retrieve s f 1
		zero f 0 4M
		check f 31 4M 8M
		zero f 12M 4M
		finish s
	END
	expect_pool 16 16 0 0
}
