import type { BuildTarget } from '../../buildTarget.ts'
import { entriesAt, type Node, textAt, textsAt } from '../yaml/node.ts'

/** What of a target stands in `build` alone. */
export type BuildFields = Omit<BuildTarget, 'name' | 'platforms' | 'secrets' | 'secretVariables'>

/** The fields of a service's `build` as the flags of the same meaning take them. */
export function buildFields(build: Node): BuildFields {
  return {
    description: undefined,
    context: textAt(build, 'context') ?? '.',
    dockerfile: textAt(build, 'dockerfile'),
    dockerfileInline: textAt(build, 'dockerfile_inline'),
    contexts: new Map([...textMap(build, 'additional_contexts')].map(([name, source]) => [name, source.replace(/^service:/, 'target:')])),
    stage: textAt(build, 'target'),
    args: textMap(build, 'args'),
    labels: textMap(build, 'labels'),
    tags: textsAt(build, 'tags'),
    annotations: [],
    attests: [...attest('provenance', textAt(build, 'provenance')), ...attest('sbom', textAt(build, 'sbom'))],
    cacheFrom: textsAt(build, 'cache_from'),
    cacheTo: textsAt(build, 'cache_to'),
    outputs: [],
    ssh: textsAt(build, 'ssh'),
    entitlements: textsAt(build, 'entitlements'),
    extraHosts: textsAt(build, 'extra_hosts'),
    ulimits: [...entriesAt(build, 'ulimits')].map(([name, limit]) => `${name}=${limit.kind === 'map' ? `${textAt(limit, 'soft') ?? ''}:${textAt(limit, 'hard') ?? ''}` : (textAt(limit) ?? '')}`),
    shmSize: textAt(build, 'shm_size'),
    network: textAt(build, 'network'),
    pull: textAt(build, 'pull') === 'true',
    noCache: textAt(build, 'no_cache') === 'true',
    noCacheFilter: textsAt(build, 'no_cache_filter'),
    call: undefined,
  }
}

/** Values that are null are left out. */
export function textMap(node: Node, ...path: readonly string[]): ReadonlyMap<string, string> {
  return new Map([...entriesAt(node, ...path)].flatMap(([key, value]) => (textAt(value) === undefined ? [] : [[key, textAt(value) ?? '']])))
}

function attest(type: 'provenance' | 'sbom', value: string | undefined): readonly string[] {
  if (value === undefined) return []
  if (value === 'true') return [`type=${type}`]
  return [value === 'false' ? `type=${type},disabled=true` : `type=${type},${value}`]
}
