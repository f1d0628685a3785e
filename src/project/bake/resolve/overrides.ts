import { parseGoBoolean } from '../../../ground/goBoolean.ts'
import { matchPath } from '../../../ground/pathMatch.ts'
import type { BakeTarget } from '../bakeDefinition.ts'
import { BakeError } from '../bakeError.ts'
import { onePerType, parseAttestEntry } from '../entries/attestEntry.ts'
import { parseCacheEntries } from '../entries/cacheEntry.ts'
import { isSameEntry, withoutDuplicates } from '../entries/entry.ts'
import { parseOutputEntry, withLoad, withPush } from '../entries/outputEntry.ts'
import { isSameSecret, parseSecretEntry } from '../entries/secretEntry.ts'
import { isSameSsh, parseSshEntry } from '../entries/sshEntry.ts'
import { unknownName } from './unknownName.ts'

/** `--set TARGET.KEY[.NAME][+]=VALUE`. */
export interface Override {
  /** A name, or a pattern of names. */
  readonly pattern: string
  readonly key: OverrideKey
  /** For the keys that are maps; '' for the others. */
  readonly name: string
  readonly value: string
  readonly isAppended: boolean
}

/** By target. */
export type OverrideTable = ReadonlyMap<string, readonly Override[]>

/**
 * Undefined for an argument without a value that the environment does not have: it sets nothing.
 * @throws BakeError where it is written wrong, or sets what there is not
 */
export function parseOverride(text: string, environment: (name: string) => string | undefined): Override | undefined {
  const sign = text.indexOf('=')
  const written = sign < 0 ? text : text.slice(0, sign)
  const isAppended = written.endsWith('+')
  const [pattern = '', key, name = ''] = splitKeys(isAppended ? written.slice(0, -1) : written)
  if (key === undefined) throw new BakeError(`invalid override key ${written}, expected target.name`, { hint: HINT })
  const known = checkKey(key, name, text)
  const value = sign >= 0 ? text.slice(sign + 1) : known === 'args' ? environment(name) : undefined
  if (value === undefined && known !== 'args') throw new BakeError(`invalid override ${text}, expected target.name=value`, { hint: HINT })
  return value === undefined ? undefined : { pattern, key: known, name, value, isAppended }
}

/** What stands behind the second dot is one name, dots and all. */
function splitKeys(text: string): readonly string[] {
  const [pattern = '', key, ...rest] = text.split('.')
  return key === undefined ? [pattern] : rest.length === 0 ? [pattern, key] : [pattern, key, rest.join('.')]
}

function checkKey(written: string, name: string, text: string): OverrideKey {
  const key = OVERRIDE_KEYS.find((candidate) => candidate === written)
  if (key === undefined) throw unknownName('key', written, OVERRIDE_KEYS)
  const isMap = MAP_KEYS.has(key)
  if (isMap && name === '') throw new BakeError(`invalid key in ${text}: ${key} requires a name`, { hint: `write target.${key}.NAME=VALUE` })
  if (!isMap && name !== '') throw new BakeError(`invalid key in ${text}: ${key} has no names in it`, { hint: `write target.${key}=VALUE` })
  return key
}

/** Whom each is for. A name goes before a pattern. @throws BakeError where it is for nobody */
export function tableOverrides(overrides: readonly Override[], names: readonly string[]): OverrideTable {
  const table = new Map<string, Override[]>()
  for (const override of overrides) {
    const { pattern } = override
    const matched = names.includes(pattern) ? [pattern] : names.filter((name) => matchPath(pattern, name))
    if (matched.length === 0) throw unknownName('target', pattern, names, 'could not find any target matching')
    for (const name of matched) table.set(name, [...(table.get(name) ?? []), override])
  }
  return table
}

/**
 * Values of one key are taken together: all are appended where the last one says so. Push and load come last, so that
 * they find the outputs. @throws BakeError on a value that is none
 */
export function applyOverrides(target: BakeTarget, overrides: readonly Override[]): BakeTarget {
  const keys = OVERRIDE_KEYS.filter((key) => overrides.some((override) => override.key === key))
  return keys.reduce((changed, key) => {
    const all = overrides.filter((override) => override.key === key)
    const last = all.at(-1)
    return last === undefined ? changed : { ...changed, ...CHANGES[key]({ target: changed, all, values: all.map(({ value }) => value).filter((value) => value !== ''), last }) }
  }, target)
}

interface Change {
  readonly target: BakeTarget
  readonly all: readonly Override[]
  /** Those that are not ''. */
  readonly values: readonly string[]
  readonly last: Override
}

/** In the order in which they are applied. */
const OVERRIDE_KEYS = [
  'annotations', 'args', 'attest', 'cache-from', 'cache-to', 'call', 'context', 'contexts', 'dockerfile', 'entitlements', 'extra-hosts', 'labels', 'network', 'no-cache', 'no-cache-filter', 'output', 'platform', 'pull', 'secrets', 'shm-size',
  'ssh', 'tags', 'target', 'ulimits', 'push', 'load',
] as const
export type OverrideKey = (typeof OVERRIDE_KEYS)[number]

const MAP_KEYS: ReadonlySet<OverrideKey> = new Set(['args', 'contexts', 'extra-hosts', 'labels'])

const CHANGES: Readonly<Record<OverrideKey, (change: Change) => Partial<BakeTarget>>> = {
  annotations: ({ target, values }) => ({ annotations: [...(target.annotations ?? []), ...values] }),
  args: ({ target, all }) => ({ args: withNames(target.args, all) }),
  attest: ({ target, values }) => ({ attest: onePerType([...(target.attest ?? []), ...values.map(parseAttestEntry)]) }),
  'cache-from': (change) => ({ cacheFrom: withoutDuplicates(listed(change, change.target.cacheFrom, (text) => parseCacheEntries(text)), isSameEntry) }),
  'cache-to': (change) => ({ cacheTo: withoutDuplicates(listed(change, change.target.cacheTo, (text) => parseCacheEntries(text)), isSameEntry) }),
  call: ({ last }) => ({ call: last.value }),
  context: ({ last }) => ({ context: last.value }),
  contexts: ({ target, all }) => ({ contexts: withNames(target.contexts, all) }),
  dockerfile: ({ last }) => ({ dockerfile: last.value }),
  entitlements: ({ target, values }) => ({ entitlements: [...(target.entitlements ?? []), ...values] }),
  'extra-hosts': ({ target, all }) => ({ extraHosts: withNames(target.extraHosts, all) }),
  labels: ({ target, all }) => ({ labels: withNames(target.labels, all) }),
  network: ({ last }) => ({ network: last.value }),
  'no-cache': ({ last }) => ({ noCache: readSwitch(last) }),
  'no-cache-filter': (change) => ({ noCacheFilter: listed(change, change.target.noCacheFilter, (text) => [text]) }),
  output: (change) => ({ outputs: withoutDuplicates(listed(change, change.target.outputs, (text) => [parseOutputEntry(text)]), isSameEntry) }),
  platform: (change) => ({ platforms: listed(change, change.target.platforms, (text) => [text]) }),
  pull: ({ last }) => ({ pull: readSwitch(last) }),
  secrets: (change) => ({ secrets: withoutDuplicates(listed(change, change.target.secrets, (text) => [parseSecretEntry(text)]), isSameSecret) }),
  'shm-size': ({ last }) => ({ shmSize: last.value }),
  ssh: (change) => ({ ssh: withoutDuplicates(listed(change, change.target.ssh, (text) => [parseSshEntry(text)]), isSameSsh) }),
  tags: (change) => ({ tags: listed(change, change.target.tags, (text) => [text]) }),
  target: ({ last }) => ({ stage: last.value }),
  ulimits: (change) => ({ ulimits: listed(change, change.target.ulimits, (text) => [text]) }),
  push: ({ target, last }) => ({ outputs: withPush(target.outputs, readSwitch(last)) }),
  load: ({ target, last }) => (readSwitch(last) ? { outputs: withLoad(target.outputs) } : {}),
}

function withNames(map: ReadonlyMap<string, string>, overrides: readonly Override[]): ReadonlyMap<string, string> {
  return new Map([...map, ...overrides.map(({ name, value }) => [name, value] as const)])
}

function listed<T>({ values, last }: Change, before: readonly T[] | undefined, parse: (text: string) => readonly T[]): readonly T[] {
  return [...(last.isAppended ? (before ?? []) : []), ...values.flatMap(parse)]
}

function readSwitch({ key, value }: Override): boolean {
  const read = parseGoBoolean(value)
  if (read === undefined) throw new BakeError(`invalid value ${value} for boolean key ${key}`, { hint: 'write true or false' })
  return read
}

const HINT = 'write --set TARGET.KEY=VALUE, as app.tags=name:1 or *.platform=linux/arm64; += adds to a list'
