/*
 * pelago-ns: a way into namespaces of one's own, as root or as an ordinary user.
 *
 *   pelago-ns [--die-with-parent] [--need-id-range] -- PROGRAM [ARGUMENT…]
 *   pelago-ns --pty COLUMNSxROWS --console-socket PATH -- RUNTIME [ARGUMENT…]
 *   pelago-ns --own-binfmt FILE -- PROGRAM [ARGUMENT…]
 *   pelago-ns --probe [FOLDER]
 *
 * The first form runs PROGRAM as root of new user, mount, pid and cgroup namespaces. Node cannot do this itself: a
 * process with several threads may not enter a user namespace.
 *
 *   this process ── writes the id maps, forwards signals, waits
 *     process 1 ── mounts /proc, binfmt_misc and cgroups privately, reaps, forwards signals
 *       PROGRAM ── inherits every open file, the working folder and the environment
 *
 * When PROGRAM ends, or any of the three is killed, everything inside is killed by the kernel, and with it go the
 * mounts. PROGRAM finds in its environment what it got:
 *
 *   PELAGO_NS_IDS=all|range|one          which ids exist inside; PELAGO_NS_IDS_REASON says why it is only one
 *   PELAGO_NS_PROC=private|host          whether /proc is the pid namespace's own
 *   PELAGO_NS_BINFMT=private|host|none   whether emulators can be registered in private, or the machine's be read
 *
 * The second form runs an OCI runtime in the namespaces that are there already, takes the container's terminal from
 * PATH, and copies between it and stdin and stdout; lines COLUMNSxROWS on file 3 change its size.
 *
 * The third form, for root, puts PROGRAM into a user and a mount namespace inside the present ones, with the same ids and
 * the same view of the files, but with a binfmt_misc of its own, in which each line of FILE is registered. This process
 * becomes PROGRAM: the process ids stay as they are.
 *
 * The first form raises PROGRAM's soft limit of open files to the hard one.
 *
 * The exit status is PROGRAM's, 128 + N where signal N ended it. Where pelago-ns itself fails it prints one line on
 * stderr and exits with
 *
 *   210  wrong usage
 *   211  user namespaces are not allowed here
 *   212  the ids cannot be mapped
 *   213  a mount failed that nothing can go without
 *   214  PROGRAM cannot be executed
 *   215  anything else of the system's
 */
#include "failure.h"
#include "namespace.h"
#include "terminal.h"

#include <stdbool.h>
#include <string.h>

static const char usage[] = "usage: pelago-ns [--die-with-parent] [--need-id-range] [--pty COLUMNSxROWS --console-socket PATH | --own-binfmt FILE] -- PROGRAM [ARGUMENT…], or pelago-ns --probe [FOLDER]";

int main(int argc, char **argv)
{
	struct entry entry = { 0 };
	const char *terminal_size = NULL, *console_socket = NULL, *registrations = NULL;
	int next = 1;
	if ((argc == 2 || argc == 3) && strcmp(argv[1], "--probe") == 0)
		return probe(argv[2]);
	for (; next < argc && strcmp(argv[next], "--") != 0; next++) {
		if (strcmp(argv[next], "--die-with-parent") == 0)
			entry.dies_with_parent = true;
		else if (strcmp(argv[next], "--need-id-range") == 0)
			entry.needs_id_range = true;
		else if (strcmp(argv[next], "--pty") == 0 && next + 1 < argc)
			terminal_size = argv[++next];
		else if (strcmp(argv[next], "--console-socket") == 0 && next + 1 < argc)
			console_socket = argv[++next];
		else if (strcmp(argv[next], "--own-binfmt") == 0 && next + 1 < argc)
			registrations = argv[++next];
		else
			fail(FAILURE_USAGE, "%s", usage);
	}
	if (next + 1 >= argc || !terminal_size != !console_socket || (registrations && terminal_size))
		fail(FAILURE_USAGE, "%s", usage);
	entry.argv = &argv[next + 1];
	if (registrations)
		become_with_binfmt(registrations, entry.argv);
	return terminal_size ? run_on_terminal(terminal_size, console_socket, entry.argv) : run_inside(&entry);
}
