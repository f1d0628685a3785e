/* What is mounted in the private mount namespace. Each returns 0, or the errno of what failed. */
#ifndef PELAGO_MOUNTS_H
#define PELAGO_MOUNTS_H

#include <stdbool.h>

#define BINFMT "/proc/sys/fs/binfmt_misc"

/* Nothing that is mounted inside is seen outside, and nothing from outside comes in. */
int make_mounts_private(void);

/* A /proc of the pid namespace's own. Fails where parts of the present one are covered, as in most containers. */
int mount_proc(void);

/* Keeps a hold of the machine's binfmt_misc, so that it can be shown again over a new /proc. -1 where there is none. */
int hold_host_binfmt(void);
/* A binfmt_misc of the user namespace's own, empty; Linux 6.7 and newer. */
int mount_binfmt(void);
/* Gives /proc/sys/fs/binfmt_misc back what `held` holds. */
int restore_host_binfmt(int held);

/* Covers the machine's cgroups: cgroup2 where `unified` and the kernel allows, else an empty folder. crun refuses mixed ones. */
int cover_cgroups(bool unified);

/*
 * Whether overlayfs with `userxattr` can be mounted on the file system of the folder `place`, in a folder that is made
 * there for a moment; in memory where `place` is NULL or cannot be written to.
 */
int try_overlay(const char *place);

#endif
