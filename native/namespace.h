/* Entering the namespaces: see pelago-ns.c. */
#ifndef PELAGO_NAMESPACE_H
#define PELAGO_NAMESPACE_H

#include "idMap.h"

#include <stdbool.h>

struct entry {
	char **argv;
	/* Kill everything as soon as the process that started this one is gone. */
	bool dies_with_parent;
	/* Fail rather than do with ID_MAP_ONE. */
	bool needs_id_range;
};

/* Runs `entry.argv` inside and returns its exit status, 128 + the signal's number where a signal ended it. */
int run_inside(const struct entry *entry);

/*
 * Enters a user and a mount namespace inside the present ones, registers each line of the file `registrations` with a
 * binfmt_misc of its own there, and becomes `argv`. For whoever is root here.
 */
_Noreturn void become_with_binfmt(const char *registrations, char **argv);

/* Prints one line of JSON for each facility, and returns 0. `folder` is where the store would be; NULL for anywhere. */
int probe(const char *folder);

/* What process 1 of the new namespaces is given to do. */
typedef int inside_function(const struct id_map_result *ids, const void *argument);

/*
 * Starts process 1 of new user, mount, pid and cgroup namespaces. It dies with this process. Its maps are written
 * before `inside` is called, and it is root there. `lifeline` must stay open until `inside` runs.
 * Returns its pid; -1 with errno where there are no namespaces to be had.
 */
pid_t start_inside(inside_function *inside, const void *argument, bool needs_id_range, int *lifeline);

/* 128 + the signal's number where a signal ended it. */
int exit_status(int wait_status);

/* Why the kernel refuses user namespaces, as far as can be told from outside, with what would allow them. */
const char *why_no_user_namespace(int error);

#endif
