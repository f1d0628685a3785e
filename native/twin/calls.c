#include "calls.h"
#include "libraryPath.h"

const char *last_component(const char *path)
{
	const char *name = path;
	for (; *path != '\0'; path++)
		if (*path == '/')
			name = path + 1;
	return name;
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

const struct twin *for_call(const struct twin *twin, const struct process *process)
{
	while (twin && !(may_be_called(twin, last_component(process->argv[2])) && may_begin_with(twin, process->argv[3])))
		twin = twin->otherwise == 0 ? NULL : (const struct twin *)string_at(twin->otherwise);
	return twin;
}

bool has_conditions(const struct twin *twin)
{
	return twin->refused != 0 || twin->companions != 0 || twin->replaced != 0 || twin->loading != 0;
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

/* Behind the kind that rustc is told of a folder in front of it: `dependency=/x`. */
static const char *behind_kind(const char *value)
{
	const char *at = value;
	while (*at >= 'a' && *at <= 'z')
		at++;
	return *at == '=' ? at + 1 : value;
}

/* The folder may be named within the option's own argument, or by the next one. */
static bool may_load(const struct twin *twin, char *const *argument)
{
	if (twin->loading == 0)
		return false;
	for (; *argument; argument++) {
		if (names_library(*argument))
			return true;
		for (const uint32_t *option = list_at(twin->loading); *option != 0; option++) {
			const char *value = behind(string_at(*option), *argument);
			if (value && *value == '\0')
				value = argument[1];
			if (value && !is_without_libraries(behind_kind(value)))
				return true;
		}
	}
	return false;
}

bool is_refused(const struct twin *twin, const struct process *process)
{
	const uint32_t *prefixes = list_at(twin->refused);
	char *const *arguments = process->argv + 3;
	return has_prefix_of(prefixes, arguments) || has_prefix_of(prefixes, process->environment) || has_other_value(twin, arguments) || has_companion(twin, arguments) || may_load(twin, arguments) || has_present(twin);
}

void replace(const struct twin *twin, int from, int to, char **argument)
{
	bool has_option;
	for (; *argument; argument++) {
		const uint32_t *entry = find_replacement(twin, argument[0], argument[1], from, &has_option);
		if (entry)
			argument[1] = (char *)string_at(entry[to]);
	}
}
