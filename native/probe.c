/*
 * `pelago-ns --probe [FOLDER]`: one line of JSON for each facility that the engine would like to have, as
 * {"facility":"overlay","works":false,"reason":"Operation not permitted"}. The reason is there where it does not work.
 * overlayfs is tried on the file system of FOLDER.
 */
#include "mounts.h"
#include "namespace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void report(const char *facility, const char *reason)
{
	if (!reason) {
		dprintf(STDOUT_FILENO, "{\"facility\":\"%s\",\"works\":true}\n", facility);
		return;
	}
	char quoted[512];
	size_t used = 0;
	for (const char *next = reason; *next && used < sizeof quoted - 3; next++) {
		if (*next == '"' || *next == '\\')
			quoted[used++] = '\\';
		quoted[used++] = *next;
	}
	quoted[used] = '\0';
	dprintf(STDOUT_FILENO, "{\"facility\":\"%s\",\"works\":false,\"reason\":\"%s\"}\n", facility, quoted);
}

static void report_mount(const char *facility, int error)
{
	report(facility, error == 0 ? NULL : strerror(error));
}

static int probe_inside(const struct id_map_result *ids, const void *argument)
{
	int error = make_mounts_private();
	report("user-namespace", error == 0 ? NULL : why_no_user_namespace(error));
	if (error != 0)
		return 0;
	report("id-range", ids->kind == ID_MAP_ONE ? ids->reason : NULL);
	report_mount("proc", mount_proc());
	report_mount("binfmt", mount_binfmt());
	report_mount("cgroup", cover_cgroups(ids->kind == ID_MAP_ALL));
	report_mount("overlay", try_overlay(argument));
	return 0;
}

int probe(const char *folder)
{
	int lifeline, status;
	pid_t inside = start_inside(probe_inside, folder, false, &lifeline);
	if (inside < 0) {
		report("user-namespace", why_no_user_namespace(errno));
		return 0;
	}
	while (waitpid(inside, &status, 0) < 0 && errno == EINTR)
		;
	return exit_status(status);
}
