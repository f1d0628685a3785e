import { FunctionError } from '../../evaluate/scope.ts'
import { formatJson } from '../../values/json.ts'
import { string } from '../../values/value.ts'
import { anything, defineFunction, orNull, text, textOf, type Functions } from '../define.ts'
import { decodeCsv } from './csv.ts'
import { decodeJson } from './jsonText.ts'
import { isInfinite } from '../../values/bigFloat.ts'
import type { Value } from '../../values/value.ts'

export const ENCODINGS: Functions = [
  ['base64decode', defineFunction([text('str')], (str) => string(decodeBase64Text(textOf(str))))],
  ['base64encode', defineFunction([text('str')], (str) => string(Buffer.from(textOf(str)).toString('base64')))],
  ['csvdecode', defineFunction([text('str')], (str) => decodeCsv(textOf(str)))],
  ['jsondecode', defineFunction([text('str')], (str) => decodeJson(textOf(str)))],
  ['jsonencode', defineFunction([orNull(anything('val'))], (value) => string(encodeJson(value)))],
  ['urlencode', defineFunction([text('str')], (str) => string(encodeQuery(textOf(str))))],
  // nothing in a bake file is of the type that they work on
  ['byteslen', bytesFunction(['buf'])],
  ['bytesslice', bytesFunction(['buf', 'offset', 'length'])],
]

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** @throws FunctionError unless it is whole groups of four, newlines apart */
export function decodeBase64(value: string): Buffer {
  const digits = value.replaceAll(/[\r\n]/g, '')
  if (!BASE64.test(digits)) throw new FunctionError(`failed to decode base64 data ${JSON.stringify(value)}`)
  return Buffer.from(digits, 'base64')
}

function decodeBase64Text(value: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(decodeBase64(value))
  } catch (error) {
    if (error instanceof TypeError) throw new FunctionError('the result of decoding the provided string is not valid UTF-8')
    throw error
  }
}

function encodeJson(value: Value | undefined): string {
  if (value === undefined) throw new Error('the parameter makes it one argument')
  if (hasInfinity(value)) throw new FunctionError('cannot serialize infinity as JSON')
  return formatJson(value)
}

function hasInfinity(value: Value): boolean {
  if (value.kind === 'number') return isInfinite(value.value)
  if ('elements' in value) return value.elements.some(hasInfinity)
  return 'entries' in value && [...value.entries.values()].some(hasInfinity)
}

/** As in a query: spaces become plus signs. */
function encodeQuery(value: string): string {
  return encodeURIComponent(value.toWellFormed())
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}

function bytesFunction(names: readonly string[]): ReturnType<typeof defineFunction> {
  return defineFunction(names.map(anything), () => {
    throw new FunctionError('bytes required', 0)
  })
}
