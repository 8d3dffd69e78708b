# SPDX-License-Identifier: MIT
# shows: with vmemmap optimisation, where preserve and retrieve make and free
# what describes the pages, each allocation of theirs may fail
# kernel: debug
# allocations: fail
# hugepages: 92
# args: hugetlb_free_vmemmap=on
# time: 150
files=40

stage_1() {
	faults_on
	many_sessions $files 4M >/tmp/script
	cat >>/tmp/script <<-'END'
		memfd f 2M 8M
		fill f 1 0 4M
		before create s
		# Some holes may be filled, and stay filled
		failed close s
		failed punch f 4M 4M
		failed used 2M 82 0
		failed check f 1 0 4M
		passed close s
		passed punch f 4M 4M
		passed used 2M 82 0
		passed check f 1 0 4M
		faults preserve preserve s f 1
		close s
		close f
		used 2M 80 0
		hold
	END
	luo </tmp/script
}

# Each attempt that works in spite of the failure uses a file up
stage_2() {
	faults_on
	for i in $(seq $files); do
		echo "incoming s$i"
	done >/tmp/script
	cat >>/tmp/script <<-'END'
		before mark 2M
		failed unchanged 2M
		passed check f% %
		passed finish s%
		passed close s%
		passed close f%
		passed unchanged 2M 2
		faults retrieve retrieve s% f% 1
	END
	luo </tmp/script
	expect_pool 92 92 0 0
}
