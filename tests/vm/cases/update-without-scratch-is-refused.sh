# SPDX-License-Identifier: MIT
# shows: hugepersist update refuses where the next kernel may find no room for its struct
# pages: they take 16 MiB, and the scratch memory has 12
# args: kho_scratch=4M,4M,4M
# hugepages: 4
# time: 60
scratch_is() {
	cat "$(drive patched)" >/tmp/kernel
	hugepersist update /tmp/kernel --initrd=none --append="$(cat /proc/cmdline)" --dry-run >/tmp/report ||
		[ $? = 1 ] || fail "update failed"
	grep -A 1 next.scratch /tmp/report
	grep -q "^$1 *next.scratch" /tmp/report || fail "next.scratch is not '$1'"
}

stage_1() {
	scratch_is no
	grep -q 'Reboot without kho_scratch=' /tmp/report || fail "it does not say what to do"
	umount /sys/kernel/debug
	scratch_is yes
}
