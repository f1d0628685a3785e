import type { FlagTable, FlagValues } from '../../flags/flags.ts'

/** The flags of `docker buildx create`. */
export const CREATE_FLAGS = {
  append: { kind: 'switch', help: 'Add a node to the builder of --name' },
  bootstrap: { kind: 'switch', help: 'Start the engines, or see whether they answer' },
  'buildkitd-config': { kind: 'text', value: 'FILE', help: 'Configuration of the buildkitd that the driver starts; its text is kept' },
  'buildkitd-flags': { kind: 'text', value: 'FLAGS', help: 'Flags of the buildkitd that the driver starts; for the embedded engine --allow-insecure-entitlement holds anyway' },
  config: { kind: 'text', value: 'FILE', help: 'The same as --buildkitd-config' },
  driver: { kind: 'text', value: 'DRIVER', help: 'How the engine is reached: embedded, remote, docker-container, kubernetes; without it the endpoint says that' },
  'driver-opt': { kind: 'list', value: 'KEY=VALUE,…', help: 'Options of the driver: default-load=true has builds loaded that have no output, accelerate=on has emulated steps accelerated' },
  leave: { kind: 'switch', help: 'Take the node of --node out of the builder of --name' },
  name: { kind: 'text', value: 'NAME', help: 'Name of the builder' },
  node: { kind: 'text', value: 'NAME', help: 'Name of the node: a new one\'s, or that of the one to change' },
  platform: { kind: 'list', value: 'PLATFORM', splitsCommas: true, help: 'Platforms that the node is for; they come first where platforms are listed' },
  timeout: { kind: 'text', value: 'DURATION', fallback: '20s', help: 'How long --bootstrap waits for each node that listens already; containers and pods have the time they need' },
  use: { kind: 'switch', help: 'Use the builder from now on' },
} as const satisfies FlagTable

export type CreateFlags = FlagValues<typeof CREATE_FLAGS>
