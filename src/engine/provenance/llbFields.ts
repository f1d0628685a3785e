import type { Json } from '../../ground/canonicalJson.ts'

/** LLB's number for an input that is none. */
export const NO_INPUT = -1

/** As Go's `omitempty`: without fields that are 0, false, empty or absent. */
export function withoutZeros(fields: Readonly<Record<string, Json | undefined>>): Readonly<Record<string, Json>> {
  return Object.fromEntries(Object.entries(fields).flatMap(([key, value]) => (value === undefined || isZero(value) ? [] : [[key, value] as const])))
}

function isZero(value: Json): boolean {
  return value === 0 || value === false || value === '' || value === null || (Array.isArray(value) && value.length === 0)
}
