# SPDX-License-Identifier: MIT
# shows: what a service keeps by the library over three kexecs, sealed or not, in
# huge and small pages, through initrds of both kinds, also if it is restarted in
# between
# arch: x86 arm64
# rest: bookworm trixie
# time: 300
case $suite in sid) stages=4 ;; *) stages=2 ;; esac

stage() {
	local number

	# The first two kexecs of sid go through an initrd
	next_initrd=''
	[ "$suite" != sid ] || case $stage in
	1) next_initrd=dracut ;;
	2) next_initrd=initramfs-tools ;;
	esac
	if [ "$stage" = 1 ]; then
		hold_unit huge FileDescriptorStorePreserve=yes "keep=3"
		hold_unit small FileDescriptorStorePreserve=yes "keep=--shmem 2"
		hold_unit crash FileDescriptorStorePreserve=yes "keep=--no-seal"
		systemctl enable --now huge small crash
		return
	fi
	wait_for systemctl is-active huge small crash
	if [ "$suite" != sid ]; then
		keep_says huge "new 1 open"
		keep_says small "new 1 open"
		keep_says crash "new 1 open"
		return
	fi
	[ "$stage" = 4 ] || [ -e /run/initramfs ] || fail "there was no initrd"
	number=$((2 * stage - 3))
	keep_says huge "updated $number sealed"
	keep_says small "updated $number sealed"
	keep_says crash "updated $number open"
	stored huge 4
	stored small 3
	again huge preserved
	systemctl restart small crash
	keep_says small "kept $((number + 1)) sealed"
	keep_says crash "kept $((number + 1)) open"
	stored small 3
}
