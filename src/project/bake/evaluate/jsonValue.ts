import { parseBigFloat } from '../hcl/values/bigFloat.ts'
import { bool, NULL, number, object, string, tuple, type Value } from '../hcl/values/value.ts'

/** The value that JSON stands for. @throws SyntaxError */
export function parseJsonValue(text: string): Value {
  return toValue(JSON.parse(text))
}

function toValue(json: unknown): Value {
  if (typeof json === 'string') return string(json)
  if (typeof json === 'boolean') return bool(json)
  if (Array.isArray(json)) return tuple(json.map(toValue))
  if (typeof json === 'object' && json !== null) return object(Object.entries(json).map(([key, value]) => [key, toValue(value)]))
  const parsed = typeof json === 'number' ? parseBigFloat(String(json)) : undefined
  return parsed === undefined ? NULL : number(parsed)
}
