import { parseFlags, type FlagTable, type FlagValues } from '../flags/flags.ts'
import { RUN_FLAGS, type RunFlags } from '../run/runFlags.ts'

/** Those of `run` that mean the same here. */
const SHARED = {
  'add-host': RUN_FLAGS['add-host'],
  entrypoint: RUN_FLAGS.entrypoint,
  env: RUN_FLAGS.env,
  'env-file': RUN_FLAGS['env-file'],
  hostname: RUN_FLAGS.hostname,
  mount: RUN_FLAGS.mount,
  net: RUN_FLAGS.net,
  network: RUN_FLAGS.network,
  privileged: RUN_FLAGS.privileged,
  pull: RUN_FLAGS.pull,
  'read-only': RUN_FLAGS['read-only'],
  user: RUN_FLAGS.user,
  volume: RUN_FLAGS.volume,
  workdir: RUN_FLAGS.workdir,
} as const satisfies FlagTable

export const TEST_FLAGS = {
  ...SHARED,
  'allow-missing': { kind: 'switch', help: 'Let platforms pass over that the image does not have, or that do not run here' },
  'fail-fast': { kind: 'switch', help: 'End all the others where one fails' },
  format: { kind: 'text', value: 'FORMAT', help: 'How the result is told', choices: ['table', 'json'], fallback: 'table' },
  junit: { kind: 'text', value: 'FILE', help: 'Write the results to a file, as JUnit has them' },
  parallel: { kind: 'text', value: 'N', help: 'Platforms that run at once (default one for each CPU); native ones go first' },
  platform: { kind: 'list', value: 'PLATFORM', splitsCommas: true, help: 'Platform to test on (default all that the image has)' },
  repeat: { kind: 'text', value: 'N', help: 'Run N times on each platform, and tell the shortest, median and longest time', fallback: '1' },
  timeout: { kind: 'text', value: 'DURATION', help: 'End a run that takes longer, such as 5m; the pull does not count' },
} as const satisfies FlagTable

export type TestFlags = FlagValues<typeof TEST_FLAGS>

/** What `run` would have been given. */
export function toRunFlags(flags: TestFlags): RunFlags {
  const shared = Object.fromEntries(Object.entries(flags).filter(([name]) => name in SHARED))
  return { ...parseFlags(RUN_FLAGS, [], { commandName: 'pelago test' }).flags, ...shared }
}
