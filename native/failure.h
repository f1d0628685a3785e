/* How pelago-ns ends when it, and not the program it runs, fails. */
#ifndef PELAGO_FAILURE_H
#define PELAGO_FAILURE_H

enum failure {
	FAILURE_USAGE = 210,
	FAILURE_NO_USER_NAMESPACE = 211,
	FAILURE_ID_MAP = 212,
	FAILURE_MOUNT = 213,
	FAILURE_EXEC = 214,
	FAILURE_SYSTEM = 215,
};

/* Prints `pelago-ns: …` as one line on stderr and exits with `failure`. */
_Noreturn void fail(enum failure failure, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
