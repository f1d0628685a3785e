import { formatCanonicalJson, type Json } from '../ground/canonicalJson.ts'
import { digestOf, type Digest } from '../ground/digest.ts'
import type { Vertex } from './vertex.ts'

/** What makes a vertex the one it is. */
export type VertexIdentity = Pick<Vertex, 'op' | 'inputs' | 'platform'>

/** The identity of a vertex: equal work has an equal digest, whatever it is called and wherever it was written. */
export function digestVertex({ op, inputs, platform }: VertexIdentity): Digest {
  return digestOf(formatCanonicalJson(toJson({ op, inputs, platform })))
}

/** Bytes stand as their hash, nanoseconds as text; what is absent is left out. */
function toJson(value: unknown): Json {
  if (value instanceof Uint8Array) return { bytes: digestOf(value) }
  if (typeof value === 'bigint') return `${value}`
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object' && value !== null) {
    const fields: readonly (readonly [string, unknown])[] = Object.entries(value)
    return Object.fromEntries(fields.filter(([, field]) => field !== undefined).map(([key, field]) => [key, toJson(field)]))
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  throw new TypeError(`a vertex holds a ${typeof value}`)
}
