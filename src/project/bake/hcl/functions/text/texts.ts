import { cleanPath } from '../../../../../ground/posixPath.ts'
import { FunctionError } from '../../evaluate/scope.ts'
import { compareText, STRING } from '../../values/type.ts'
import { integer, list, string, type ListValue, type Value } from '../../values/value.ts'
import { defineFunction, defineVariadic, listParameter, numeric, text, textOf, wholeOf, type Functions } from '../define.ts'
import { charactersOf, toLower, toTitle, toUpper, trimSpace } from './unicodeText.ts'

export const TEXTS: Functions = [
  ['basename', mapping('path', baseName)],
  ['chomp', mapping('str', (value) => value.replace(/[\r\n]+$/, ''))],
  ['dirname', mapping('path', (path) => cleanPath(path.slice(0, path.lastIndexOf('/') + 1)))],
  ['indent', defineFunction([numeric('spaces'), text('str')], (spaces, str) => string(textOf(str).replaceAll('\n', `\n${' '.repeat(widthOf(spaces))}`)))],
  ['join', defineVariadic([text('separator')], listParameter('lists', STRING), ([separator], lists) => string(joined(lists).join(textOf(separator))))],
  ['lower', mapping('str', toLower)],
  ['replace', defineFunction([text('str'), text('substr'), text('replace')], (str, part, replacement) => string(replaceText(textOf(str), textOf(part), textOf(replacement))))],
  ['reverse', mapping('str', (value) => [...charactersOf(value)].reverse().join(''))],
  ['sanitize', mapping('name', (value) => value.replaceAll(/[^a-zA-Z0-9_-]/gu, '_'))],
  ['sort', defineFunction([listParameter('list', STRING)], (given) => list(STRING, sortedTexts(given)))],
  ['split', defineFunction([text('separator'), text('str')], (separator, str) => list(STRING, splitText(textOf(str), textOf(separator)).map(string)))],
  ['strlen', defineFunction([text('str')], (str) => integer(charactersOf(textOf(str)).length))],
  ['substr', defineFunction([text('str'), numeric('offset'), numeric('length')], (str, offset, length) => string(subText(textOf(str), wholeOf(offset), wholeOf(length))))],
  ['title', mapping('str', toTitle)],
  ['trim', defineFunction([text('str'), text('cutset')], (str, cutset) => string(trimCharacters(textOf(str), textOf(cutset))))],
  ['trimprefix', defineFunction([text('str'), text('prefix')], (str, prefix) => string(textOf(str).startsWith(textOf(prefix)) ? textOf(str).slice(textOf(prefix).length) : textOf(str)))],
  ['trimspace', mapping('str', trimSpace)],
  ['trimsuffix', defineFunction([text('str'), text('suffix')], (str, suffix) => string(textOf(str).endsWith(textOf(suffix)) ? textOf(str).slice(0, textOf(str).length - textOf(suffix).length) : textOf(str)))],
  ['upper', mapping('str', toUpper)],
]

function mapping(name: string, convert: (value: string) => string): ReturnType<typeof defineFunction> {
  return defineFunction([text(name)], (value) => string(convert(textOf(value))))
}

function baseName(path: string): string {
  if (path === '') return '.'
  const trimmed = path.replace(/\/+$/, '')
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

/** More spaces than any text needs would only take memory. */
const MAX_INDENT = 10_000

function widthOf(spaces: Value | undefined): number {
  const width = wholeOf(spaces, 0)
  if (width < 0 || width > MAX_INDENT) throw new FunctionError(`must be between 0 and ${MAX_INDENT}`, 0)
  return width
}

function joined(lists: readonly Value[]): readonly string[] {
  if (lists.length === 0) throw new FunctionError('at least one list is required')
  return lists.flatMap((value, index) => {
    const { elements } = asList(value)
    const missing = elements.findIndex(({ kind }) => kind === 'null')
    if (missing !== -1) throw new FunctionError(`element ${missing} is null; cannot concatenate null values`, index + 1)
    return elements.map(textOf)
  })
}

function sortedTexts(value: Value | undefined): readonly Value[] {
  const { elements } = asList(value)
  const missing = elements.findIndex(({ kind }) => kind === 'null')
  if (missing !== -1) throw new FunctionError(`given list element ${missing} is null; a null string cannot be sorted`)
  return [...elements].sort((a, b) => compareText(textOf(a), textOf(b)))
}

function asList(value: Value | undefined): ListValue {
  if (value?.kind !== 'list') throw new Error('the parameter makes it a list')
  return value
}

/** '' is found before, between and after all characters. */
function replaceText(value: string, part: string, replacement: string): string {
  return part === '' ? ['', ...Array.from(value), ''].join(replacement) : value.replaceAll(part, () => replacement)
}

function splitText(value: string, separator: string): readonly string[] {
  return separator === '' ? Array.from(value) : value.split(separator)
}

/** A negative offset counts from the end; a negative length is all of the rest, and so is 0 with such an offset. */
function subText(value: string, offset: number, length: number): string {
  const characters = charactersOf(value)
  const start = offset < 0 ? Math.max(0, offset + characters.length) : offset
  const isRest = length < 0 || (length === 0 && offset < 0)
  return characters.slice(start, isRest ? undefined : start + length).join('')
}

function trimCharacters(value: string, cutset: string): string {
  const cut = new Set(cutset)
  const characters = Array.from(value)
  const start = characters.findIndex((character) => !cut.has(character))
  return start === -1 ? '' : characters.slice(start, characters.findLastIndex((character) => !cut.has(character)) + 1).join('')
}
