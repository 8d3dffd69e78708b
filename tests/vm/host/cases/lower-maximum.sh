# SPDX-License-Identifier: MIT
# shows: a lower maximum takes effect at daemon-reload, on what is stored already
empty() {
	[ "$(systemctl show -P NFileDescriptorStore $1)" = 0 ]
}

stage_1() {
	hold_unit some "hold=3" FileDescriptorStorePreserve=yes
	hold_unit none FileDescriptorStorePreserve=yes
	systemctl start some none
	says some "new 1 locked locked locked"
	hold_unit some "hold=3" FileDescriptorStorePreserve=yes FileDescriptorStoreMax=1
	hold_unit none FileDescriptorStorePreserve=yes FileDescriptorStoreMax=0
	systemctl daemon-reload
	wait_for empty none
	stored some 1
	again none free
	again some "free free locked"
	systemctl restart some none
	says some "only 1 of 3"
	says none "new 1 free"
}
