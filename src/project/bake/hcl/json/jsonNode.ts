import type { SourceRange } from '../sourceRange.ts'
import type { Value } from '../values/value.ts'

/** JSON with the places where it stands. */
export type JsonNode = JsonText | JsonScalar | JsonArray | JsonObject

export interface JsonText {
  readonly kind: 'text'
  readonly text: string
  /** With the quotes. */
  readonly range: SourceRange
}
export interface JsonScalar {
  readonly kind: 'scalar'
  readonly value: Value
  readonly range: SourceRange
}
export interface JsonArray {
  readonly kind: 'array'
  readonly items: readonly JsonNode[]
  readonly range: SourceRange
}
export interface JsonObject {
  readonly kind: 'object'
  /** Names may come several times: blocks may be written so. */
  readonly properties: readonly JsonProperty[]
  readonly range: SourceRange
}
export interface JsonProperty {
  readonly name: JsonText
  readonly value: JsonNode
}
