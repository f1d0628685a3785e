import fc from 'fast-check'
import { expand } from '../../src/dockerfile/words/expand.ts'
import { InvalidValueError } from '../../src/ground/errors.ts'
import type { CaseFile, ParityCase } from './caseFile.ts'

/*
 * Cases that nobody would think of: words to be expanded, ignore files, and wildcards, drawn at random, but the same
 * ones in each run. BuildKit is the oracle; many draws make one build.
 */
const SEED = 11
const WORDS = 250
const IGNORE_FILES = 12
const WILDCARDS = 40

export function generatedCases(): readonly ParityCase[] {
  const wildcards = fc.sample(wildcard, { numRuns: WILDCARDS, seed: SEED })
  const copies = wildcards.map((pattern, index) => `COPY ["${pattern}", "/${index}/"]`)
  return [
    ...[false, true].map((isQuoted) => caseOf(`generated words, ${isQuoted ? 'quoted' : 'bare'}`, [dockerfile(['FROM REGISTRY/busybox', `ENV ${VARIABLES.map(([name, value]) => `${name}="${value}"`).join(' ')}`, ...wordLines(isQuoted)])])),
    ...fc.sample(ignoreFile, { numRuns: IGNORE_FILES, seed: SEED }).map((patterns, index) => caseOf(`generated ignore file ${index}: ${patterns.join(' ')}`, [dockerfile(['FROM scratch', 'COPY . /']), { kind: 'file', path: '.dockerignore', mode: 0o644, text: `${patterns.join('\n')}\n` }, ...TREE])),
    caseOf('generated wildcards', [dockerfile(['FROM scratch', ...copies]), ...TREE]),
  ]
}

function caseOf(name: string, files: readonly CaseFile[]): ParityCase {
  return { name, since: '1.7', args: [], output: '', setup: [], fails: undefined, files }
}

function dockerfile(lines: readonly string[]): CaseFile {
  return { kind: 'file', path: 'Dockerfile', mode: 0o644, text: `${lines.join('\n')}\n` }
}

const VARIABLES: readonly (readonly [name: string, value: string])[] = [
  ['set', 'a/b.c-abc'],
  ['path', '/usr/local/lib.so.1'],
  ['empty', ''],
]

const name = fc.constantFrom('set', 'path', 'empty', 'unset')
const plain = fc.constantFrom('a', 'b', '/', '.', '-', '_', ':', '=', '+', '1', ',', '*', '?', '@', 'ä', '#')
const escaped = fc.constantFrom('\\$', '\\a', '\\\\', "\\'")
const pattern = fc.array(fc.constantFrom('a', 'b', '\\/', '.', '*', '?', '-', 'c', '\\*', '**'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''))
const { word } = fc.letrec<{ word: string; piece: string }>((tie) => ({
  word: fc.array(tie('piece'), { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join('')),
  piece: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    plain,
    escaped,
    name.map((text) => `\${${text}}`),
    name.map((text) => `$${text}`),
    fc.tuple(name, fc.constantFrom(':-', '-', ':+', '+', ':?', '?'), tie('word')).map(([variable, operator, operand]) => `\${${variable}${operator}${operand}}`),
    fc.tuple(name, fc.constantFrom('#', '##', '%', '%%'), pattern).map(([variable, operator, operand]) => `\${${variable}${operator}${operand}}`),
    // a dollar in a replacement is a case of its own
    fc.tuple(name, fc.constantFrom('/', '//'), pattern, tie('word').filter((text) => !text.includes('\\$'))).map(([variable, operator, operand, replacement]) => `\${${variable}${operator}${operand}/${replacement}}`),
  ),
}))

/** Those that Pelago takes: BuildKit has to take them, too. */
function wordLines(isQuoted: boolean): readonly string[] {
  const words = fc.sample(word, { numRuns: WORDS, seed: isQuoted ? SEED : SEED + 1 }).map((text) => (isQuoted ? `"${text}"` : text))
  return words.filter(isTaken).map((text, index) => `ENV v${index}=${text}`)
}

function isTaken(text: string): boolean {
  try {
    expand(text, new Map(VARIABLES), { escape: '\\' })
    return true
  } catch (error) {
    if (error instanceof InvalidValueError) return false
    throw error
  }
}

const NAMES = ['a', 'b', 'ab', 'a.txt', 'x.log'] as const
/** Every name at the top, and in folders of two levels. */
const TREE: readonly CaseFile[] = ['', 'd/', 'e/', 'd/e/', 'd/d/', 'e/x/'].flatMap((folder) => NAMES.map((file): CaseFile => ({ kind: 'file', path: folder + file, mode: 0o644, text: `${folder}${file}\n` })))

const part = fc.constantFrom('a', 'b', 'd', 'e', '*', 'a*', '**', '?', '[ab]', '[^a]', '*.txt', 'x.log', 'x', '**a', 'd**')
const ignorePattern = fc.tuple(fc.boolean(), fc.constantFrom('', '', '/', './'), fc.array(part, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '', '/')).map(([isException, start, parts, end]) => `${isException ? '!' : ''}${start}${parts.join('/')}${end}`)
const ignoreFile = fc.array(ignorePattern, { minLength: 1, maxLength: 6 })

const globPart = fc.constantFrom('a', 'd', 'e', '*', 'a*', '?', '[ab]', '[^a]', '*.txt', 'x', 'x.*', '[a-d]', '*b')
/** The first part has a wildcard, so that what matches nothing is no error. */
const wildcard = fc.tuple(fc.constantFrom('*', 'a*', '?', '[ab]', '[^a]', '*.txt', 'x.*', '[a-d]', '*b'), fc.array(globPart, { maxLength: 2 })).map(([first, parts]) => [first, ...parts].join('/'))
