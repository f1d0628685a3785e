import { ACCELERATE_FLAG } from '../../build/accelerate.ts'
import { COMPOSE_FLAGS, UNSUPPORTED_COMPOSE_FLAGS } from '../../compose/composeFlags.ts'
import type { FlagTable, FlagValues } from '../../flags/flags.ts'

/** The flags of `docker compose build`. */
export const COMPOSE_BUILD_FLAGS = {
  ...COMPOSE_FLAGS,
  accelerate: ACCELERATE_FLAG,
  'build-arg': { kind: 'list', value: 'KEY[=VALUE]', help: 'Set a build argument of all services; without a value it is taken from the environment' },
  check: { kind: 'switch', help: 'Check the Dockerfiles instead of building them' },
  'no-cache': { kind: 'switch', help: 'Run every step anew' },
  print: { kind: 'switch', help: 'Print what would be built as a bake file, and build nothing' },
  provenance: { kind: 'text', value: 'PROVENANCE', help: 'Say where the images come from: true, or mode=min or mode=max' },
  pull: { kind: 'switch', help: 'Ask the registry for base images even where they are here' },
  push: { kind: 'switch', help: 'Push the images of services that say what theirs is called' },
  quiet: { kind: 'switch', short: 'q', help: 'Print nothing but what goes wrong' },
  sbom: { kind: 'text', value: 'SBOM', help: 'List what software is in the images: true, or generator=IMAGE' },
  ssh: { kind: 'list', value: 'AGENT', help: 'An ssh agent for steps that mount it: default (at SSH_AUTH_SOCK), ID=SOCKET or ID=KEY[,KEY]' },
  'with-dependencies': { kind: 'switch', help: 'Build what the services depend on, too' },
} as const satisfies FlagTable

export type ComposeBuildFlags = FlagValues<typeof COMPOSE_BUILD_FLAGS>

export const UNSUPPORTED_COMPOSE_BUILD_FLAGS = [
  ...UNSUPPORTED_COMPOSE_FLAGS,
  ['memory', 'steps have the memory that the engine has'],
  '-m',
  'compress',
  'force-rm',
  'no-rm',
] as const
