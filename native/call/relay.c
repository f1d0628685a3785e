#include <stddef.h>

#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAILED = 125, INTERRUPTED = 130, CHUNK = 65536 };

static const int passed_on[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };
enum { SIGNALS = sizeof passed_on / sizeof *passed_on };

/* Signals come only while this process waits, under `while_waiting`, so that nothing is forgotten between two waits. */
static volatile sig_atomic_t came[SIGNALS];
static sigset_t while_waiting;

static void note(int number)
{
	for (size_t index = 0; index < SIGNALS; index++)
		if (passed_on[index] == number)
			came[index] = 1;
}

static void take_signals(void)
{
	sigset_t held;
	sigemptyset(&held);
	for (size_t index = 0; index < SIGNALS; index++)
		sigaddset(&held, passed_on[index]);
	sigprocmask(SIG_BLOCK, &held, &while_waiting);
	for (size_t index = 0; index < SIGNALS; index++) {
		sigaction(passed_on[index], &(struct sigaction){ .sa_handler = note }, NULL);
		sigdelset(&while_waiting, passed_on[index]);
	}
	signal(SIGPIPE, SIG_IGN);
}

void describe_window(char *text, size_t size)
{
	struct winsize window = { 0 };
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 && ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0)
		window = (struct winsize){ 0 };
	snprintf(text, size, "%ux%u", window.ws_col, window.ws_row);
}

void send_frame(int connection, char kind, const char *bytes, size_t length)
{
	char head[FRAME_HEAD] = { kind, (char)(length >> 24), (char)(length >> 16), (char)(length >> 8), (char)length };
	const char *parts[] = { head, bytes };
	size_t lengths[] = { sizeof head, length };
	for (int part = 0; part < 2; part++)
		while (lengths[part] > 0) {
			ssize_t sent = send(connection, parts[part], lengths[part], MSG_NOSIGNAL);
			if (sent < 0 && errno == EINTR)
				continue;
			if (sent <= 0)
				return;
			parts[part] += sent;
			lengths[part] -= (size_t)sent;
		}
}

/* The second signal that asks for the end is heeded at once, as by every command: also while nobody takes its output. */
static void pass_on_signals(int connection)
{
	static bool was_interrupted;
	for (size_t index = 0; index < SIGNALS; index++) {
		if (!came[index])
			continue;
		came[index] = 0;
		char text[32] = { (char)passed_on[index] };
		if (passed_on[index] == SIGWINCH) {
			describe_window(text, sizeof text);
			send_frame(connection, 'W', text, strlen(text));
			continue;
		}
		if (was_interrupted)
			_exit(INTERRUPTED);
		was_interrupted = true;
		send_frame(connection, 'S', text, 1);
	}
}

/* Waits, and sees to the signals that come meanwhile. */
static void await(int connection, struct pollfd *files, nfds_t count)
{
	while (ppoll(files, count, NULL, &while_waiting) < 0 && errno == EINTR)
		pass_on_signals(connection);
}

/* Of a file that is no regular one only what it takes at once, so that a reader who waits does not keep signals out. */
static size_t at_once(int fd, size_t length)
{
	struct stat found;
	bool is_regular = fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
	return is_regular || length < PIPE_BUF ? length : PIPE_BUF;
}

/* A reader of stdout that has gone away, such as `| head`, ends the command, and is no failure. */
static void write_out(int connection, int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		struct pollfd file = { .fd = fd, .events = POLLOUT };
		await(connection, &file, 1);
		ssize_t written = write(fd, bytes, at_once(fd, length));
		if (written < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (written < 0 && errno == EBADF)
			return; /* it is open for reading only */
		if (written < 0) {
			int reason = errno;
			if (reason != EPIPE)
				dprintf(STDERR_FILENO, "pelago: cannot write to its %s: %s\n", fd == STDOUT_FILENO ? "output" : "standard error", strerror(reason));
			_exit(reason == EPIPE && fd == STDOUT_FILENO ? 0 : FAILED);
		}
		bytes += written;
		length -= (size_t)written;
	}
}

/* False where there was nothing to read yet. */
static bool send_input(int connection)
{
	static char bytes[CHUNK];
	ssize_t length = read(STDIN_FILENO, bytes, sizeof bytes);
	if (length < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	send_frame(connection, 'D', bytes, length < 0 ? 0 : (size_t)length);
	return true;
}

/* What is known of the frame that is being read. */
struct frame {
	char head[FRAME_HEAD];
	size_t head_length;
	uint32_t left;
};

struct relay {
	int connection;
	bool wants_input;
	struct frame frame;
};

static void end_of_head(struct relay *relay)
{
	const unsigned char *head = (const unsigned char *)relay->frame.head;
	relay->frame.left = (uint32_t)head[1] << 24 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 8 | head[4];
	if (head[0] == 'I')
		relay->wants_input = true;
}

/* What of `bytes` belongs to the frame's body. False at the exit code, which is put into `exit_code`. */
static bool take_body(struct relay *relay, const char *bytes, size_t length, int *exit_code)
{
	switch (relay->frame.head[0]) {
	case 'O':
		write_out(relay->connection, STDOUT_FILENO, bytes, length);
		return true;
	case 'E':
		write_out(relay->connection, STDERR_FILENO, bytes, length);
		return true;
	case 'X':
		*exit_code = (unsigned char)bytes[0];
		return false;
	default:
		return true;
	}
}

static bool take_bytes(struct relay *relay, const char *bytes, size_t length, int *exit_code)
{
	struct frame *frame = &relay->frame;
	while (length > 0) {
		size_t taken;
		if (frame->head_length < FRAME_HEAD) {
			frame->head[frame->head_length++] = *bytes;
			taken = 1;
			if (frame->head_length == FRAME_HEAD)
				end_of_head(relay);
		} else {
			taken = length < frame->left ? length : frame->left;
			if (!take_body(relay, bytes, taken, exit_code))
				return false;
			frame->left -= (uint32_t)taken;
		}
		if (frame->head_length == FRAME_HEAD && frame->left == 0)
			frame->head_length = 0;
		bytes += taken;
		length -= taken;
	}
	return true;
}

int relay_command(int connection)
{
	static char bytes[CHUNK];
	struct relay relay = { .connection = connection };
	int exit_code;
	take_signals();
	for (;;) {
		struct pollfd files[] = { { .fd = connection, .events = POLLIN }, { .fd = relay.wants_input ? STDIN_FILENO : -1, .events = POLLIN } };
		await(connection, files, 2);
		if (files[1].revents && send_input(connection))
			relay.wants_input = false;
		if (!files[0].revents)
			continue;
		ssize_t length = read(connection, bytes, sizeof bytes);
		if (length < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (length <= 0) {
			dprintf(STDERR_FILENO, "pelago: the process that ran the command was ended before the command was over\nhint: call it again; PELAGO_WARM=0 runs each command in a process of its own\n");
			return FAILED;
		}
		if (!take_bytes(&relay, bytes, (size_t)length, &exit_code))
			return exit_code;
	}
}
