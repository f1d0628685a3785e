#include "libraryPath.h"

/* Loaders look in folders for better processors, too, and older ones in folders within these. */
#define MAX_DEPTH 2
#define ENTRIES_BYTES 2048

/* As the kernel writes it: getdents64(2). */
struct folder_entry {
	uint64_t inode;
	int64_t next;
	uint16_t size_bytes;
	uint8_t type;
	char name[];
};
#define TYPE_PLAIN_FILE 8

bool names_library(const char *text)
{
	for (; *text != '\0'; text++)
		if (behind(".so", text))
			return true;
	return false;
}

static bool is_itself_or_above(const char *name)
{
	return is_same(name, ".") || is_same(name, "..");
}

static bool has_none_in(long parent, const char *path, int depth);

static bool is_harmless(long folder, const struct folder_entry *entry, int depth)
{
	if (names_library(entry->name))
		return false;
	return entry->type == TYPE_PLAIN_FILE || is_itself_or_above(entry->name) || has_none_in(folder, entry->name, depth + 1);
}

/* One that is not there, or is no folder, has none. */
static bool has_none_in(long parent, const char *path, int depth)
{
	long folder = system_call(__NR_openat, parent, (long)path, O_NO_WAITING | O_CLOSE_ON_EXEC | O_DIRECTORY, 0);
	if (folder < 0)
		return folder == -ENOENT || folder == -ENOTDIR;
	_Alignas(struct folder_entry) char entries[ENTRIES_BYTES];
	bool has_none = depth < MAX_DEPTH;
	long got = 0;
	while (has_none && (got = system_call(__NR_getdents64, folder, (long)entries, ENTRIES_BYTES, 0)) > 0)
		for (long at = 0; has_none && at < got; at += ((const struct folder_entry *)(entries + at))->size_bytes)
			has_none = is_harmless(folder, (const struct folder_entry *)(entries + at), depth);
	system_call(__NR_close, folder, 0, 0, 0);
	return has_none && got == 0;
}

bool is_without_libraries(const char *folder)
{
	return has_none_in(AT_FDCWD, folder, 0);
}

bool has_no_libraries(const char *folders)
{
	char path[MAX_PATH_BYTES];
	while (*folders != '\0') {
		size_t used = 0;
		for (; *folders != '\0' && *folders != ':'; folders++) {
			/* what loaders replace, and what only some of them take for the end of a folder */
			if (*folders == '$' || *folders == ';' || *folders == '\n' || used == MAX_PATH_BYTES - 1)
				return false;
			path[used++] = *folders;
		}
		path[used] = '\0';
		/* one without a name is the working folder */
		if (!is_without_libraries(used == 0 ? "." : path))
			return false;
		folders += *folders == ':';
	}
	return true;
}
