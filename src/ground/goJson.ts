import type { Json } from './canonicalJson.ts'

/** JSON as Go's encoder writes it, with fields in the order given and absent ones left out: so what Pelago and Docker's tools make of the same data has the same bytes. */
export function formatGoJson(value: Json, layout: 'compact' | 'indented'): string {
  const text = JSON.stringify(value, undefined, layout === 'indented' ? 2 : undefined)
  return text.replaceAll(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
