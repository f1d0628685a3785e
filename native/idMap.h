/* User and group ids of a new user namespace. */
#ifndef PELAGO_ID_MAP_H
#define PELAGO_ID_MAP_H

#include <sys/types.h>

enum id_map {
	/* Every id that the caller has, as itself: for root. */
	ID_MAP_ALL,
	/* The caller as root, and its range of /etc/subuid and /etc/subgid from 1 on. */
	ID_MAP_RANGE,
	/* The caller as root, and no other id: chown to anybody else fails inside. */
	ID_MAP_ONE,
};

struct id_map_result {
	enum id_map kind;
	/* Why it is no better than ID_MAP_ONE; '' for the others. */
	char reason[256];
};

/* "all", "range" or "one". */
const char *id_map_name(enum id_map kind);

/*
 * Writes both maps of `pid`, a process that has just entered a new user namespace, from the namespace above.
 * Ends the program where the kernel refuses.
 */
struct id_map_result write_id_maps(pid_t pid);

#endif
