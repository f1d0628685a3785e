import type { BakeTarget } from '../bakeDefinition.ts'
import { onePerType } from '../entries/attestEntry.ts'
import { type Entry, isSameEntry, withoutDuplicates } from '../entries/entry.ts'
import { isSameSecret } from '../entries/secretEntry.ts'
import { isSameSsh } from '../entries/sshEntry.ts'

/**
 * `under` with what `over` says on top of it, as buildx puts a target over what it inherits, or over what an earlier file
 * says of it: maps by key; most lists one behind the other; tags, platforms, outputs and cache-to as a whole.
 */
export function mergeTargets(under: BakeTarget, over: BakeTarget): BakeTarget {
  return {
    name: over.name,
    description: over.description === '' ? under.description : last(under.description, over.description),
    inherits: [...under.inherits, ...over.inherits],
    annotations: joined(under.annotations, over.annotations),
    attest: entries(joined(under.attest, over.attest), onePerType),
    context: last(under.context, over.context),
    contexts: new Map([...under.contexts, ...over.contexts]),
    dockerfile: last(under.dockerfile, over.dockerfile),
    dockerfileInline: last(under.dockerfileInline, over.dockerfileInline),
    args: new Map([...under.args, ...over.args]),
    labels: new Map([...under.labels, ...over.labels]),
    tags: last(under.tags, over.tags),
    cacheFrom: entries(joined(under.cacheFrom, over.cacheFrom), distinct),
    cacheTo: last(under.cacheTo, over.cacheTo),
    stage: last(under.stage, over.stage),
    secrets: entries(joined(under.secrets, over.secrets), (all) => withoutDuplicates(all, isSameSecret)),
    ssh: entries(joined(under.ssh, over.ssh), (all) => withoutDuplicates(all, isSameSsh)),
    platforms: last(under.platforms, over.platforms),
    outputs: last(under.outputs, over.outputs),
    pull: last(under.pull, over.pull),
    noCache: last(under.noCache, over.noCache),
    network: last(under.network, over.network),
    noCacheFilter: joined(under.noCacheFilter, over.noCacheFilter),
    shmSize: last(under.shmSize, over.shmSize),
    ulimits: joined(under.ulimits, over.ulimits),
    call: last(under.call, over.call),
    entitlements: joined(under.entitlements, over.entitlements),
    extraHosts: new Map([...under.extraHosts, ...over.extraHosts]),
    unsupported: [...new Set([...under.unsupported, ...over.unsupported])],
  }
}

/** What is empty or said twice goes; the host's network is an entitlement of its own. */
export function normalizeTarget(target: BakeTarget): BakeTarget {
  const entitlements = target.network === 'host' ? [...(target.entitlements ?? []), 'network.host'] : target.entitlements
  return {
    ...target,
    annotations: texts(target.annotations),
    attest: entries(target.attest, onePerType),
    contexts: new Map([...target.contexts].filter(([, place]) => place !== '')),
    tags: texts(target.tags),
    cacheFrom: entries(target.cacheFrom, distinct),
    cacheTo: entries(target.cacheTo, distinct),
    secrets: entries(target.secrets, (all) => withoutDuplicates(all, isSameSecret)),
    ssh: entries(target.ssh, (all) => withoutDuplicates(all, isSameSsh)),
    platforms: texts(target.platforms),
    outputs: entries(target.outputs, distinct),
    noCacheFilter: texts(target.noCacheFilter),
    ulimits: texts(target.ulimits),
    entitlements: texts(entitlements),
  }
}

function last<T>(under: T | undefined, over: T | undefined): T | undefined {
  return over ?? under
}

function joined<T>(under: readonly T[] | undefined, over: readonly T[] | undefined): readonly T[] | undefined {
  return under === undefined || over === undefined ? (over ?? under) : [...under, ...over]
}

function distinct(all: readonly Entry[]): readonly Entry[] {
  return withoutDuplicates(all, isSameEntry)
}

/** Of entries, none said and nothing said are the same from here on, as with buildx. */
function entries<T>(all: readonly T[] | undefined, normalize: (all: readonly T[]) => readonly T[]): readonly T[] | undefined {
  return all === undefined || all.length === 0 ? undefined : normalize(all)
}

function texts(all: readonly string[] | undefined): readonly string[] | undefined {
  return all === undefined ? undefined : [...new Set(all)].filter((text) => text !== '')
}
