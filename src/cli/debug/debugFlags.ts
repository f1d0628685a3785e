import type { FlagTable, FlagValues } from '../flags/flags.ts'

export const DEBUG_FLAGS = {
  env: { kind: 'list', short: 'e', value: 'KEY[=VALUE]', help: 'Set an environment variable; without a value it is taken from the environment' },
  format: { kind: 'text', value: 'TEMPLATE', help: 'With --list: Go template for each step, or json' },
  list: { kind: 'switch', help: 'List the failed steps that are kept' },
  node: { kind: 'text', value: 'NAME', help: 'Of a builder of several nodes: the one that has the step (default the one that is found to)' },
  secret: { kind: 'list', value: 'id=NAME[,src=FILE|,env=VARIABLE]', help: 'Secret that the step mounts: without it, it is not there' },
  user: { kind: 'text', short: 'u', value: 'USER[:GROUP]', help: 'User that runs the command (default the step\'s own)' },
  workdir: { kind: 'text', short: 'w', value: 'PATH', help: 'Folder to start in (default the step\'s own)' },
} as const satisfies FlagTable

export type DebugFlags = FlagValues<typeof DEBUG_FLAGS>
