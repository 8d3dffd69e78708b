// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include <hugepersist/hugepersist.h>

#include "base/error.h"
#include "source/kind.h"
#include "source/luo.h"

/*
 * The link in /proc says that it is a session. The request comes second, since
 * to another driver the same number could mean something. What the kernel calls
 * it is the business of who opened it. Without /proc and on a kernel without the
 * request (Linux 6.19: -EINVAL) the one who gave us the descriptor must know. The
 * patches of this project let the request say the kind too; *ret_kind is 0
 * without them.
 */
static int check_session(const struct hp_sys *sys, int fd, uint32_t *ret_kind)
{
	struct luo_name_arg arg = { .size = sizeof(arg) };
	char link[sizeof(LUO_SESSION_LINK) + LUO_NAME_SIZE];
	int linked, asked;

	linked = sys->read_fd_link(fd, link, sizeof(link));
	if (linked == -E2BIG)
		return -EINVAL;
	if (linked >= 0 &&
	    strncmp(link, LUO_SESSION_LINK, strlen(LUO_SESSION_LINK)) != 0)
		return -EINVAL;
	asked = sys->ioctl(fd, LUO_GET_NAME, &arg);
	*ret_kind = asked ? 0 : arg.kind;
	return linked >= 0 || !asked || asked == -EINVAL ? 0 : -EINVAL;
}

/*
 * Whether an outgoing session is empty, and of which kind a session is if the
 * kernel has not said so (Linux 6.19 to 7.3):
 *
 * A request that cannot succeed: to preserve no file at all. An incoming
 * session does not know the request. An outgoing one first looks whether the
 * token is in use, which is that of the manifest, and then for the file
 * (luo_session_ioctl, luo_preserve_file). Nothing changes in any of the cases.
 * RETRIEVE_FD would tell as well, but its failures are for ever, and FINISH
 * frees.
 */
static int ask_kind(const struct hp_sys *sys, int fd,
		    enum hp_luo_kind *ret_kind)
{
	struct luo_file_arg arg = {
		.size = sizeof(arg),
		.fd = -1,
		.token = HP_TOKEN_RESERVED,
	};
	int answer = sys->ioctl(fd, LUO_PRESERVE_FD, &arg);

	switch (answer) {
	case -EINVAL:
		*ret_kind = HP_LUO_INCOMING;
		return 0;
	case -EBADF:
		*ret_kind = HP_LUO_EMPTY;
		return 0;
	case -EEXIST:
		*ret_kind = HP_LUO_FILLED;
		return 0;
	default:
		return hp_error_common(answer);
	}
}

int hp_luo_identify(const struct hp_sys *sys, int fd,
		    enum hp_luo_kind *ret_kind)
{
	uint32_t kind;
	int err = check_session(sys, fd, &kind);

	if (err < 0)
		return err;
	if (kind == LUO_INCOMING) {
		*ret_kind = HP_LUO_INCOMING;
		return 0;
	}
	return ask_kind(sys, fd, ret_kind);
}
