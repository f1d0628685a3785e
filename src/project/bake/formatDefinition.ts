import { formatGoJson, type GoJson } from '../../ground/goJson.ts'
import type { BakeGroup } from './bakeDefinition.ts'
import type { Entry } from './entries/entry.ts'
import type { ResolvedBake, ResolvedTarget } from './resolve/resolvedBake.ts'

/** What `bake --print` shows, byte for byte as buildx has it; it is a definition itself. */
export function formatDefinition({ groups, targets }: ResolvedBake): string {
  return formatGoJson({ group: byName(groups, groupJson), target: byName(targets, targetJson) }, 'indented')
}

function byName<T>(items: ReadonlyMap<string, T>, format: (item: T) => GoJson): GoJson {
  return new Map([...items].map(([name, item]) => [name, format(item)]))
}

function groupJson({ description, targets }: BakeGroup): GoJson {
  return { description: nonempty(description), targets: [...targets] }
}

/** The order is buildx's. */
function targetJson(target: ResolvedTarget): GoJson {
  return {
    description: nonempty(target.description),
    annotations: list(target.annotations?.map(escape)),
    attest: list(target.attest?.map(attestJson)),
    context: target.context,
    contexts: map(target.contexts),
    dockerfile: target.dockerfile,
    'dockerfile-inline': target.dockerfileInline === undefined ? undefined : escape(target.dockerfileInline),
    args: map(target.args, escape),
    labels: map(target.labels, escape),
    tags: list(target.tags),
    'cache-from': list(target.cacheFrom),
    'cache-to': list(target.cacheTo),
    target: target.stage,
    secret: list(target.secrets?.map(({ id, source, variable }) => ({ id: nonempty(id), src: nonempty(source), env: nonempty(variable) }))),
    ssh: list(target.ssh?.map(({ id, paths }) => ({ id: nonempty(id), paths: list(paths) }))),
    platforms: list(target.platforms),
    output: list(target.outputs),
    pull: target.pull,
    'no-cache': target.noCache,
    network: target.network,
    'no-cache-filter': list(target.noCacheFilter),
    'shm-size': target.shmSize,
    ulimits: list(target.ulimits),
    call: target.call,
    entitlements: list(target.entitlements),
    'extra-hosts': map(target.extraHosts, escape),
  }
}

/** What HCL would take for a template. */
function escape(text: string): string {
  return text.replaceAll('${', () => '$${').replaceAll('%{', '%%{')
}

function attestJson(entry: Entry): GoJson {
  return new Map<string, GoJson>([...entry].map(([key, value]) => [key, key === 'disabled' ? true : value]))
}

function nonempty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function list(items: readonly GoJson[] | undefined): readonly GoJson[] | undefined {
  return items === undefined || items.length === 0 ? undefined : items
}

function map(items: ReadonlyMap<string, string>, format: (text: string) => string = (text) => text): ReadonlyMap<string, string> | undefined {
  return items.size === 0 ? undefined : new Map([...items].map(([key, value]) => [key, format(value)]))
}
