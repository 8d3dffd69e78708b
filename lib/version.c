// SPDX-License-Identifier: MIT
#include "export.h"

#define TEXT(x) #x
#define DOTTED(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

HP_EXPORT const char *hp_version(void)
{
	return DOTTED(HP_VERSION_MAJOR, HP_VERSION_MINOR, HP_VERSION_PATCH);
}
