import type { FlagTable, FlagValues } from '../flags/flags.ts'

export const SBOM_FLAGS = {
  against: { kind: 'text', value: 'IMAGE', help: 'Show what was added, removed, upgraded and downgraded since this one' },
  base: { kind: 'text', value: 'IMAGE', help: 'The image that it was built on: what that brought is told apart' },
  'compare-platforms': { kind: 'switch', help: 'Show only what differs between platforms; exit with 1 where anything does' },
  format: { kind: 'text', value: 'FORMAT', help: 'spdx-json for other tools, json for scripts', choices: ['table', 'json', 'spdx-json'], fallback: 'table' },
  output: { kind: 'text', short: 'o', value: 'PATH', help: 'Write to this file; to a file for each platform where it is a folder' },
  platform: { kind: 'list', value: 'PLATFORM', splitsCommas: true, help: 'Look at this platform only (default all that the image has)' },
} as const satisfies FlagTable

export type SbomFlags = FlagValues<typeof SBOM_FLAGS>
