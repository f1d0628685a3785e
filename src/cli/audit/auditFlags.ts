import type { FlagTable, FlagValues } from '../flags/flags.ts'

export const AUDIT_FLAGS = {
  base: { kind: 'text', value: 'IMAGE', help: 'The image that it was built on: its layers are told apart' },
  'fail-on': { kind: 'text', value: 'SEVERITY', help: 'Exit with 1 where anything so bad is found', choices: ['error', 'warning', 'note'], fallback: 'error' },
  format: { kind: 'text', value: 'FORMAT', help: 'json for scripts', choices: ['text', 'json'], fallback: 'text' },
  platform: { kind: 'list', value: 'PLATFORM', splitsCommas: true, help: 'Look at this platform only (default all that the image has)' },
  severity: { kind: 'text', value: 'SEVERITY', help: 'Show what is so bad or worse', choices: ['error', 'warning', 'note'], fallback: 'warning' },
  strict: { kind: 'switch', help: 'Short for --fail-on=warning' },
} as const satisfies FlagTable

export type AuditFlags = FlagValues<typeof AUDIT_FLAGS>
