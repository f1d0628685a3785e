#include "argumentFiles.h"

#include <linux/mman.h>

/* A file of arguments that is larger is left to the emulated program. */
#define MAX_ARGUMENT_FILE_BYTES (1 << 20)

static bool names_file(const char *argument)
{
	return argument[0] == '@';
}

/* Negative where it is no plain file, or too large. */
static long file_size(const char *path)
{
	struct stat file;
	if (system_call(__NR_newfstatat, AT_FDCWD, (long)path, (long)&file, 0) != 0 || !S_ISREG(file.st_mode) || file.st_size > MAX_ARGUMENT_FILE_BYTES)
		return -1;
	return file.st_size;
}

/* False unless the file has just as many bytes. */
static bool read_file(const char *path, char *to, long size_bytes)
{
	long file = system_call(__NR_openat, AT_FDCWD, (long)path, O_NO_WAITING | O_CLOSE_ON_EXEC, 0), used = 0, got;
	if (file < 0)
		return false;
	while ((got = system_call(__NR_read, file, (long)(to + used), size_bytes + 1 - used, 0)) > 0)
		used += got;
	system_call(__NR_close, file, 0, 0, 0);
	to[size_bytes] = '\0';
	return got == 0 && used == size_bytes;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * Writes the words of `text`, which ends at `end`, to `to`, and returns the place behind the last; NULL where not all readers
 * of such files take them for the same: quotes, what they are within, lines that are joined, and further files.
 */
static char **split_words(char *text, const char *end, char **to)
{
	while (text < end) {
		if (is_space(*text)) {
			text++;
			continue;
		}
		char *word = text, *used = text;
		for (; text < end && !is_space(*text); text++) {
			bool is_escaped = *text == '\\';
			if (is_escaped && (++text == end || *text == '\n'))
				return NULL;
			if (*text == '\0' || (!is_escaped && (*text == '"' || *text == '\'')))
				return NULL;
			*used++ = *text;
		}
		if (names_file(word))
			return NULL;
		text += text < end; /* the end of the word may stand in the place of what follows it */
		*used = '\0';
		*to++ = word;
	}
	return to;
}

/* Room for all words, with MAX_WORDS in front, and for the text of all files; 0 where one of them cannot be taken. */
static size_t measure(char *const *arguments, size_t *word_count)
{
	size_t text_bytes = 0, words = MAX_WORDS + 4;
	for (; *arguments; arguments++) {
		long size = names_file(*arguments) ? file_size(*arguments + 1) : 0;
		if (size < 0)
			return 0;
		words += 1 + size / 2 + 1;
		text_bytes += size + 1;
	}
	*word_count = words;
	return words * sizeof(char *) + text_bytes;
}

static bool fill(const struct process *from, char **to, char *text, const char *text_end)
{
	for (char *const *argument = from->argv + 3; *argument; argument++) {
		if (!names_file(*argument)) {
			*to++ = *argument;
			continue;
		}
		long size = file_size(*argument + 1);
		if (size < 0 || size >= text_end - text || !read_file(*argument + 1, text, size) || !(to = split_words(text, text + size, to)))
			return false;
		text += size + 1;
	}
	*to = NULL;
	return true;
}

void free_expansion(struct expansion *expansion)
{
	if (expansion->memory)
		system_call(__NR_munmap, (long)expansion->memory, expansion->size_bytes, 0, 0);
	expansion->memory = NULL;
}

bool has_argument_files(const struct process *process)
{
	char *const *argument = process->argv + 3;
	while (*argument && !names_file(*argument))
		argument++;
	return *argument != NULL;
}

bool expand(const struct process *process, struct expansion *expansion)
{
	expansion->process = *process;
	expansion->memory = NULL;
	if (!has_argument_files(process))
		return true;
	size_t word_count;
	expansion->size_bytes = measure(process->argv + 3, &word_count);
	if (expansion->size_bytes == 0)
		return false;
	long memory = long_system_call(__NR_mmap, 0, expansion->size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory < 0)
		return false;
	expansion->memory = (char *)memory;
	char **argv = (char **)memory + MAX_WORDS;
	for (int index = 0; index < 3; index++)
		argv[index] = process->argv[index];
	expansion->process.argv = argv;
	if (fill(process, argv + 3, (char *)((char **)memory + word_count), (char *)memory + expansion->size_bytes))
		return true;
	free_expansion(expansion);
	return false;
}
