/*
 * What runs first in every emulated process of a step that has native twins. It is no program of its own, but a piece of
 * code that is put into a copy of the emulator, whose entry point it takes; the table of twins lies behind it. So it is
 * there in any root file system, and needs no file to give the emulator its turn: that happens with the stack,
 * the open files, the name and the rights that the kernel gave, as if this code had not been there.
 *
 * It stands between what a step has and what runs natively, so it has no memory of its own and no library, follows
 * nothing that the step wrote, and in every doubt lets the emulator run. A twin is started only where the file that was
 * executed is one of the table by device, inode, size and times; where no right came with it (AT_SECURE); where the
 * environment changes neither how libraries are found nor what a locale means; and where no library is to be in all.
 */
#include "table.h"

#include <asm/errno.h>
#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/auxvec.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/resource.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <stddef.h>

#define FOLDER "/dev/.pelago/"
#define ROOT_FOLDER FOLDER "root"
#define COUNT_FILE FOLDER "count"
/* What a loader puts into every process: libraries of the step's architecture. */
#define PRELOAD_FILE "/etc/ld.so.preload"
#define MAX_PATH_BYTES 256
/* A file of arguments that is larger is left to the emulated program. */
#define MAX_ARGUMENT_FILE_BYTES (1 << 20)
/* O_CREAT and the like differ between architectures; these do not on those this is built for. */
#define O_WRITE_ONLY 01
#define O_APPENDING 02000
#define O_NO_WAITING 04000
#ifdef __aarch64__
#define O_NO_LINK 0100000
#else
#define O_NO_LINK 0400000
#endif
#define O_CLOSE_ON_EXEC 02000000
#define SET_FD_FLAGS 2
#define FD_CLOSE_ON_EXEC 1

/* The linker script puts them at both ends of this code. */
extern const char code_start[] __attribute__((visibility("hidden")));
extern const struct table table __attribute__((visibility("hidden")));

static long long_system_call(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long fourth __asm__("r10") = d;
	register long fifth __asm__("r8") = e;
	register long sixth __asm__("r9") = f;
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth) : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
#endif
}

static long system_call(long number, long a, long b, long c, long d)
{
	return long_system_call(number, a, b, c, d, 0, 0);
}

/* What the kernel has put on the stack of a new process. */
struct process {
	/* The interpreter's own name, the file's path, argv[0] as given, the arguments: binfmt_misc, flag P. */
	char **argv;
	char **environment;
	long file;
	bool is_privileged;
};

static const char *string_at(uint32_t offset)
{
	return (const char *)&table + offset;
}

static bool is_same(const char *one, const char *other)
{
	while (*one != '\0' && *one == *other)
		one++, other++;
	return *one == *other;
}

/* Behind `prefix`; NULL where `text` does not begin so. */
static const char *behind(const char *prefix, const char *text)
{
	while (*prefix != '\0')
		if (*prefix++ != *text++)
			return NULL;
	return text;
}

static const char *last_component(const char *path)
{
	const char *name = path;
	for (; *path != '\0'; path++)
		if (*path == '/')
			name = path + 1;
	return name;
}

/* Whether a locale means the same to both architectures: those in other character sets need libraries of the step's. */
static bool is_plain_locale(const char *name)
{
	if (*name == '\0' || is_same(name, "C") || is_same(name, "POSIX"))
		return true;
	if (!(table.flags & TABLE_SAME_LOCALES))
		return false;
	while (*name != '\0' && *name != '.')
		name++;
	return is_same(name, ".UTF-8") || is_same(name, ".utf8");
}

static bool is_plain_variable(const char *variable)
{
	if (behind("LD_", variable) || behind("GLIBC_TUNABLES=", variable) || behind("GCONV_PATH=", variable) || behind("LOCPATH=", variable))
		return false;
	const char *locale = behind("LANG=", variable);
	if (!locale && behind("LC_", variable)) {
		locale = variable;
		while (*locale != '\0' && *locale++ != '=')
			;
	}
	return !locale || is_plain_locale(locale);
}

static bool is_plain_environment(char *const *environment)
{
	for (; *environment; environment++)
		if (!is_plain_variable(*environment))
			return false;
	return true;
}

static uint64_t nanoseconds(unsigned long seconds, unsigned long fraction)
{
	return (uint64_t)seconds * 1000000000u + fraction;
}

static int compare(const struct entry *entry, const struct stat *file)
{
	if (entry->device != file->st_dev)
		return entry->device < file->st_dev ? -1 : 1;
	if (entry->inode != file->st_ino)
		return entry->inode < file->st_ino ? -1 : 1;
	return 0;
}

/* NULL where the file is none of the table, or is not any more what it was. */
static const struct twin *find_twin(const struct stat *file)
{
	uint32_t low = 0, high = table.entry_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct entry *entry = &table.entries[middle];
		int order = compare(entry, file);
		if (order == 0) {
			bool is_unchanged = entry->size == (uint64_t)file->st_size && entry->mtime_ns == nanoseconds(file->st_mtime, file->st_mtime_nsec) &&
					    entry->ctime_ns == nanoseconds(file->st_ctime, file->st_ctime_nsec);
			return is_unchanged ? (const struct twin *)string_at(entry->twin) : NULL;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static const uint32_t *list_at(uint32_t offset)
{
	static const uint32_t empty[1];
	return offset == 0 ? empty : (const uint32_t *)string_at(offset);
}

static bool may_be_called(const struct twin *twin, const char *name)
{
	if (twin->names == 0)
		return true;
	for (const uint32_t *offset = list_at(twin->names); *offset != 0; offset++)
		if (is_same(string_at(*offset), name))
			return true;
	return false;
}

static bool may_begin_with(const struct twin *twin, const char *first)
{
	if (twin->first == 0)
		return true;
	for (const uint32_t *prefix = list_at(twin->first); first && *prefix != 0; prefix++)
		if (behind(string_at(*prefix), first))
			return true;
	return false;
}

/* Of the twins of one file the first that is for such a call. */
static const struct twin *for_call(const struct twin *twin, const struct process *process)
{
	while (twin && !(may_be_called(twin, last_component(process->argv[2])) && may_begin_with(twin, process->argv[3])))
		twin = twin->otherwise == 0 ? NULL : (const struct twin *)string_at(twin->otherwise);
	return twin;
}

static bool has_prefix_of(const uint32_t *prefixes, char *const *texts)
{
	for (; *texts; texts++)
		for (const uint32_t *prefix = prefixes; *prefix != 0; prefix++)
			if (behind(string_at(*prefix), *texts))
				return true;
	return false;
}

/* The entry of the list for `option` with `value`, which is its column; NULL where there is none. `has_option` is told whether it has others for it. */
static const uint32_t *find_replacement(const struct twin *twin, const char *option, const char *value, int column, bool *has_option)
{
	*has_option = false;
	for (const uint32_t *entry = list_at(twin->replaced); *entry != 0; entry += 3) {
		if (!is_same(option, string_at(entry[0])))
			continue;
		*has_option = true;
		if (value && is_same(value, string_at(entry[column])))
			return entry;
	}
	return NULL;
}

static bool has_other_value(const struct twin *twin, char *const *argument)
{
	bool has_option;
	for (; *argument; argument++)
		if (!find_replacement(twin, argument[0], argument[1], 1, &has_option) && has_option)
			return true;
	return false;
}

/* False where the path is too long, too. */
static bool is_absent(const char *path, const char *ending)
{
	char whole[MAX_PATH_BYTES];
	size_t used = 0;
	for (const char *from = path; *from != '\0'; from++) {
		if (used == MAX_PATH_BYTES)
			return false;
		whole[used++] = *from;
	}
	for (;; ending++) {
		if (used == MAX_PATH_BYTES)
			return false;
		whole[used++] = *ending;
		if (*ending == '\0')
			return system_call(__NR_faccessat, AT_FDCWD, (long)whole, 0, 0) == -ENOENT;
	}
}

/* The file may be named within the option's own argument, or by the next one. */
static bool has_companion(const struct twin *twin, char *const *argument)
{
	for (; *argument; argument++)
		for (const uint32_t *entry = list_at(twin->companions); *entry != 0; entry += 2) {
			const char *path = behind(string_at(entry[0]), *argument);
			if (path && *path == '\0')
				path = argument[1];
			if (path && !is_absent(path, string_at(entry[1])))
				return true;
		}
	return false;
}

static bool has_present(const struct twin *twin)
{
	for (const uint32_t *path = list_at(twin->absent); *path != 0; path++)
		if (!is_absent(string_at(*path), ""))
			return true;
	return false;
}

/* Whether the emulated program is asked for something that its twin does otherwise. */
static bool is_refused(const struct twin *twin, const struct process *process)
{
	const uint32_t *prefixes = list_at(twin->refused);
	char *const *arguments = process->argv + 3;
	return has_prefix_of(prefixes, arguments) || has_prefix_of(prefixes, process->environment) || has_other_value(twin, arguments) || has_companion(twin, arguments) || has_present(twin);
}

/* A process whose arguments are no longer those on its stack. */
struct expansion {
	struct process process;
	char *memory;
	size_t size_bytes;
};

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

static void free_expansion(struct expansion *expansion)
{
	if (expansion->memory)
		system_call(__NR_munmap, (long)expansion->memory, expansion->size_bytes, 0, 0);
	expansion->memory = NULL;
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

/* Puts what stands in files of arguments (@FILE) in their place. False where the emulated program has to read them. */
static bool expand(const struct process *process, struct expansion *expansion)
{
	char *const *argument = process->argv + 3;
	expansion->process = *process;
	expansion->memory = NULL;
	while (*argument && !names_file(*argument))
		argument++;
	if (!*argument)
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

static bool is_in_own_root(void)
{
	struct stat root;
	return system_call(__NR_newfstatat, AT_FDCWD, (long)ROOT_FOLDER, (long)&root, 0) == 0 && root.st_dev == table.root_device && root.st_ino == table.root_inode;
}

static bool has_preload_file(void)
{
	return system_call(__NR_faccessat, AT_FDCWD, (long)PRELOAD_FILE, 0, 0) != -ENOENT;
}

/* Writing beyond such a limit would end the process. */
static bool has_file_limit(void)
{
	struct rlimit64 limit;
	return system_call(__NR_prlimit64, 0, RLIMIT_FSIZE, 0, (long)&limit) != 0 || limit.rlim_cur != RLIM64_INFINITY;
}

/* One letter a process: `n` native, `e` emulated, `x` for one of the former that could not be started after all. Those with a limit on what they write are not counted. */
static void count(char letter)
{
	if (has_file_limit())
		return;
	long file = system_call(__NR_openat, AT_FDCWD, (long)COUNT_FILE, O_WRITE_ONLY | O_APPENDING | O_NO_WAITING | O_NO_LINK | O_CLOSE_ON_EXEC, 0);
	if (file < 0)
		return;
	system_call(__NR_write, file, (long)&letter, 1, 0);
	system_call(__NR_close, file, 0, 0, 0);
}

static void reverse(char **environment)
{
	char **last = environment;
	while (*last)
		last++;
	for (last--; environment < last; environment++, last--) {
		char *first = *environment;
		*environment = *last;
		*last = first;
	}
}

static void execute_link(const struct twin *twin, const char *name, char **argv, char **environment)
{
	char path[MAX_PATH_BYTES];
	size_t used = 0;
	for (const char *from = string_at(twin->folder); *from != '\0'; from++, used++) {
		if (used == MAX_PATH_BYTES)
			return;
		path[used] = *from;
	}
	for (const char *from = name;; from++, used++) {
		if (used == MAX_PATH_BYTES)
			return;
		path[used] = *from;
		if (*from == '\0')
			break;
	}
	system_call(__NR_execve, (long)path, (long)argv, (long)environment, 0);
}

/* From the value in one column to that in the other. */
static void replace(const struct twin *twin, int from, int to, char **argument)
{
	bool has_option;
	for (; *argument; argument++) {
		const uint32_t *entry = find_replacement(twin, argument[0], argument[1], from, &has_option);
		if (entry)
			argument[1] = (char *)string_at(entry[to]);
	}
}

/* Returns only where the twin could not be started; all is as it was then. */
static void become(const struct twin *twin, const struct process *process)
{
	char **given = process->argv;
	char *kept[3] = { given[0], given[1], given[2] };
	if (twin->word_count > MAX_WORDS)
		return;
	/* Below argv lie the number of arguments and the room that the entry, or an expansion, has left. */
	char **argv = given + 3 - twin->word_count;
	char *below[MAX_WORDS];
	for (uint32_t index = 0; index < twin->word_count; index++)
		below[index] = argv[index];
	replace(twin, 1, 2, given + 3);
	for (uint32_t index = 0; index < twin->word_count; index++)
		argv[index] = twin->words[index] == 0 ? kept[2] : (char *)string_at(twin->words[index]);
	if (table.flags & TABLE_REVERSED_ENVIRONMENT)
		reverse(process->environment);
	system_call(__NR_fcntl, process->file, SET_FD_FLAGS, FD_CLOSE_ON_EXEC, 0);
	execute_link(twin, last_component(kept[1]), argv, process->environment);
	execute_link(twin, string_at(twin->link), argv, process->environment);
	system_call(__NR_fcntl, process->file, SET_FD_FLAGS, 0, 0);
	if (table.flags & TABLE_REVERSED_ENVIRONMENT)
		reverse(process->environment);
	for (uint32_t index = 0; index < twin->word_count; index++)
		argv[index] = below[index];
	replace(twin, 2, 1, given + 3);
}

/* Whether a twin may be told what it is asked for only by looking at all arguments. */
static bool has_conditions(const struct twin *twin)
{
	return twin->refused != 0 || twin->companions != 0 || twin->replaced != 0;
}

static void try_twin(const struct process *process)
{
	struct stat file;
	if (!is_in_own_root())
		return;
	const struct twin *twin = for_call(system_call(__NR_fstat, process->file, (long)&file, 0, 0) == 0 ? find_twin(&file) : NULL, process);
	struct expansion expansion = { .process = *process };
	if (!twin || !is_plain_environment(process->environment) || has_preload_file() || (has_conditions(twin) && !expand(process, &expansion))) {
		count('e');
		return;
	}
	bool is_native = !is_refused(twin, &expansion.process);
	count(is_native ? 'n' : 'e');
	if (is_native) {
		become(twin, &expansion.process);
		count('x');
	}
	free_expansion(&expansion);
}

/* By which the engine sees which tables this code reads. */
__attribute__((used, retain)) static const char format[] = TABLE_FORMAT;

/* Returns where the emulator begins, if no twin has taken its place. `stack` is as the kernel has made it. */
__attribute__((used, visibility("hidden"))) long choose(long *stack)
{
	struct process process = { .argv = (char **)&stack[1], .file = -1 };
	long *rest = stack + 1 + stack[0];
	process.environment = (char **)(rest + 1);
	for (rest++; *rest != 0; rest++)
		;
	for (rest++; rest[0] != AT_NULL; rest += 2) {
		if (rest[0] == AT_EXECFD)
			process.file = rest[1];
		else if (rest[0] == AT_SECURE)
			process.is_privileged = rest[1] != 0;
	}
	if (table.magic == TABLE_MAGIC && stack[0] >= 3 && process.file >= 0 && !process.is_privileged)
		try_twin(&process);
	return (long)code_start + (long)table.emulator;
}

/* The room below the stack is for MAX_WORDS words in front of the arguments, which so need not be moved. */
#if defined(__x86_64__)
__asm__(".section .text.entry,\"ax\"\n"
	"mov %rsp, %rbx\n"
	"mov %rdx, %r12\n"
	"mov %rsp, %rdi\n"
	"sub $512, %rsp\n"
	"call choose\n"
	"mov %rbx, %rsp\n"
	"mov %r12, %rdx\n"
	"xor %ebx, %ebx\n"
	"xor %r12d, %r12d\n"
	"jmp *%rax\n"
	".text\n");
#elif defined(__aarch64__)
__asm__(".section .text.entry,\"ax\"\n"
	"mov x19, sp\n"
	"mov x20, x0\n"
	"mov x0, sp\n"
	"sub sp, sp, #512\n"
	"bl choose\n"
	"mov x16, x0\n"
	"mov x0, x20\n"
	"mov sp, x19\n"
	"br x16\n"
	".text\n");
#endif
