import { BUILD_FLAGS } from '../build/buildFlags.ts'
import type { FlagTable, FlagValues } from '../flags/flags.ts'
import { withoutFlags } from '../flags/withoutFlags.ts'

/** Flags of `build` that say where a result goes, or ask for something else than a build. */
const WITHOUT = ['audit', 'call', 'check', 'iidfile', 'keep-going', 'load', 'metadata-file', 'part', 'push', 'quiet'] as const

const OWN = {
  against: { kind: 'text', value: 'IMAGE|PATH', help: 'Build once, and compare with an image of the local store or a registry, an archive, or an OCI layout' },
  format: { kind: 'text', value: 'FORMAT', help: 'How differences are told', choices: ['table', 'json'], fallback: 'table' },
  output: { kind: 'list', short: 'o', value: 'OUTPUT', help: 'As for build: its KEY=VALUEs that say something of the image count, such as rewrite-timestamp=true; nothing is sent there' },
} as const satisfies FlagTable

type Omitted = (typeof WITHOUT)[number]

export const REPRODUCE_FLAGS: Omit<typeof BUILD_FLAGS, Omitted | 'output'> & typeof OWN = { ...withoutFlags(BUILD_FLAGS, WITHOUT), ...OWN }

export type ReproduceFlags = FlagValues<typeof REPRODUCE_FLAGS>
