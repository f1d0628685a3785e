import type { FlagTable, FlagValues } from '../flags/flags.ts'
import { PROGRESS_MODES } from '../render/progressMode.ts'

export const CREATE_FLAGS = {
  annotation: { kind: 'list', value: '[TYPE:]KEY=VALUE', help: 'Annotation for the index, or with manifest-descriptor[PLATFORM]: for its entries' },
  append: { kind: 'switch', help: 'Add to what the first --tag names now' },
  'dry-run': { kind: 'switch', help: 'Show the index, and push nothing' },
  file: { kind: 'list', short: 'f', value: 'PATH', help: 'File with a source: a descriptor in JSON, a name or a digest' },
  'insecure-registry': { kind: 'list', value: 'HOST', help: 'Registry whose certificate need not be valid, or that speaks plain HTTP' },
  'metadata-file': { kind: 'text', value: 'PATH', help: 'Write descriptor and name of the image to a file, as JSON' },
  platform: { kind: 'list', short: 'p', value: 'PLATFORM', splitsCommas: true, help: 'Take only these platforms of the sources' },
  'prefer-index': { kind: 'switch', fallback: true, help: 'Make an index of a single image, too; =false copies it as it is' },
  progress: { kind: 'text', value: 'MODE', help: 'How progress is shown', choices: PROGRESS_MODES, fallback: 'auto' },
  tag: { kind: 'list', short: 't', value: 'NAME', help: 'Name of the image, of any registry' },
} as const satisfies FlagTable

export type CreateFlags = FlagValues<typeof CREATE_FLAGS>
