# SPDX-License-Identifier: MIT
# shows: a service killed after its preserve and after its reclaim loses nothing
# while a manager keeps its sessions, and all of it when it gives them up
# hugepages: 20
name='a service'
out=hugepersist-out-a%20service

# kill_service STATE: SIGKILL, and the next life comes to this
kill_service() {
	rm -f /tmp/life
	kill -9 "$(pidof service)"
	wait_for grep -x "$1" /tmp/life
}

stage_1() {
	# Control: a manager that keeps nothing. The next life begins anew.
	service-manager --keep 0 /tmp/notify service &
	manager=$!
	wait_for grep -x fresh /tmp/life
	kill_service fresh
	kill -9 $manager
	killall -9 service
	wait_gone service
	expect_pool 20 20 0 0
	rm /tmp/life

	service-manager /tmp/notify service &
	wait_for grep -x fresh /tmp/life
	expect_pool 20 16 0 0
	kill_service inherited
	expect_pool 20 16 4 0
	kill_service inherited
	killall -9 service
	# What the manager has alone goes over
}

stage_2() {
	service-manager --take "$name=$out" /tmp/notify service &
	# The first life of these is killed before it has committed
	wait_for grep -x returned /tmp/life
	kill_service inherited
}

stage_3() {
	service-manager --take "$name=$out" /tmp/notify service &
	manager=$!
	wait_for grep -x returned /tmp/life
	touch /tmp/give-up
	killall -9 service
	# It exits, and leaves nothing in the manager's store
	wait $manager
	expect_all_free
}
