# SPDX-License-Identifier: MIT
# shows: how preserve and retrieve grow with size: 1, 2, 4 and 8 GiB in pages of 2 MiB,
# in one boot
# memory: 18432
# hugepages: 7690
# time: 600
sizes="1 2 4 8"

stage_1() {
	{
		printf '%s\n' 'create s' 'memfd warm 2M 2M' 'fallocate warm 0 2M' 'preserve s warm 99'
		for size in $sizes; do
			echo "memfd m$size 2M ${size}G"
			echo "fallocate m$size 0 ${size}G"
			echo "fill m$size $size 0 4M"
		done
		for size in $sizes; do
			echo "timed preserve-$size preserve s m$size $size"
		done
		echo hold
	} | luo
}

stage_2() {
	{
		printf '%s\n' 'incoming s' 'retrieve s warm 99'
		for size in $sizes; do
			echo "timed retrieve-$size retrieve s m$size $size"
		done
		for size in $sizes; do
			echo "check m$size $size 0 4M"
		done
		echo 'finish s'
	} | luo
}
