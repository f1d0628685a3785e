import { UsageError } from '../flags/usageError.ts'

const HINT = 'write status=error, ref=ID, repository=URL, startedAt>24h, completedAt<2026-01-31T12:00:00Z or duration>30s'

/**
 * `--filter` of buildx's `history ls` in the engine's words, one text for all of them: `=` is a part of a `ref` or a
 * `repository`, and the whole of a `status`. @throws UsageError
 */
export function formatBuildFilters(texts: readonly string[]): readonly string[] {
  if (texts.length === 0) return []
  return [texts.map(formatFilter).map(quoteField).join(',')]
}

function formatFilter(text: string): string {
  const [, key = '', comparison = '', value = ''] = /^(\w+)(!=|<=|>=|=|<|>)(.*)$/s.exec(text) ?? []
  const written = KEYS.get(key)?.get(comparison)
  if (written === undefined) throw new UsageError(`invalid --filter: ${JSON.stringify(text)}`, { hint: HINT })
  return `${key}${written}${written === '~=' ? escapePattern(value) : value}`
}

/** The engine's word for each comparison that a key has. */
const PART_OF: ReadonlyMap<string, string> = new Map([['=', '~='], ['!=', '!=']])
const WHOLE: ReadonlyMap<string, string> = new Map([['=', '=='], ['!=', '!=']])
const ORDER: ReadonlyMap<string, string> = new Map(['<', '<=', '>', '>='].map((comparison) => [comparison, comparison]))
const KEYS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ['status', WHOLE],
  ['ref', PART_OF],
  ['repository', PART_OF],
  ['startedAt', ORDER],
  ['completedAt', ORDER],
  ['duration', ORDER],
])

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** RFC 4180. */
function quoteField(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
