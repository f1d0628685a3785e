import type { Json } from '../../../../ground/canonicalJson.ts'
import { formatGoJson } from '../../../../ground/goJson.ts'
import { formatNumber } from './formatNumber.ts'
import type { Value } from './value.ts'

/** A value as JSON data, for printing; numbers beyond a double lose what is beyond it. `formatJson` keeps all digits. */
export function valueToJson(value: Value): Json {
  switch (value.kind) {
    case 'string':
    case 'bool':
      return value.value
    case 'number':
      return Number(formatNumber(value.value))
    case 'null':
      return null
    case 'map':
    case 'object':
      return Object.fromEntries([...value.entries].map(([key, entry]) => [key, valueToJson(entry)]))
    case 'list':
    case 'set':
    case 'tuple':
      return value.elements.map(valueToJson)
  }
}

/** JSON text without spaces, with all digits of numbers, and characters that mean something in HTML escaped: as `jsonencode` writes it. */
export function formatJson(value: Value): string {
  switch (value.kind) {
    case 'string':
      return formatText(value.value)
    case 'bool':
      return String(value.value)
    case 'number':
      return formatNumber(value.value)
    case 'null':
      return 'null'
    case 'map':
    case 'object':
      return `{${[...value.entries].map(([key, entry]) => `${formatText(key)}:${formatJson(entry)}`).join(',')}}`
    case 'list':
    case 'set':
    case 'tuple':
      return `[${value.elements.map(formatJson).join(',')}]`
  }
}

function formatText(text: string): string {
  return formatGoJson(text, 'compact')
}
