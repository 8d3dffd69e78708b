# SPDX-License-Identifier: MIT
# shows: a store that is full drops the descriptor, and only the lock tells
stage_1() {
	hold_unit full "hold=3" FileDescriptorStoreMax=2
	hold_unit none FileDescriptorStoreMax=0
	systemctl start full none
	says full "new 1 locked locked free"
	stored full 2
	says none "new 1 free"
	stored none 0
	systemctl restart full none
	says full "only 2 of 3"
	says none "new 1 free"
}
