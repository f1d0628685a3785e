import type { FlagTable, FlagValues } from '../flags/flags.ts'

/** The flags of `docker buildx create`. */
export const CREATE_FLAGS = {
  append: { kind: 'switch', help: 'Add a node to the builder of --name' },
  bootstrap: { kind: 'switch', help: 'Start the engine, or see whether it answers' },
  'buildkitd-flags': { kind: 'text', value: 'FLAGS', help: 'Flags of buildkitd; of these, --allow-insecure-entitlement holds here anyway, and others are refused' },
  driver: { kind: 'text', value: 'DRIVER', help: 'How the engine is reached: embedded (the default), or remote, for an ENDPOINT that listens' },
  'driver-opt': { kind: 'list', value: 'KEY=VALUE', splitsCommas: true, help: 'Option of the driver: default-load=true has builds loaded that have no output; network=host holds here anyway, and others are refused' },
  leave: { kind: 'switch', help: 'Take the node of --node out of the builder of --name' },
  name: { kind: 'text', value: 'NAME', help: 'Name of the builder' },
  node: { kind: 'text', value: 'NAME', help: 'Name of the node; of a builder that is there, the node to change' },
  platform: { kind: 'list', value: 'PLATFORM', splitsCommas: true, help: 'Platforms that the node is for; they come first where platforms are listed' },
  use: { kind: 'switch', help: 'Use the builder from now on' },
} as const satisfies FlagTable

export type CreateFlags = FlagValues<typeof CREATE_FLAGS>
