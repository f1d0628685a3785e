/*
 * pelago-call: runs a command of Pelago in a process that has started already, where there is one.
 *
 *   pelago-call NODE [NODE-OPTION…] ENTRY [ARGUMENT…]
 *
 * A Node takes longer to start than most commands take to run. So a command leaves a process behind that is ready for
 * the next one, as it leaves its engine. This program finds the one that is as a new Node would be (key.h), hands it
 * arguments, folder and environment, and is the command for whoever called it: it writes what the command writes,
 * passes signals on, and ends with its exit code (relay.h).
 *
 * Where none is there, or it has something else to do, or the command is not for it, this program becomes `NODE …`.
 * Where none is there, that finds in PELAGO_WARM_SOCKET where one that it leaves behind is to wait.
 *
 * A call is these texts, each with a NUL behind it: the umask in octal; which of stdin, stdout and stderr are
 * terminals, as `0`s and `1`s; the terminal's size; the folder; the number of arguments; these; the environment.
 */
#include <stddef.h>

#include "key.h"
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

enum {
	FAILED = 125,
	/* A process that waits answers at once; one that is stopped, or swapped out, is not worth the wait. */
	ANSWER_MS = 250,
	LATE = -1,
	GONE = -2,
};

/* -1 where nobody of this user's takes connections there. */
static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct ucred peer;
	socklen_t length = sizeof peer;
	if (strlen(path) >= sizeof address.sun_path)
		return -1;
	strcpy(address.sun_path, path);
	int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = { .tv_usec = ANSWER_MS * 1000 }; /* for a queue that is full */
	setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	bool is_own = connection >= 0 && connect(connection, (struct sockaddr *)&address, sizeof address) == 0 && getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == getuid();
	setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){ 0 }, sizeof limit);
	if (is_own)
		return connection;
	close(connection);
	return -1;
}

/* The letter of a frame without a body; LATE where none comes within `timeout_ms`, GONE where none will. */
static int receive_letter(int connection, int timeout_ms)
{
	char head[FRAME_HEAD];
	struct pollfd file = { .fd = connection, .events = POLLIN };
	if (poll(&file, 1, timeout_ms) <= 0)
		return LATE;
	return recv(connection, head, sizeof head, MSG_WAITALL) == sizeof head ? head[0] : GONE;
}

static void add_text(FILE *call, const char *text)
{
	fputs(text, call);
	fputc('\0', call);
}

static bool send_call(int connection, char **arguments)
{
	char folder[PATH_MAX], text[64], *bytes = NULL;
	size_t length = 0;
	int count = 0;
	FILE *call = getcwd(folder, sizeof folder) ? open_memstream(&bytes, &length) : NULL;
	if (!call || *folder != '/')
		return false;
	mode_t mask = umask(0);
	umask(mask);
	snprintf(text, sizeof text, "%o", mask);
	add_text(call, text);
	snprintf(text, sizeof text, "%d%d%d", isatty(STDIN_FILENO), isatty(STDOUT_FILENO), isatty(STDERR_FILENO));
	add_text(call, text);
	describe_window(text, sizeof text);
	add_text(call, text);
	add_text(call, folder);
	while (arguments[count])
		count++;
	snprintf(text, sizeof text, "%d", count);
	add_text(call, text);
	for (char **argument = arguments; *argument; argument++)
		add_text(call, *argument);
	for (char **variable = environ; *variable; variable++)
		add_text(call, *variable);
	fclose(call);
	send_frame(connection, 'C', bytes, length);
	free(bytes);
	return true;
}

/*
 * The connection to a process that has taken the call; -1 where none has. `is_there` says whether there is one all the
 * same: one that is just being ended still lets others connect, and then says nothing.
 */
static int hand_over(const char *path, char **arguments, bool *is_there)
{
	int connection = connect_to(path);
	*is_there = false;
	if (connection < 0)
		return -1;
	int letter = receive_letter(connection, ANSWER_MS);
	if (letter == 'R' && send_call(connection, arguments))
		letter = receive_letter(connection, -1);
	*is_there = letter != GONE;
	if (letter == 'T')
		return connection;
	close(connection);
	return -1;
}

/* As Node does: else a file that is opened here becomes its standard input or output. */
static void fill_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			_exit(FAILED);
}

int main(int argc, char **argv)
{
	fill_standard_files();
	char path[sizeof ((struct sockaddr_un *)0)->sun_path];
	int entry = 2;
	while (entry < argc && argv[entry][0] == '-')
		entry++;
	if (entry >= argc) {
		dprintf(STDERR_FILENO, "usage: pelago-call NODE [NODE-OPTION…] ENTRY [ARGUMENT…]\n");
		return FAILED;
	}
	if (find_socket(&argv[1], (size_t)entry, path, sizeof path)) {
		bool is_there;
		int connection = hand_over(path, &argv[entry + 1], &is_there);
		if (connection >= 0)
			return relay_command(connection);
		if (!is_there)
			setenv("PELAGO_WARM_SOCKET", path, 1);
	}
	execv(argv[1], &argv[1]);
	dprintf(STDERR_FILENO, "pelago: cannot execute %s: %s\n", argv[1], strerror(errno));
	return FAILED;
}
