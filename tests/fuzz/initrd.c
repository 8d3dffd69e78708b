// SPDX-License-Identifier: MIT
#include <errno.h>

#include "../../cli/update/initrd.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *bytes = fuzz_copy(data, size);
	struct initrd initrd = { 0 };
	bool known;
	int err = 0;

	/* What a tool of its own unpacks is not for here. */
	if (!memmem(data, size, "\xfd\x37zXZ", 5) &&
	    !memmem(data, size, "\x28\xb5\x2f\xfd", 4)) {
		err = initrd_parse(bytes, size, &initrd);
		check(!err || err == -EBADMSG || err == -EOPNOTSUPP);
	}
	if (!err) {
		check(initrd.systemd >= 0);
		check(initrd_obstacle(&initrd, &known) || known);
	}
#ifdef HP_FUZZ_PLANT
	/* An archive that is not compressed, and damaged: no seed is that. */
	bool damaged = err == -EBADMSG && size > 4 && !memcmp(data, "0707", 4);

	check(!damaged);
#endif
	free(bytes);
	return 0;
}
