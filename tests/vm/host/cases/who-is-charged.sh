# SPDX-License-Identifier: MIT
# shows: the pages count for the unit that made them, after a restart for its
# slice alone, after a kexec for none but the root of all cgroups
# rest: bookworm trixie
# time: 300
root=/sys/fs/cgroup

# huge GROUP, small GROUP: how much of this kind is charged there, in MiB
huge() {
	echo $(($(cat $root/$1/hugetlb.2MB.current) >> 20))
}

small() {
	echo $(($(sed -n 's/^shmem //p' $root/$1/memory.stat) >> 20))
}

# expect WORDS: unit and slice, huge pages and small ones
expect() {
	local have

	have="$(huge system.slice/yes.service) $(huge system.slice) $(small system.slice/small.service) $(small system.slice)"
	[ "$have" = "$1" ] || fail "charged are $have, expected $1"
}

stage_1() {
	# systemd does not know this controller
	echo +hugetlb >$root/cgroup.subtree_control
	echo +hugetlb >$root/system.slice/cgroup.subtree_control
	hold_unit yes FileDescriptorStorePreserve=yes
	hold_unit small FileDescriptorStorePreserve=yes hold=--shmem
	systemctl enable --now yes small
	expect "8 8 8 8"
	systemctl restart yes small
	came_up "kept 1 locked" yes small
	expect "0 8 0 8"
}

stage_2() {
	wait_for systemctl is-active yes small
	case $suite in
	sid) came_up "kept 2 free" yes small ;;
	*)
		came_up "new 1 locked" yes small
		return
		;;
	esac
	[ "$(small system.slice/small.service) $(small system.slice) $(small init.scope) $(small .)" = "0 0 0 8" ] ||
		fail "unit, slice, PID 1, root: $(small system.slice/small.service) $(small system.slice) $(small init.scope) $(small .)"
}
