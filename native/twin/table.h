/*
 * The table that is sealed into the emulator behind this code: written by src/executor/emulation/twins/setting/twinTable.ts, in
 * the machine's own byte order. Offsets count from the table's first byte; a string ends with a zero.
 */
#ifndef PELAGO_TWIN_TABLE_H
#define PELAGO_TWIN_TABLE_H

#include <stdint.h>

#define TABLE_FORMAT "PELTWIN5"
#define TABLE_MAGIC 0x354e4957544c4550u /* the same, in little-endian */
/* Locales in UTF-8 are files that both architectures read alike. */
#define TABLE_SAME_LOCALES 1u
/* The emulator gives a program its environment back to front, and so do we: QEMU before 8.1. */
#define TABLE_REVERSED_ENVIRONMENT 2u
/* Words in front of a twin's own arguments. */
#define MAX_WORDS 32

struct table {
	uint64_t magic;
	/* From the first byte of this code to the emulator's entry point. */
	int64_t emulator;
	/* The folder that must stand at ROOT_FOLDER: elsewhere, in a chroot, there are no twins. */
	uint64_t root_device, root_inode;
	uint32_t entry_count, flags;
	/* The processor that the emulator is to show; 0 where it chooses by itself. */
	uint32_t cpu_model, unused;
	struct entry {
		/* Of a file that was looked at before the step; sorted by these two. */
		uint64_t device, inode;
		uint64_t size, mtime_ns, ctime_ns;
		uint32_t twin, unused;
	} entries[];
};

struct twin {
	/* Folder, with a slash at its end, of links to what the kernel is to execute; the process is called as the link. */
	uint32_t folder;
	/* The link where there is none by the name that was executed. */
	uint32_t link;
	/* Names that argv[0] may have, a list of offsets that ends with 0; 0 for any. */
	uint32_t names;
	/* What the first argument has to begin with, a list as the former; 0 for anything, or none. */
	uint32_t first;
	/* Where name or first argument are others: the twin to look at then; 0 for none. */
	uint32_t otherwise;
	/* What no argument and no variable may begin with, a list as the former. */
	uint32_t refused;
	/* Options, and an ending each: the file that such an option names has none beside it by its name with that ending. A list of two offsets a time. */
	uint32_t companions;
	/* Paths at which there is nothing, a list as the former. */
	uint32_t absent;
	/* Options, the argument that has to follow each, and what is given in its place: a list of three offsets a time, as the former. */
	uint32_t replaced;
	/* Options that name a folder in which libraries would be loaded: none of them may have one, none may be named by any argument, and arguments in files are never read. A list as that of `refused`. */
	uint32_t loading;
	uint32_t word_count;
	/* argv of what is executed, but for the arguments that were given; 0 for argv[0] as given. */
	uint32_t words[];
};

#endif
