/* A binfmt_misc for one program and what it starts, inside namespaces that have one already. */
#include "failure.h"
#include "mounts.h"
#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Together two seconds. */
#define BUSY_ATTEMPTS 400
#define BUSY_PAUSE_US 5000

/* The maps of a user namespace are written from the one above: a child that stays there does it once it is told to. */
static pid_t start_mapper(int *go)
{
	int told[2];
	if (pipe2(told, O_CLOEXEC) != 0)
		fail(FAILURE_SYSTEM, "cannot make a pipe: %s", strerror(errno));
	const pid_t process = getpid();
	pid_t mapper = fork();
	if (mapper < 0)
		fail(FAILURE_SYSTEM, "cannot fork: %s", strerror(errno));
	if (mapper == 0) {
		char byte;
		close(told[1]);
		if (read(told[0], &byte, 1) == 1)
			write_id_maps(process);
		_exit(0);
	}
	close(told[0]);
	*go = told[1];
	return mapper;
}

static void enter_user_namespace(void)
{
	int go, status;
	pid_t mapper = start_mapper(&go);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		fail(FAILURE_NO_USER_NAMESPACE, "no user namespaces in here: %s", why_no_user_namespace(errno));
	if (write(go, "", 1) != 1)
		fail(FAILURE_SYSTEM, "cannot have the ids mapped: %s", strerror(errno));
	close(go);
	while (waitpid(mapper, &status, 0) < 0)
		if (errno != EINTR)
			fail(FAILURE_SYSTEM, "cannot wait for a child: %s", strerror(errno));
	if (status != 0)
		_exit(exit_status(status)); /* it has said why */
}

static void register_formats(const char *path)
{
	FILE *file = fopen(path, "re");
	if (!file)
		fail(FAILURE_USAGE, "cannot read %s: %s", path, strerror(errno));
	int target = open(BINFMT "/register", O_WRONLY | O_CLOEXEC);
	char *line = NULL;
	size_t size = 0;
	for (ssize_t length; (length = getline(&line, &size, file)) > 0;) {
		if (line[length - 1] == '\n')
			length--;
		ssize_t written = write(target, line, (size_t)length);
		/* The emulator was just written: a process that is being started elsewhere may still have it open. */
		for (int attempt = 0; written < 0 && errno == ETXTBSY && attempt < BUSY_ATTEMPTS; attempt++) {
			usleep(BUSY_PAUSE_US);
			written = write(target, line, (size_t)length);
		}
		if (written != length)
			fail(FAILURE_MOUNT, "cannot register an emulator: %s", strerror(errno));
	}
	free(line);
	close(target);
	fclose(file);
}

_Noreturn void become_with_binfmt(const char *registrations, char **argv)
{
	if (geteuid() != 0)
		fail(FAILURE_USAGE, "--own-binfmt is for root");
	enter_user_namespace();
	int error = make_mounts_private();
	if (error == 0)
		error = mount_binfmt();
	if (error != 0)
		fail(FAILURE_MOUNT, "no binfmt_misc of one's own: %s", strerror(error));
	register_formats(registrations);
	execvp(argv[0], argv);
	fail(FAILURE_EXEC, "cannot execute %s: %s", argv[0], strerror(errno));
}
