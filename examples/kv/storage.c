/* SPDX-License-Identifier: MIT */
#include "storage.h"

#include <errno.h>
#include <stdio.h>

const char *storage_error(int err)
{
	return hp_strerror(err);
}

int storage_say(struct storage *st, const char *what, int err)
{
	fprintf(stderr, "hp-kv: %s: %s\n", what, err == -ECANCELED ?
		"hp-kv was told to end." : hp_strerror(err));
	if (st->detail[0])
		fprintf(stderr, "hp-kv: %s\n", st->detail);
	st->detail[0] = '\0';
	return err;
}

/* -- Preservation ---------------------------------------------------------- */

int storage_preserve(struct storage *st)
{
	int rc;

	st->waits_for = 0;
	st->detail[0] = '\0';
	rc = hp_session_preserve(st->session);
	/* Not that it was canceled, but what it waited for. */
	if (rc == -ECANCELED && st->waits_for)
		rc = st->waits_for;
	st->preserve_error = rc;
	return rc;
}

int storage_abort(struct storage *st)
{
	return hp_session_abort(st->session);
}

bool storage_is_preserved(const struct storage *st)
{
	return hp_region_is_preserved(st->region) == 1;
}

const char *storage_not_preserved_reason(const struct storage *st)
{
	if (st->preserve_error)
		return hp_strerror(st->preserve_error);
	return "It was given up, by HUGEPERSIST ABORT or by the holder: "
	       "HUGEPERSIST PRESERVE preserves it again.";
}

void storage_seal(struct storage *st)
{
	int rc;

	if (!storage_is_preserved(st) || st->store.distrusted)
		return;
	rc = hp_session_seal(st->session);
	if (rc < 0)
		storage_say(st, "cannot seal the session", rc);
}

void storage_close(struct storage *st)
{
	int rc;

	if (!st->session)
		return;
	rc = hp_session_close(st->session);
	/* The memory has no other holder, and ends with this process. */
	if (rc == -EBUSY)
		rc = hp_session_drop(st->session);
	if (rc < 0)
		storage_say(st, "cannot close the session", rc);
	*st = (struct storage){ 0 };
}

/* -- Words ----------------------------------------------------------------- */

const char *storage_origin(const struct storage *st)
{
	switch (hp_region_origin(st->region)) {
	case HP_ORIGIN_KEPT:
		return "kept";
	case HP_ORIGIN_LIVE_UPDATE:
		return "live-update";
	case HP_ORIGIN_SAVE:
		return "save";
	default:
		return st->lost ? "lost" : "created";
	}
}

const char *storage_holder(const struct storage *st)
{
	switch (st->holder) {
	case HP_HOLDER_STORE:
		return "store";
	case HP_HOLDER_PROCESS:
		return "process";
	case HP_HOLDER_GIVEN:
		return "given";
	default:
		return "none";
	}
}

static const char *answer(unsigned int a)
{
	return a == HP_YES ? "yes" : a == HP_NO ? "no" : "not-known";
}

const char *storage_outlives_restart(struct storage *st, const char **ret_why)
{
	struct hp_session_info info = { .size = sizeof(info) };
	int rc = hp_session_info(st->session, &info);

	*ret_why = rc < 0 ? hp_strerror(rc) : info.restart_reason;
	return answer(rc < 0 ? HP_NOT_KNOWN : info.outlives_restart);
}

const char *storage_outlives_kexec(struct storage *st, const char **ret_why)
{
	struct hp_session_info info = { .size = sizeof(info) };
	int rc = hp_session_info(st->session, &info);

	*ret_why = rc < 0 ? hp_strerror(rc) : info.kexec_reason;
	return answer(rc < 0 ? HP_NOT_KNOWN : info.outlives_kexec);
}

uint64_t storage_page_size(const struct storage *st)
{
	return hp_region_page_size(st->region);
}

bool storage_is_shmem(const struct storage *st)
{
	return storage_page_size(st) < HP_PAGE_2M;
}
