import type { FlagTable, FlagValues } from '../flags/flags.ts'

export const MERGE_FLAGS = {
  'allow-different-sources': { kind: 'switch', help: 'Merge parts that were not built from the same source' },
  'allow-fewer-platforms': { kind: 'switch', help: 'Publish fewer platforms than the tag has now' },
  annotation: { kind: 'list', value: '[index:]KEY=VALUE', help: 'Add an annotation to the index' },
  'dry-run': { kind: 'switch', help: 'Show the index, and push nothing' },
  expect: { kind: 'list', value: 'PLATFORM', splitsCommas: true, help: 'Platform without which nothing is published' },
  format: { kind: 'text', value: 'FORMAT', help: 'How the result is told', choices: ['table', 'json'], fallback: 'table' },
  'insecure-registry': { kind: 'list', value: 'HOST[:PORT]', help: 'Registry whose certificate need not be valid, or that speaks plain HTTP' },
  'metadata-file': { kind: 'text', value: 'PATH', help: 'Write what was published to a file, as JSON' },
  tag: { kind: 'list', short: 't', value: 'NAME[:TAG]', help: 'Name of the image' },
} as const satisfies FlagTable

export type MergeFlags = FlagValues<typeof MERGE_FLAGS>
