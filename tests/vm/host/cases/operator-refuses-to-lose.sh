# SPDX-License-Identifier: MIT
# shows: for what other kernels and what held memory hugepersist update refuses, and
# that a refusal changes nothing; then a good update
# time: 900
# suites: sid
# rest: sid
# installs: hugepersist
not_held() {
	! hugepersist status --short | grep -q "^$1"
}

stage_1() {
	start_cache

	# Other kernels
	echo LOAD_KEXEC=true >/etc/default/kexec
	refuses_update 1 'LOAD_KEXEC' $image --append="$line"
	rm /etc/default/kexec
	kexec -c -l $image --command-line="$line"
	refuses_update 1 'loaded already' $image --append="$line"
	kexec -u
	sh -c 'exec 9<>/dev/liveupdate; exec sleep 1000' &
	holder=$!
	sleep 1
	refuses_update 1 "Process $holder .sleep. has" $image --append="$line"
	kill $holder

	# What is held
	run_unit other FileDescriptorStoreMax=4
	systemctl start other
	wait_for said other zeros
	wait_for stored_is other 3
	refuses_update 1 'FileDescriptorStorePreserve= is not yes' $image --append="$line"
	answers 0 'as it was asked for' update $image --append="$line" --dry-run --lose other/cache
	answers 2 'there is no session other/none' update $image --append="$line" --dry-run --lose other/none
	systemctl stop other
	wait_for not_held other
	# A process with a session of its own, which dies before the kexec
	alone_unit killed
	sed -i '/DefaultDependencies/d; /KillMode/d; /SendSIGKILL/d' /etc/systemd/system/killed.service
	systemctl daemon-reload
	systemctl start killed
	wait_for said killed zeros
	refuses_update 1 'kill the process' $image --append="$line"
	systemctl stop killed
	# Holes for which the pool has no pages
	systemctl stop cache
	region=$(find -L /proc/1/fd -type f -size 4194304c | head -n 1)
	fallocate -p -o 0 -l 4M "$region"
	echo 0 >/proc/sys/vm/nr_hugepages
	refuses_update 1 '2 more pages of 2M' $image --append="$line"
	echo 64 >/proc/sys/vm/nr_hugepages
	# A manifest that nobody can read: both copies in it
	manifest=$(ls -l /proc/1/fd | sed -n '/hugepersist manifest/s|.* \([0-9]*\) -> .*|/proc/1/fd/\1|p')
	dd if=$manifest of=/hp/manifest bs=4k status=none
	head -c "$(stat -L -c %s $manifest)" /dev/zero | dd of=$manifest bs=4k conv=notrunc status=none
	refuses_update 1 'manifest cannot be read' $image --append="$line"
	dd if=/hp/manifest of=$manifest bs=4k conv=notrunc status=none

	host_state >/hp/log/before
	answers 0 'Yes: all that is held will survive' update $image --append="$line" --dry-run
	grep -q 'holes: 4194304 bytes' /hp/log/said || fail "the holes are not told"
	host_state >/hp/log/after
	cmp /hp/log/before /hp/log/after || fail "a look changed something"
	systemctl start cache
	next_by=update
}

stage_2() {
	wait_for said cache hello
	answers 0 '1 session with 2 regions came back' verify
}
