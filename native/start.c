/* The first process of new namespaces, up to the point where it is root in there. */
#include "failure.h"
#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif

static long read_setting(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t length = read(fd, text, sizeof text - 1);
	close(fd);
	return length > 0 ? strtol(text, NULL, 10) : -1;
}

const char *why_no_user_namespace(int error)
{
	if (read_setting("/proc/sys/user/max_user_namespaces") == 0)
		return "user.max_user_namespaces is 0; sudo sysctl -w user.max_user_namespaces=15000";
	if (error == ENOSPC || error == EUSERS)
		return "the limit user.max_user_namespaces is reached, or namespaces are nested 32 deep";
	if (geteuid() != 0 && read_setting("/proc/sys/kernel/unprivileged_userns_clone") == 0)
		return "kernel.unprivileged_userns_clone is 0; sudo sysctl -w kernel.unprivileged_userns_clone=1";
	if (read_setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
		return "kernel.apparmor_restrict_unprivileged_userns is 1; sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give this program an AppArmor profile with userns";
	if (error == EINVAL || error == ENOSYS)
		return "this kernel is built without user namespaces";
	if (error == EPERM)
		return "a seccomp profile, a security module or a chroot forbids them; in a container allow unshare and mount";
	return strerror(error);
}

/* As fork, into new namespaces. The raw call, since the libc's clone wants a stack. */
static pid_t fork_into(unsigned long flags)
{
#if defined(__s390x__) || defined(__s390__)
	return (pid_t)syscall(SYS_clone, 0, flags | SIGCHLD, 0, 0, 0);
#else
	return (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
#endif
}

/* The parent's end closes with the parent: that is seen even where it died before prctl took hold. */
static void die_with_parent(int pipe_from_parent)
{
	struct pollfd state = { .fd = pipe_from_parent };
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		fail(FAILURE_SYSTEM, "cannot tie process 1 to its parent: %s", strerror(errno));
	if (poll(&state, 1, 0) > 0 && (state.revents & POLLHUP))
		_exit(FAILURE_SYSTEM);
}

static _Noreturn void be_process_1(int from_parent, inside_function *inside, const void *argument)
{
	struct id_map_result ids;
	if (read(from_parent, &ids, sizeof ids) != (ssize_t)sizeof ids)
		_exit(FAILURE_SYSTEM); /* the parent gave up, and has said why */
	if (setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0)
		fail(FAILURE_ID_MAP, "cannot become root inside: %s", strerror(errno));
	die_with_parent(from_parent); /* after the change of ids, which forgets the death signal */
	_exit(inside(&ids, argument));
}

pid_t start_inside(inside_function *inside, const void *argument, bool needs_id_range, int *lifeline)
{
	int to_child[2];
	if (pipe2(to_child, O_CLOEXEC) != 0)
		fail(FAILURE_SYSTEM, "cannot make a pipe: %s", strerror(errno));
	const unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID;
	pid_t pid = fork_into(flags | CLONE_NEWCGROUP);
	if (pid < 0 && errno == EINVAL)
		pid = fork_into(flags); /* Linux before 4.6, or built without cgroups */
	if (pid < 0)
		return pid;
	if (pid == 0) {
		close(to_child[1]);
		be_process_1(to_child[0], inside, argument);
	}
	close(to_child[0]);
	const struct id_map_result ids = write_id_maps(pid);
	if (needs_id_range && ids.kind == ID_MAP_ONE)
		fail(FAILURE_ID_MAP, "no range of ids: %s", ids.reason);
	if (write(to_child[1], &ids, sizeof ids) != (ssize_t)sizeof ids)
		fail(FAILURE_SYSTEM, "process 1 ended before it began");
	*lifeline = to_child[1];
	return pid;
}

int exit_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
