import { HclError } from '../../diagnostic.ts'
import { FunctionError } from '../../evaluate/scope.ts'
import type { JsonNode } from '../../json/jsonNode.ts'
import { parseJson } from '../../json/jsonParser.ts'
import { object, string, tuple, type Value } from '../../values/value.ts'

/** Objects and tuples; numbers keep all digits. @throws FunctionError */
export function decodeJson(text: string): Value {
  try {
    return valueOf(parseJson({ filename: 'JSON', text }))
  } catch (error) {
    if (error instanceof HclError) throw new FunctionError(error.message.replace(/\.$/, ''))
    throw error
  }
}

function valueOf(node: JsonNode): Value {
  switch (node.kind) {
    case 'text':
      return string(node.text)
    case 'scalar':
      return node.value
    case 'array':
      return tuple(node.items.map(valueOf))
    case 'object':
      return object(node.properties.map(({ name, value }) => [string(name.text).value, valueOf(value)]))
  }
}
