# SPDX-License-Identifier: MIT
# shows: on Linux 7.3 without the series hugepersist doctor says that shmem is handed over
# and huge pages are not, why, and what to do
# kernel: stock
# hugepages: 4
stage_1() {
	probe 1 --try
	probe_says yes liveupdate.device
	probe_says yes preserve.shmem
	probe_says yes pages.2M
	probe_says no preserve.2M 'refuses memory in huge pages'
	probe_says no preserve.2M 'hugepersist patches'
	probe_says unknown preserve.1G 'No huge page of 1G is free'
	expect_pool 4 4 0 0
}
