#include "idMap.h"
#include "failure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The kernel's own limit on the lines of a map. */
#define MAX_RANGES 340
/* `newuidmap PID` and three words a range, the caller's own id among them. */
#define MAX_WORDS (2 + 3 * (MAX_RANGES + 1) + 1)
/*
 * One id fewer than all of them: crun takes a map of all 4294967295 ids for the initial namespace, and then
 * tries what only the initial namespace may do.
 */
#define ALMOST_ALL_IDS 4294967294u

struct range {
	unsigned long first, count;
};

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool done = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	int saved = errno;
	close(fd);
	errno = saved;
	return done;
}

static bool write_map(pid_t pid, const char *file, const char *text)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	return write_file(path, text);
}

/* The ids that this process has, each mapped to itself. */
static void format_identity_map(const char *own_map, char *text, size_t size)
{
	FILE *file = fopen(own_map, "re");
	if (!file)
		fail(FAILURE_ID_MAP, "cannot read %s: %s", own_map, strerror(errno));
	unsigned long inside, outside, count;
	size_t used = 0;
	while (used < size && fscanf(file, "%lu %lu %lu", &inside, &outside, &count) == 3) {
		if (count > ALMOST_ALL_IDS)
			count = ALMOST_ALL_IDS;
		used += (size_t)snprintf(text + used, size - used, "%lu %lu %lu\n", inside, inside, count);
	}
	fclose(file);
	if (used == 0 || used >= size)
		fail(FAILURE_ID_MAP, "cannot make sense of %s", own_map);
}

static void write_identity_maps(pid_t pid)
{
	char text[4096]; /* the kernel takes a map in one write of less than a page */
	format_identity_map("/proc/self/uid_map", text, sizeof text);
	if (!write_map(pid, "uid_map", text))
		fail(FAILURE_ID_MAP, "cannot map user ids: %s; the capabilities SETUID and SETFCAP are needed", strerror(errno));
	format_identity_map("/proc/self/gid_map", text, sizeof text);
	if (!write_map(pid, "gid_map", text))
		fail(FAILURE_ID_MAP, "cannot map group ids: %s; the capability SETGID is needed", strerror(errno));
}

/* The caller's name by /etc/passwd; read by hand, because a static program has no name service. */
static bool find_user_name(char *name, size_t size)
{
	FILE *file = fopen("/etc/passwd", "re");
	char line[1024];
	bool found = false;
	while (file && !found && fgets(line, sizeof line, file)) {
		char *rest = line, *candidate = strsep(&rest, ":");
		strsep(&rest, ":");
		char *uid = strsep(&rest, ":");
		found = uid && *uid && strtoul(uid, NULL, 10) == getuid();
		if (found)
			snprintf(name, size, "%s", candidate);
	}
	if (file)
		fclose(file);
	if (!found && getenv("USER")) { /* a user of a directory service */
		snprintf(name, size, "%s", getenv("USER"));
		found = true;
	}
	return found;
}

/* The caller's ranges in /etc/subuid or /etc/subgid, by name or by number. Returns how many. */
static size_t read_ranges(const char *path, struct range *ranges)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	char name[256] = "", number[32], line[512];
	find_user_name(name, sizeof name);
	snprintf(number, sizeof number, "%u", (unsigned)getuid());
	size_t found = 0;
	while (found < MAX_RANGES - 1 && fgets(line, sizeof line, file)) {
		char *rest = line, *owner = strsep(&rest, ":"), *first = strsep(&rest, ":");
		if (!first || !rest || (strcmp(owner, name) != 0 && strcmp(owner, number) != 0))
			continue;
		ranges[found] = (struct range){ strtoul(first, NULL, 10), strtoul(rest, NULL, 10) };
		if (ranges[found].count > 0)
			found++;
	}
	fclose(file);
	return found;
}

/* Starts `newuidmap PID 0 OWN 1 1 FIRST COUNT …`. Its own messages are dropped: ours are clearer. */
static pid_t start_mapper(const char *program, pid_t target, unsigned own_id, const struct range *ranges, size_t count)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	static char words[MAX_WORDS][24];
	char *argv[MAX_WORDS];
	size_t used = 0;
	unsigned long inside = 1;
	argv[used++] = (char *)program;
	snprintf(words[used], sizeof words[used], "%d", (int)target), argv[used] = words[used], used++;
	const struct range own = { own_id, 1 };
	for (size_t index = 0; index <= count; index++) {
		const struct range *range = index == 0 ? &own : &ranges[index - 1];
		const unsigned long triple[3] = { index == 0 ? 0 : inside, range->first, range->count };
		for (int part = 0; part < 3; part++) {
			snprintf(words[used], sizeof words[used], "%lu", triple[part]);
			argv[used] = words[used];
			used++;
		}
		if (index > 0)
			inside += range->count;
	}
	argv[used] = NULL;
	int null = open("/dev/null", O_RDWR);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(program, argv);
	_exit(errno == ENOENT ? 127 : 126);
}

static int wait_for(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 126;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

/* Whether the ranges stand; otherwise nothing is mapped yet and `reason` says why. */
static bool write_ranges(pid_t pid, char *reason, size_t size)
{
	static struct range uids[MAX_RANGES], gids[MAX_RANGES];
	size_t uid_count = read_ranges("/etc/subuid", uids), gid_count = read_ranges("/etc/subgid", gids);
	if (uid_count == 0 || gid_count == 0) {
		snprintf(reason, size, "%s has no range for this user; add one with usermod --add-subuids --add-subgids",
			 uid_count == 0 ? "/etc/subuid" : "/etc/subgid");
		return false;
	}
	pid_t uid_mapper = start_mapper("newuidmap", pid, getuid(), uids, uid_count);
	pid_t gid_mapper = start_mapper("newgidmap", pid, getgid(), gids, gid_count);
	int uid_status = wait_for(uid_mapper), gid_status = wait_for(gid_mapper);
	if (uid_status == 0 && gid_status == 0)
		return true;
	if (uid_status == 0 || gid_status == 0)
		fail(FAILURE_ID_MAP, "%s failed and the other did not; see /etc/subuid and /etc/subgid",
		     uid_status == 0 ? "newgidmap" : "newuidmap");
	if (uid_status == 127)
		snprintf(reason, size, "newuidmap is missing; install the package uidmap (shadow-utils, shadow-uidmap)");
	else
		snprintf(reason, size, "newuidmap was refused; it needs its setuid bit or file capability, and no_new_privs unset");
	return false;
}

static void write_single_maps(pid_t pid)
{
	char text[64];
	snprintf(text, sizeof text, "0 %u 1\n", (unsigned)getuid());
	if (!write_map(pid, "uid_map", text))
		fail(FAILURE_ID_MAP, "cannot map the user id: %s", strerror(errno));
	/* The kernel's condition for a group map that no privilege stands behind. Absent before Linux 3.19. */
	write_map(pid, "setgroups", "deny");
	snprintf(text, sizeof text, "0 %u 1\n", (unsigned)getgid());
	if (!write_map(pid, "gid_map", text))
		fail(FAILURE_ID_MAP, "cannot map the group id: %s", strerror(errno));
}

struct id_map_result write_id_maps(pid_t pid)
{
	struct id_map_result result = { .kind = ID_MAP_ALL };
	if (geteuid() == 0) {
		write_identity_maps(pid);
		return result;
	}
	if (write_ranges(pid, result.reason, sizeof result.reason)) {
		result.kind = ID_MAP_RANGE;
		return result;
	}
	result.kind = ID_MAP_ONE;
	write_single_maps(pid);
	return result;
}

const char *id_map_name(enum id_map kind)
{
	switch (kind) {
	case ID_MAP_ALL:
		return "all";
	case ID_MAP_RANGE:
		return "range";
	case ID_MAP_ONE:
		return "one";
	}
	return "";
}
