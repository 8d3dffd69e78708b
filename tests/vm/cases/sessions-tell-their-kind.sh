# SPDX-License-Identifier: MIT
# shows: a session says whether it goes to the next kernel or came from the
# previous one
# hugepages: 2
stage_1() {
	luo <<-'END'
		memfd f 2M 2M
		create s
		kind s outgoing
		preserve s f 1
		kind s outgoing
		hold
	END
}

stage_2() {
	luo <<-'END'
		incoming s
		kind s incoming
		retrieve s f 1
		finish s
		kind s incoming
		create t
		kind t outgoing
	END
}
