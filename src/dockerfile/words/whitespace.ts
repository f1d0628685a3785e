/** White space as Dockerfiles know it, which is Unicode's `White_Space`: not quite what `\s` and `trim` take for it. As the inside of a character class. */
export const SPACE = '\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'

const LEADING = new RegExp(`^[${SPACE}]+`)
const ANY = new RegExp(`[${SPACE}]`)

export function isSpace(character: string): boolean {
  return ANY.test(character)
}

export function trimStart(text: string): string {
  return text.replace(LEADING, '')
}

export function trim(text: string): string {
  const start = trimStart(text)
  let end = start.length
  while (end > 0 && isSpace(start[end - 1] ?? '')) end--
  return start.slice(0, end)
}
