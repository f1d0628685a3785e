#include "terminal.h"
#include "failure.h"
#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static bool parse_size(const char *text, struct winsize *size)
{
	unsigned columns, rows;
	if (sscanf(text, "%ux%u", &columns, &rows) != 2 || columns == 0 || rows == 0 || columns > 65535 || rows > 65535)
		return false;
	*size = (struct winsize){ .ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows };
	return true;
}

/* The far side in raw mode: the container has a terminal of its own that echoes and edits. */
static int open_terminal(const struct winsize *size, char *far_name, size_t name_size)
{
	int near = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (near < 0 || grantpt(near) != 0 || unlockpt(near) != 0 || ptsname_r(near, far_name, name_size) != 0)
		fail(FAILURE_SYSTEM, "cannot make a pseudo-terminal: %s", strerror(errno));
	struct termios mode;
	if (tcgetattr(near, &mode) == 0) {
		cfmakeraw(&mode);
		tcsetattr(near, TCSANOW, &mode);
	}
	ioctl(near, TIOCSWINSZ, size);
	return near;
}

static _Noreturn void run_program(const char *far_name, char **argv)
{
	setsid();
	int far = open(far_name, O_RDWR); /* the first terminal that a session's leader opens becomes its own */
	if (far < 0)
		fail(FAILURE_SYSTEM, "cannot open %s: %s", far_name, strerror(errno));
	for (int fd = 0; fd <= 2; fd++)
		dup2(far, fd);
	close(RESIZE_FD);
	if (far > RESIZE_FD)
		close(far);
	execvp(argv[0], argv);
	fail(FAILURE_EXEC, "cannot execute %s: %s", argv[0], strerror(errno));
}

static bool write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		bytes += written;
		length -= (size_t)written;
	}
	return true;
}

/* Copies what is there. False at the end of either side. */
static bool copy(int from, int to)
{
	char bytes[16384];
	ssize_t length = read(from, bytes, sizeof bytes);
	if (length < 0 && errno == EINTR)
		return true;
	return length > 0 && write_all(to, bytes, (size_t)length);
}

/* Takes the last whole line that is there; a newer size makes an older one pointless. False at the end. */
static bool resize(int near)
{
	char text[256];
	ssize_t length = read(RESIZE_FD, text, sizeof text - 1);
	if (length <= 0)
		return length < 0 && errno == EINTR;
	text[length] = '\0';
	char *rest = text, *line;
	struct winsize size;
	while ((line = strsep(&rest, "\n")) && rest)
		if (parse_size(line, &size))
			ioctl(near, TIOCSWINSZ, &size); /* the kernel sends SIGWINCH to whoever is in front */
	return true;
}

static void relay(int near)
{
	struct pollfd sides[] = {
		{ .fd = near, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = RESIZE_FD, .events = POLLIN },
	};
	if (fcntl(RESIZE_FD, F_GETFD) < 0)
		sides[2].fd = -1;
	for (;;) {
		if (poll(sides, 3, -1) < 0 && errno != EINTR)
			return;
		if (sides[0].revents && !copy(near, STDOUT_FILENO))
			return;
		if (sides[1].revents && !copy(STDIN_FILENO, near))
			sides[1].fd = -1;
		if (sides[2].revents && !resize(near))
			sides[2].fd = -1;
	}
}

static pid_t program;

static void pass_on(int signal)
{
	kill(program, signal);
}

int run_on_terminal(const char *text, char **argv)
{
	struct winsize size;
	if (!parse_size(text, &size))
		fail(FAILURE_USAGE, "not a size: %s; write COLUMNSxROWS", text);
	char far_name[64];
	int near = open_terminal(&size, far_name, sizeof far_name);
	program = fork();
	if (program < 0)
		fail(FAILURE_SYSTEM, "cannot fork: %s", strerror(errno));
	if (program == 0)
		run_program(far_name, argv);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, pass_on);
	signal(SIGHUP, pass_on);
	relay(near);
	close(near); /* hangs up on a program that is still there because nobody reads its output any more */
	int status;
	while (waitpid(program, &status, 0) < 0 && errno == EINTR)
		;
	return exit_status(status);
}
