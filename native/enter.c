/* The way in: process 1 prepares the mounts, starts the program, and does what an init does until it ends. */
#include "failure.h"
#include "mounts.h"
#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Signals that a waiting process takes up by hand, and their state before, which the program gets back. */
static sigset_t handled, original;

static void take_signals(void)
{
	sigemptyset(&handled);
	sigaddset(&handled, SIGCHLD);
	sigaddset(&handled, SIGTERM);
	sigaddset(&handled, SIGINT);
	sigaddset(&handled, SIGHUP);
	sigprocmask(SIG_BLOCK, &handled, &original);
}

/* Waits for `child`, reaping whoever else ends, and hands on what signals come. Returns its wait status. */
static int wait_and_forward(pid_t child)
{
	for (;;) {
		siginfo_t signal;
		if (sigwaitinfo(&handled, &signal) < 0)
			continue;
		/* The kernel sends a terminal's signals to the whole group, the child too. */
		if (signal.si_signo != SIGCHLD && signal.si_code != SI_KERNEL)
			kill(child, signal.si_signo);
		int status;
		for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;)
			if (ended == child)
				return status;
	}
}

/* A reader at the other end of an inherited pipe or socket is to see its end when the program closes it. stderr and `kept` stay. */
static void let_go_of_files(int kept)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	for (long fd = 3, limit = sysconf(_SC_OPEN_MAX); fd < limit && fd < 1024; fd++)
		if (fd != kept)
			close((int)fd);
}

static void raise_file_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* A mount that fails here although user namespaces work: AppArmor's rule bites at the first use of a capability. */
static void require_mount(int error, const char *what)
{
	if (error == EACCES || error == EPERM)
		fail(FAILURE_NO_USER_NAMESPACE, "cannot %s: %s", what, why_no_user_namespace(error));
	if (error != 0)
		fail(FAILURE_MOUNT, "cannot %s: %s", what, strerror(error));
}

static void prepare_mounts(const struct id_map_result *ids)
{
	require_mount(make_mounts_private(), "make the mounts private");
	int host_binfmt = hold_host_binfmt();
	setenv("PELAGO_NS_PROC", mount_proc() == 0 ? "private" : "host", 1);
	if (mount_binfmt() == 0) {
		setenv("PELAGO_NS_BINFMT", "private", 1);
	} else {
		setenv("PELAGO_NS_BINFMT", host_binfmt >= 0 && restore_host_binfmt(host_binfmt) == 0 ? "host" : "none", 1);
	}
	if (host_binfmt >= 0)
		close(host_binfmt);
	cover_cgroups(ids->kind == ID_MAP_ALL); /* where it fails, crun says whether it minds */
	setenv("PELAGO_NS_IDS", id_map_name(ids->kind), 1);
	if (ids->reason[0] != '\0')
		setenv("PELAGO_NS_IDS_REASON", ids->reason, 1);
}

static int be_init(const struct id_map_result *ids, const void *argument)
{
	const struct entry *entry = argument;
	prepare_mounts(ids);
	raise_file_limit();
	pid_t program = fork();
	if (program < 0)
		fail(FAILURE_SYSTEM, "cannot fork: %s", strerror(errno));
	if (program == 0) {
		sigprocmask(SIG_SETMASK, &original, NULL);
		execvp(entry->argv[0], entry->argv);
		fail(FAILURE_EXEC, "cannot execute %s: %s", entry->argv[0], strerror(errno));
	}
	let_go_of_files(-1);
	return exit_status(wait_and_forward(program));
}

int run_inside(const struct entry *entry)
{
	const pid_t parent = getppid();
	if (entry->dies_with_parent) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			return FAILURE_SYSTEM;
	}
	take_signals();
	int lifeline;
	pid_t init = start_inside(be_init, entry, entry->needs_id_range, &lifeline);
	if (init < 0)
		fail(FAILURE_NO_USER_NAMESPACE, "no user namespaces here: %s", why_no_user_namespace(errno));
	let_go_of_files(lifeline);
	return exit_status(wait_and_forward(init));
}
