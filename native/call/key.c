#include "key.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* FNV-1a of 64 bits. It is no defence: nobody else reaches the folder, and nobody gains by two keys that are equal. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	for (const unsigned char *next = bytes, *end = next + length; next < end; next++)
		hash = (hash ^ *next) * 0x100000001b3u;
	return hash;
}

/* With its end, so that two texts are not one. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	return hash_bytes(hash, text, strlen(text) + 1);
}

static bool hash_file(uint64_t *hash, const char *path)
{
	struct stat found;
	if (stat(path, &found) != 0)
		return false;
	/* Packages are unpacked with any time of change, and by chance with an inode that was just given back; but not at the same moment. */
	uint64_t facts[] = {
		found.st_dev, found.st_ino, (uint64_t)found.st_size, (uint64_t)found.st_mtim.tv_sec, (uint64_t)found.st_mtim.tv_nsec, (uint64_t)found.st_ctim.tv_sec, (uint64_t)found.st_ctim.tv_nsec,
	};
	*hash = hash_bytes(*hash, facts, sizeof facts);
	return true;
}

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool starts_with_one(const char *text, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (starts_with(text, *prefixes))
			return true;
	return false;
}

/* Who this is, and what it may do. */
static bool hash_rights(uint64_t *hash)
{
	static const char *const lines[] = { "Uid:", "Gid:", "Groups:", "NoNewPrivs:", "Seccomp", "Cap", NULL };
	FILE *status = fopen("/proc/self/status", "re");
	char line[4096];
	if (!status)
		return false;
	while (fgets(line, sizeof line, status))
		if (starts_with_one(line, lines))
			*hash = hash_text(*hash, line);
	fclose(status);
	for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
		struct rlimit limit = { 0, 0 };
		getrlimit(resource, &limit);
		*hash = hash_bytes(*hash, &limit, sizeof limit);
	}
	return true;
}

/* What names of files, hosts and processes mean. */
static bool hash_places(uint64_t *hash)
{
	static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts" };
	struct stat root;
	for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
		char path[64], target[64];
		snprintf(path, sizeof path, "/proc/self/ns/%s", names[index]);
		ssize_t length = readlink(path, target, sizeof target);
		if (length > 0)
			*hash = hash_bytes(*hash, target, (size_t)length);
	}
	if (stat("/", &root) != 0)
		return false;
	*hash = hash_bytes(hash_bytes(*hash, &root.st_dev, sizeof root.st_dev), &root.st_ino, sizeof root.st_ino);
	return true;
}

/* What Node, and the C library under it, read once: in whatever order it stands. */
static uint64_t hash_environment(void)
{
	static const char *const read_once[] = { "NODE_", "LD_", "SSL_CERT_", "OPENSSL_", "UV_", "ICU_", "MALLOC_", "GLIBC_", "LC_", "LANG=", "LANGUAGE=", "TZ=", NULL };
	uint64_t sum = 0;
	for (char **variable = environ; *variable; variable++)
		if (starts_with_one(*variable, read_once))
			sum += hash_text(0xcbf29ce484222325u, *variable);
	return sum;
}

/* What Node reads once of the machine's own files, where they are: time zone, and whom TLS trusts. */
static void hash_machine(uint64_t *hash)
{
	static const char *const paths[] = { "/etc/localtime", "/etc/ssl/cert.pem", "/etc/ssl/certs", "/etc/ssl/certs/ca-certificates.crt" };
	for (size_t index = 0; index < sizeof paths / sizeof *paths; index++)
		hash_file(hash, paths[index]);
}

static const char *setting(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

/* By the user; or by who wants to see a Node of its own at work, by a profile or a debugger. */
static bool is_switched_off(void)
{
	const char *warm = setting("PELAGO_WARM"), *linger = setting("PELAGO_LINGER");
	return (warm && strcmp(warm, "0") == 0) || (linger && !(strtod(linger, NULL) > 0)) || setting("NODE_OPTIONS") || setting("NODE_V8_COVERAGE");
}

/* As src/driver/runtimeFolder.ts has it, but that it is not made here. */
static bool find_folder(char *path, size_t size)
{
	const char *runtime = setting("XDG_RUNTIME_DIR"), *temporary = setting("TMPDIR");
	if (!temporary)
		temporary = setting("TMP");
	if (!temporary)
		temporary = setting("TEMP");
	if (!temporary)
		temporary = "/tmp";
	size_t length = strlen(temporary);
	if (length > 1 && temporary[length - 1] == '/')
		length--;
	int written = runtime ? snprintf(path, size, "%s/pelago", runtime) : snprintf(path, size, "%.*s/pelago-%u", (int)length, temporary, getuid());
	struct stat found;
	if (written <= 0 || (size_t)written >= size || *path != '/')
		return false;
	if (lstat(path, &found) != 0)
		return errno == ENOENT; /* the first engine makes it */
	return S_ISDIR(found.st_mode) && found.st_uid == getuid() && (found.st_mode & 077) == 0;
}

bool find_socket(char **argv, size_t program_words, char *path, size_t size)
{
	char folder[PATH_MAX];
	uint64_t hash = hash_text(0xcbf29ce484222325u, "1"); /* of what is said at the socket */
	if (is_switched_off() || !find_folder(folder, sizeof folder))
		return false;
	for (size_t word = 1; word + 1 < program_words; word++)
		hash = hash_text(hash, argv[word]);
	if (!hash_file(&hash, argv[0]) || !hash_file(&hash, argv[program_words - 1]) || !hash_rights(&hash) || !hash_places(&hash))
		return false;
	hash_machine(&hash);
	hash += hash_environment();
	int written = snprintf(path, size, "%s/%016llx.call", folder, (unsigned long long)hash);
	return written > 0 && (size_t)written < size;
}
