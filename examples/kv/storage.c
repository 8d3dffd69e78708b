/* SPDX-License-Identifier: MIT */
#include "storage.h"

#include <errno.h>
#include <stdio.h>

#include <hugepersist/hugepersist.h>

const char *storage_error(int err)
{
	return hp_strerror(err);
}

int storage_say(const char *what, int err)
{
	fprintf(stderr, "hp-kv: %s: %s\n", what, hp_strerror(err));
	return err;
}

int storage_preserve(struct storage *st)
{
	st->preserve_error = hp_region_preserve(st->region);
	return st->preserve_error;
}

int storage_abort(struct storage *st)
{
	return hp_session_abort(st->session);
}

bool storage_is_preserved(const struct storage *st)
{
	return hp_region_is_preserved(st->region) == 1;
}

int storage_can_preserve(const struct storage *st)
{
	struct hp_session_info info = { .size = sizeof(info) };
	int rc = hp_session_info(st->session, &info);

	if (rc < 0)
		return rc;
	if (info.local)
		return -ENODEV;
	/* What the kernel thinks of huge pages is known from trying only. */
	return info.state == HP_STATE_RETURNED ? -EINPROGRESS :
						 st->preserve_error;
}

const char *storage_origin(const struct storage *st)
{
	switch (hp_region_origin(st->region)) {
	case HP_ORIGIN_LIVE_UPDATE:
		return "live-update";
	case HP_ORIGIN_SAVE:
		return "save";
	default:
		return "created";
	}
}

uint64_t storage_page_size(const struct storage *st)
{
	return hp_region_page_size(st->region);
}

bool storage_is_shmem(const struct storage *st)
{
	return storage_page_size(st) < HP_PAGE_2M;
}

void storage_close(struct storage *st)
{
	int rc;

	if (!st->session)
		return;
	rc = hp_session_abort(st->session);
	if (rc == 0)
		rc = hp_session_close(st->session, 0);
	/*
	 * -EBUSY: came back, not committed, and we give up: the kernel frees
	 * it with the process.
	 */
	if (rc < 0 && rc != -EBUSY)
		storage_say("cannot close the session", rc);
	*st = (struct storage){ 0 };
}
