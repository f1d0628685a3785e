#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CGROUPS "/sys/fs/cgroup"

/* Not in every libc's headers. */
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 4
#endif
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#define SYS_fsopen 430
#endif

static int outcome(int result)
{
	return result == 0 ? 0 : errno;
}

int make_mounts_private(void)
{
	return outcome(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

int mount_proc(void)
{
	return outcome(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
}

int hold_host_binfmt(void)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, BINFMT, OPEN_TREE_CLONE | O_CLOEXEC);
}

int mount_binfmt(void)
{
	struct stat folder;
	if (stat(BINFMT, &folder) != 0) {
		/* The mount point comes with the module, and opening the file system loads the module. */
		int context = (int)syscall(SYS_fsopen, "binfmt_misc", 0);
		if (context >= 0)
			close(context);
	}
	return outcome(mount("binfmt_misc", BINFMT, "binfmt_misc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
}

int restore_host_binfmt(int held)
{
	return outcome((int)syscall(SYS_move_mount, held, "", AT_FDCWD, BINFMT, MOVE_MOUNT_F_EMPTY_PATH));
}

int cover_cgroups(bool unified)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	if (unified && mount("cgroup2", CGROUPS, "cgroup2", flags, NULL) == 0)
		return 0;
	return outcome(mount("tmpfs", CGROUPS, "tmpfs", flags, "size=64k,mode=755"));
}

static int mount_overlay_here(void)
{
	const char *folders[] = { "lower", "upper", "work", "merged" };
	for (int index = 0; index < 4; index++)
		if (mkdir(folders[index], 0755) != 0)
			return errno;
	return outcome(mount("overlay", "merged", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work,userxattr"));
}

static int try_overlay_in_memory(void)
{
	if (mount("tmpfs", "/tmp", "tmpfs", 0, "size=1m") != 0 || chdir("/tmp") != 0)
		return errno;
	return mount_overlay_here();
}

int try_overlay(const char *place)
{
	char name[] = ".pelago-probe-XXXXXX";
	if (!place || chdir(place) != 0 || !mkdtemp(name))
		return try_overlay_in_memory();
	int error = chdir(name) == 0 ? mount_overlay_here() : errno;
	umount2("merged", MNT_DETACH);
	const char *folders[] = { "work/work", "work", "lower", "upper", "merged" };
	for (int index = 0; index < 5; index++)
		rmdir(folders[index]);
	if (chdir(place) == 0)
		rmdir(name);
	return error;
}
