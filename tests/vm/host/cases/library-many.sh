# SPDX-License-Identifier: MIT
# shows: what a service keeps by the library in 250 regions of a GiB together, over
# restarts and a kexec, with not one entry more in the store
# rest: bookworm trixie sid
# time: 400
stage_1() {
	hold_unit many FileDescriptorStorePreserve=yes "keep=--shmem 250" \
		FileDescriptorStoreMax=256
	systemctl enable --now many
	keep_says many "new 1 open"
	stored many 251
	systemctl restart many
	keep_says many "kept 1 sealed"
	systemctl restart many
	keep_says many "kept 2 sealed"
	stored many 251
	[ "$suite" = sid ] || verdict 0 passed
}

stage_2() {
	wait_for systemctl is-active many
	keep_says many "updated 3 sealed"
	stored many 251
}
