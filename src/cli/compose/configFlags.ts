import type { FlagTable, FlagValues } from '../flags/flags.ts'
import type { ComposeFlags } from './composeFlags.ts'

/** The flags of `docker compose config`. */
export const CONFIG_FLAGS = {
  environment: { kind: 'switch', help: 'List the variables by which the files\' own are replaced' },
  format: { kind: 'text', value: 'FORMAT', help: 'yaml or json; --variables also has table (default yaml)', choices: ['yaml', 'json', 'table'] },
  hash: { kind: 'text', value: 'SERVICES', help: 'List the hashes that tell whether services have changed: names with commas between, or *' },
  images: { kind: 'switch', help: 'List the names of the services\' images' },
  'lock-image-digests': { kind: 'switch', help: 'Show an override file that pins images by digest' },
  models: { kind: 'switch', help: 'List the models' },
  networks: { kind: 'switch', help: 'List the networks' },
  'no-consistency': { kind: 'switch', help: 'Do not check whether what is named is there' },
  'no-env-resolution': { kind: 'switch', help: 'Leave the services\' env files as they are' },
  'no-interpolate': { kind: 'switch', help: 'Leave variables as they are' },
  'no-normalize': { kind: 'switch', help: 'Add no names, networks and dependencies' },
  'no-path-resolution': { kind: 'switch', help: 'Leave paths relative' },
  output: { kind: 'text', short: 'o', value: 'PATH', help: 'Write to a file instead of stdout' },
  profiles: { kind: 'switch', help: 'List the profiles' },
  quiet: { kind: 'switch', short: 'q', help: 'Check the files, and show nothing' },
  'resolve-image-digests': { kind: 'switch', help: 'Pin images by the digests that registries have for them' },
  services: { kind: 'switch', help: 'List the services' },
  variables: { kind: 'switch', help: 'List the variables of the files, with their defaults' },
  volumes: { kind: 'switch', help: 'List the volumes' },
} as const satisfies FlagTable

export type ConfigFlags = ComposeFlags & FlagValues<typeof CONFIG_FLAGS>
