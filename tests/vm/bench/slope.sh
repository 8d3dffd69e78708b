# SPDX-License-Identifier: MIT
# shows: how preserve and retrieve grow with size: 1, 2, 4, 8 and 16 GiB in pages of
# 2 MiB, the largest of these that the pool holds alone, and all smaller ones together
# memory: 18432
# hugepages: 8200
# time: 900
smaller=''
for size in 1 2 4 8 16; do
	[ $((size * 512 + 2)) -le "$(cat $pool/nr_hugepages)" ] || break
	smaller="$smaller${largest:+ $largest}" largest=$size
done

# preserved SIZE...: in GiB
preserved() {
	{
		printf '%s\n' 'create s' 'memfd warm 2M 2M' 'fallocate warm 0 2M' 'preserve s warm 99'
		for size; do
			echo "memfd m$size 2M ${size}G"
			echo "fallocate m$size 0 ${size}G"
			echo "fill m$size $size 0 4M"
		done
		for size; do
			echo "timed preserve-$size preserve s m$size $size"
		done
		echo hold
	} | luo
}

# retrieved SIZE...
retrieved() {
	{
		printf '%s\n' 'incoming s' 'retrieve s warm 99'
		for size; do
			echo "timed retrieve-$size retrieve s m$size $size"
		done
		for size; do
			echo "check m$size $size 0 4M"
		done
		echo 'finish s'
	} | luo
}

# The largest first: all pages that the next kernel makes for its pool may lie in the
# scratch memory, and preserve would have to move them out of it
stage_1() {
	preserved "$largest"
}

stage_2() {
	retrieved "$largest"
	expect_all_free
	preserved $smaller
}

stage_3() {
	retrieved $smaller
}
