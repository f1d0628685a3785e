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
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

static pid_t program;

static int pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static bool parse_size(const char *text, struct winsize *size)
{
	unsigned columns, rows;
	if (sscanf(text, "%ux%u", &columns, &rows) != 2 || columns == 0 || rows == 0 || columns > 65535 || rows > 65535)
		return false;
	*size = (struct winsize){ .ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows };
	return true;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof address.sun_path)
		fail(FAILURE_USAGE, "too long for a socket's path: %s", path);
	strcpy(address.sun_path, path);
	int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (socket_fd < 0 || bind(socket_fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(socket_fd, 1) != 0)
		fail(FAILURE_SYSTEM, "cannot listen at %s: %s", path, strerror(errno));
	return socket_fd;
}

static _Noreturn void run_program(char **argv)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, STDIN_FILENO); /* the terminal is the container's, not the runtime's */
	close(RESIZE_FD);
	execvp(argv[0], argv);
	fail(FAILURE_EXEC, "cannot execute %s: %s", argv[0], strerror(errno));
}

/* The open file that comes with the first message of the connection; -1 where none comes. */
static int receive_file(int connection)
{
	char name[256];
	union {
		struct cmsghdr header; /* for its alignment */
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec text = { .iov_base = name, .iov_len = sizeof name };
	struct msghdr message = { .msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	if (recvmsg(connection, &message, MSG_CMSG_CLOEXEC) < 0)
		return -1;
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
		return -1;
	int received;
	memcpy(&received, CMSG_DATA(header), sizeof received);
	return received;
}

/* The terminal that the program sends; -1 where it ends without having sent one. */
static int wait_for_terminal(int listener)
{
	struct pollfd events[] = { { .fd = listener, .events = POLLIN }, { .fd = pidfd_of(program), .events = POLLIN } };
	while (poll(events, 2, -1) < 0 && errno == EINTR)
		;
	if (!(events[0].revents & POLLIN))
		return -1;
	int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int terminal = connection < 0 ? -1 : receive_file(connection);
	close(connection);
	return terminal;
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
static bool resize(int terminal)
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
			ioctl(terminal, TIOCSWINSZ, &size); /* the kernel sends SIGWINCH to whoever is in front */
	return true;
}

static void relay(int terminal)
{
	struct pollfd sides[] = {
		{ .fd = terminal, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = RESIZE_FD, .events = POLLIN },
	};
	if (fcntl(RESIZE_FD, F_GETFD) < 0)
		sides[2].fd = -1;
	for (;;) {
		if (poll(sides, 3, -1) < 0 && errno != EINTR)
			return;
		if (sides[0].revents && !copy(terminal, STDOUT_FILENO))
			return;
		if (sides[1].revents && !copy(STDIN_FILENO, terminal))
			sides[1].fd = -1;
		if (sides[2].revents && !resize(terminal))
			sides[2].fd = -1;
	}
}

static void pass_on(int signal)
{
	kill(program, signal);
}

int run_on_terminal(const char *size_text, const char *console_socket, char **argv)
{
	struct winsize size;
	if (!parse_size(size_text, &size))
		fail(FAILURE_USAGE, "not a size: %s; write COLUMNSxROWS", size_text);
	int listener = listen_at(console_socket);
	program = fork();
	if (program < 0)
		fail(FAILURE_SYSTEM, "cannot fork: %s", strerror(errno));
	if (program == 0)
		run_program(argv);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, pass_on);
	signal(SIGHUP, pass_on);
	int terminal = wait_for_terminal(listener);
	if (terminal >= 0) {
		ioctl(terminal, TIOCSWINSZ, &size);
		relay(terminal);
		close(terminal); /* hangs up on a program that is still there because nobody reads its output any more */
	}
	unlink(console_socket);
	int status;
	while (waitpid(program, &status, 0) < 0 && errno == EINTR)
		;
	return exit_status(status);
}
