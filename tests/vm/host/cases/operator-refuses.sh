# SPDX-License-Identifier: MIT
# shows: what hugepersist update refuses and why, and that a refusal changes nothing:
# files, loaded kernels, pools, held memory
# time: 900
# suites: sid
# other-kernels: stock
# What no refusal may change
state() {
	find /etc /run/systemd/system /var/lib -xdev -type f -newer /hp/log/mark \
		! -name '*.journal' ! -path '*/systemd/*' 2>/dev/null | sort
	cat /sys/kernel/kexec_loaded
	cat /sys/kernel/mm/hugepages/*/nr_hugepages
	cat /sys/kernel/mm/hugepages/*/free_hugepages
	find -L /proc/1/fd -type f -size +1M -printf '%i %b\n' 2>/dev/null | sort
}

refuses() {
	touch /hp/log/mark
	sleep 0.1
	state >/hp/log/before
	answers "$@" --yes
	state >/hp/log/after
	cmp /hp/log/before /hp/log/after || fail "a refusal changed something: $*"
}

not_held() {
	! hugepersist status --short | grep -q "^$1"
}

stage_1() {
	make_program
	run_unit cache FileDescriptorStoreMax=3 FileDescriptorStorePreserve=yes
	systemctl daemon-reload
	systemctl start cache
	wait_for said cache ''
	head -c 3000000 $image >/hp/short
	refuses 1 'it is cut off' update /hp/short --append="$line"
	refuses 1 'not a kernel image' update /etc/passwd --append="$line"
	refuses 1 'says of no format' update /hp/kernel/stock --append="$line"
	refuses 1 'liveupdate=on is missing' update $image --append="kho=on"
	refuses 1 'cannot be read, or is empty' update $image --append="$line" --initrd=/nowhere
	echo LOAD_KEXEC=true >/etc/default/kexec
	refuses 1 'LOAD_KEXEC' update $image --append="$line"
	rm /etc/default/kexec
	kexec -c -l $image --command-line="$line"
	refuses 1 'loaded already' update $image --append="$line"
	kexec -u
	run_unit other FileDescriptorStoreMax=4
	systemctl start other
	wait_for said other ''
	refuses 1 'FileDescriptorStorePreserve= is not yes' update $image --append="$line"
	answers 0 'as it was asked for' update $image --append="$line" --dry-run --lose other/cache
	systemctl stop other
	wait_for not_held other
	touch /hp/log/mark
	state >/hp/log/before
	answers 0 'Yes: all that is held will survive' update $image --append="$line" --dry-run
	state >/hp/log/after
	cmp /hp/log/before /hp/log/after || fail "a look changed something"
}
