import { BUILD_FLAGS } from '../build/buildFlags.ts'
import type { FlagTable, FlagValues } from '../flags/flags.ts'

/** Flags of `build` that say where a result goes, or ask for something else than a build. */
const WITHOUT = ['call', 'check', 'iidfile', 'load', 'metadata-file', 'part', 'push', 'quiet'] as const

const OWN = {
  against: { kind: 'text', value: 'IMAGE|PATH', help: 'Build once, and compare with an image of the local store or a registry, an archive, or an OCI layout' },
  format: { kind: 'text', value: 'FORMAT', help: 'How differences are told', choices: ['table', 'json'], fallback: 'table' },
  output: { kind: 'list', short: 'o', value: 'OUTPUT', help: 'As for build: its KEY=VALUEs that say something of the image count, such as rewrite-timestamp=true; nothing is sent there' },
} as const satisfies FlagTable

type Omitted = (typeof WITHOUT)[number]

export const REPRODUCE_FLAGS: Omit<typeof BUILD_FLAGS, Omitted | 'output'> & typeof OWN = { ...withoutKeys(BUILD_FLAGS, WITHOUT), ...OWN }

export type ReproduceFlags = FlagValues<typeof REPRODUCE_FLAGS>

function withoutKeys<T extends FlagTable, K extends keyof T & string>(table: T, keys: readonly K[]): Omit<T, K> {
  const left: readonly string[] = keys
  return Object.fromEntries(Object.entries(table).filter(([name]) => !left.includes(name))) as Omit<T, K>
}
