import { type BakeGroup, type BakeTarget } from '../bakeDefinition.ts'
import type { Entry } from '../entries/entry.ts'
import type { SecretEntry } from '../entries/secretEntry.ts'
import type { SshEntry } from '../entries/sshEntry.ts'
import type { Value } from '../hcl/values/value.ts'

/** The values of a block's attributes by name, each of its form; a null is nothing said. */
export type AttributeValues = ReadonlyMap<string, Value>

export function readTarget(name: string, values: AttributeValues, unsupported: readonly string[]): BakeTarget {
  return {
    name,
    description: text(values.get('description')),
    inherits: texts(values.get('inherits')) ?? [],
    annotations: texts(values.get('annotations')),
    attest: entries(values.get('attest')),
    context: text(values.get('context')),
    contexts: textMap(values.get('contexts')),
    dockerfile: text(values.get('dockerfile')),
    dockerfileInline: text(values.get('dockerfile-inline')),
    args: textMap(values.get('args')),
    labels: textMap(values.get('labels')),
    tags: texts(values.get('tags')),
    cacheFrom: entries(values.get('cache-from')),
    cacheTo: entries(values.get('cache-to')),
    stage: text(values.get('target')),
    secrets: elements(values.get('secret'))?.map(readSecret),
    ssh: elements(values.get('ssh'))?.map(readSsh),
    platforms: texts(values.get('platforms')),
    outputs: entries(values.get('output')),
    pull: flag(values.get('pull')),
    noCache: flag(values.get('no-cache')),
    network: text(values.get('network')),
    noCacheFilter: texts(values.get('no-cache-filter')),
    shmSize: text(values.get('shm-size')),
    ulimits: texts(values.get('ulimits')),
    call: text(values.get('call')),
    entitlements: texts(values.get('entitlements')),
    extraHosts: textMap(values.get('extra-hosts')),
    unsupported,
  }
}

export function readGroup(name: string, values: AttributeValues): BakeGroup {
  return { name, description: text(values.get('description')) ?? '', targets: [...new Set(texts(values.get('targets')) ?? [])] }
}

function text(value: Value | undefined): string | undefined {
  return value?.kind === 'string' ? value.value : undefined
}

function flag(value: Value | undefined): boolean | undefined {
  return value?.kind === 'bool' ? value.value : undefined
}

function elements(value: Value | undefined): readonly Value[] | undefined {
  return value !== undefined && 'elements' in value ? value.elements : undefined
}

function texts(value: Value | undefined): readonly string[] | undefined {
  return elements(value)?.flatMap((element) => text(element) ?? [])
}

/** Nulls left out. */
function textMap(value: Value | undefined): ReadonlyMap<string, string> {
  if (value === undefined || !('entries' in value)) return new Map()
  return new Map([...value.entries].flatMap(([key, entry]) => (entry.kind === 'string' ? [[key, entry.value] as const] : [])))
}

function entries(value: Value | undefined): readonly Entry[] | undefined {
  return elements(value)?.map(textMap)
}

function readSecret(value: Value): SecretEntry {
  const fields = textMap(value)
  return { id: fields.get('id') ?? '', source: fields.get('src') ?? '', variable: fields.get('env') ?? '' }
}

function readSsh(value: Value): SshEntry {
  const paths = 'entries' in value ? value.entries.get('paths') : undefined
  return { id: textMap(value).get('id') ?? '', paths: texts(paths) ?? [] }
}
