import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProjectOptions } from '../../project/compose/loadProject.ts'
import { parseFlags } from '../flags/flags.ts'
import { COMPOSE_FLAGS } from './composeFlags.ts'
import { projectOptions } from './openProject.ts'

/*
 * A project of a few files, and what it comes to. Cases stand one after the other in src/project/compose/testdata:
 *
 *   ==== FIELD: what is special
 *   ---- NAME              a file, the Compose file being compose.yaml; until the next line of dashes
 *   ---- run ARGUMENT...   flags of `compose`, such as -f a.yaml or --profile x, and variables as NAME=VALUE
 *   ---- services NAME...  the services that are asked for
 *   ---- differs REASON    where Docker's own output is otherwise, and why
 *   ---- config            what `compose config` prints; $DIR is the project's folder
 *   ---- targets           what is built, as YAML: of each target the fields that say something
 *   ---- error             the message, with lines and columns; all of it
 *   ---- warnings          what is warned of; all of it
 */
export interface ComposeCase {
  readonly name: string
  readonly files: ReadonlyMap<string, string>
  readonly args: readonly string[]
  readonly services: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly differs: string | undefined
  /** Expected texts by kind. */
  readonly expected: ReadonlyMap<ExpectationKind, string>
}

export const EXPECTATIONS = ['config', 'targets', 'error', 'warnings'] as const
export type ExpectationKind = (typeof EXPECTATIONS)[number]

const FOLDER = fileURLToPath(new URL('../../project/compose/testdata', import.meta.url))

/** How the case is asked for, its files standing in `folder`. */
export function caseOptions({ args, services, env }: ComposeCase, folder: string): ProjectOptions {
  const { flags } = parseFlags(COMPOSE_FLAGS, args, { commandName: 'compose', env })
  return projectOptions(flags, services, { env, workingFolder: folder })
}

/** Files of cases, by name. */
export function caseFiles(): readonly { readonly name: string; readonly path: string; readonly cases: readonly ComposeCase[] }[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.cases'))
    .sort()
    .map((name) => ({ name: basename(name, '.cases'), path: join(FOLDER, name), cases: parseCases(readFileSync(join(FOLDER, name), 'utf8')) }))
}

export function parseCases(text: string): readonly ComposeCase[] {
  return text.split(/^==== /m).slice(1).map(parseCase)
}

function parseCase(text: string): ComposeCase {
  const [name = '', ...sections] = text.split(/^---- /m)
  const parts = sections.map((section) => {
    const end = section.indexOf('\n')
    return { head: section.slice(0, end), body: section.slice(end + 1) }
  })
  const wordsOf = (kind: string): readonly string[] => parts.filter(({ head }) => head.startsWith(`${kind} `)).flatMap(({ head }) => head.split(' ').slice(1))
  const isVariable = (word: string): boolean => /^\w+=/.test(word)
  return {
    name: name.trim(),
    files: new Map(parts.filter(({ head }) => !isExpectation(head) && !/^(?:run|services|differs) /.test(head)).map(({ head, body }) => [head, body])),
    args: wordsOf('run').filter((word) => !isVariable(word)),
    services: wordsOf('services'),
    env: Object.fromEntries(wordsOf('run').filter(isVariable).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)])),
    differs: parts.map(({ head }) => /^differs (.+)$/.exec(head)?.[1]).find((reason) => reason !== undefined),
    expected: new Map(parts.flatMap(({ head, body }) => (isExpectation(head) ? [[head, body] as const] : []))),
  }
}

function isExpectation(head: string): head is ExpectationKind {
  return (EXPECTATIONS as readonly string[]).includes(head)
}

export function formatCase({ name, files, args, services, env, differs, expected }: ComposeCase): string {
  const words = [...Object.entries(env).map(([key, value]) => `${key}=${value}`), ...args]
  return [
    `==== ${name}\n`,
    ...[...files].map(([path, body]) => `---- ${path}\n${body}`),
    ...(words.length === 0 ? [] : [`---- run ${words.join(' ')}\n`]),
    ...(services.length === 0 ? [] : [`---- services ${services.join(' ')}\n`]),
    ...(differs === undefined ? [] : [`---- differs ${differs}\n`]),
    ...[...expected].map(([kind, body]) => `---- ${kind}\n${body}`),
  ].join('')
}
