/*
 * What runs first in every emulated process of a step that has native twins, or whose emulator is told which processor to
 * show. It is no program of its own, but a piece of code that is put into a copy of the emulator, whose entry point it
 * takes; the table of twins lies behind it. So it is there in any root file system, and needs no file to give the
 * emulator its turn: that happens with the stack, but for that one option, the open files, the name and the rights that
 * the kernel gave, as if this code had not been there.
 *
 * It stands between what a step has and what runs natively, so it has no library and no memory of its own, but for the
 * files of arguments that it reads as the program would have, and in every doubt lets the emulator run. A twin is started
 * only where the file that was executed is one of the table by device, inode, size and times; where no right came with it
 * (AT_SECURE); where the environment changes neither how libraries are found nor what a locale means; and where no
 * library is to be in all.
 */
#include "argumentFiles.h"
#include "calls.h"
#include "cpuModel.h"
#include "libraryPath.h"

#include <linux/auxvec.h>
#include <linux/resource.h>

#define FOLDER "/dev/.pelago/"
#define ROOT_FOLDER FOLDER "root"
#define COUNT_FILE FOLDER "count"
/* What a loader puts into every process: libraries of the step's architecture. */
#define PRELOAD_FILE "/etc/ld.so.preload"
#define SET_FD_FLAGS 2
#define FD_CLOSE_ON_EXEC 1

/* The linker script puts it in front of this code. */
extern const char code_start[] __attribute__((visibility("hidden")));

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
	const char *folders = behind("LD_LIBRARY_PATH=", variable);
	if (folders)
		return has_no_libraries(folders);
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

static void try_twin(const struct process *process)
{
	struct stat file;
	if (!is_in_own_root())
		return;
	const struct twin *twin = for_call(system_call(__NR_fstat, process->file, (long)&file, 0, 0) == 0 ? find_twin(&file) : NULL, process);
	struct expansion expansion = { .process = *process };
	if (!twin || !is_plain_environment(process->environment) || has_preload_file() || (twin->loading != 0 && has_argument_files(process)) || (has_conditions(twin) && !expand(process, &expansion))) {
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

/* In two registers. */
struct start {
	long entry;
	long *stack;
};

/* Returns where the emulator begins and its stack, if no twin has taken its place. `stack` is as the kernel has made it. */
__attribute__((used, visibility("hidden"))) struct start choose(long *stack)
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
	struct start emulator = { .entry = (long)code_start + (long)table.emulator, .stack = stack };
	if (table.magic != TABLE_MAGIC)
		return emulator;
	if (table.entry_count > 0 && stack[0] >= 3 && process.file >= 0 && !process.is_privileged)
		try_twin(&process);
	emulator.stack = with_cpu_model(stack);
	return emulator;
}

/* The room below the stack is for words in front of the arguments, which so need not be moved: MAX_WORDS of a twin, or two for the emulator. */
#if defined(__x86_64__)
__asm__(".section .text.entry,\"ax\"\n"
	"mov %rsp, %rbx\n"
	"mov %rdx, %r12\n"
	"mov %rsp, %rdi\n"
	"sub $512, %rsp\n"
	"call choose\n"
	"mov %rdx, %rsp\n"
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
	"mov sp, x1\n"
	"mov x0, x20\n"
	"mov x1, xzr\n"
	"br x16\n"
	".text\n");
#endif
