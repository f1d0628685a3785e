import type { FlagTable, FlagValues } from '../flags/flags.ts'
import { CREATE_FLAGS } from './createFlags.ts'

export const EDIT_FLAGS = {
  'dry-run': CREATE_FLAGS['dry-run'],
  format: { kind: 'text', value: 'FORMAT', help: 'How the outcome is told', choices: ['text', 'json'], fallback: 'text' },
  'insecure-registry': CREATE_FLAGS['insecure-registry'],
  progress: CREATE_FLAGS.progress,
  tag: { kind: 'list', short: 't', value: 'NAME', help: 'Put the result there, and leave the image as it is' },
} as const satisfies FlagTable

export const SOURCE_FLAGS = {
  ...EDIT_FLAGS,
  platform: { kind: 'list', short: 'p', value: 'PLATFORM', splitsCommas: true, help: 'Take only these platforms of the sources' },
} as const satisfies FlagTable

export type EditFlags = FlagValues<typeof EDIT_FLAGS>
