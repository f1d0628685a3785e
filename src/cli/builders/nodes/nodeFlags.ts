import type { FlagTable } from '../../flags/flags.ts'

/** The flags of commands that are about all nodes of a builder. */
export const NODE_FLAGS = {
  node: { kind: 'text', value: 'NAME', help: 'Only that node of the builder' },
  timeout: { kind: 'text', value: 'DURATION', fallback: '20s', help: 'How long each node may take to answer' },
} as const satisfies FlagTable
