import type { FlagTable, FlagValues } from '../flags/flags.ts'

/** What `image prune` and `system prune` take. */
export const PRUNE_FLAGS = {
  all: { kind: 'switch', short: 'a', help: 'Remove all local images too, with their names' },
  filter: { kind: 'list', value: 'KEY=VALUE', help: 'Only what is older: until=24h' },
  force: { kind: 'switch', short: 'f', help: 'Do not ask' },
} as const satisfies FlagTable

export type PruneFlags = FlagValues<typeof PRUNE_FLAGS>
