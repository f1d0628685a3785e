import type { BakeService } from '../compose/targets/bakeServices.ts'
import type { BakeDefinition, BakeTarget } from './bakeDefinition.ts'
import { parseAttestEntry } from './entries/attestEntry.ts'
import { parseCacheEntries } from './entries/cacheEntry.ts'
import { parseOutputEntry } from './entries/outputEntry.ts'
import { parseSecretEntry } from './entries/secretEntry.ts'
import { parseSshEntry } from './entries/sshEntry.ts'

/** Services as targets, and all of them as the group `default`. @throws BakeError */
export function composeTargets(services: readonly BakeService[]): Pick<BakeDefinition, 'groups' | 'targets'> {
  return { groups: [{ name: 'default', description: '', targets: services.map(({ name }) => name) }], targets: services.map(toTarget) }
}

function toTarget(service: BakeService): BakeTarget {
  return {
    name: service.name,
    description: undefined,
    inherits: [],
    annotations: undefined,
    attest: some(service.attests)?.map(parseAttestEntry),
    context: service.context,
    contexts: service.contexts,
    dockerfile: service.dockerfile,
    dockerfileInline: service.dockerfileInline,
    args: service.args,
    labels: service.labels,
    tags: some(service.tags),
    cacheFrom: some(service.cacheFrom)?.flatMap(parseCacheEntries),
    cacheTo: some(service.cacheTo)?.flatMap(parseCacheEntries),
    stage: service.stage,
    secrets: some(service.secrets)?.map(parseSecretEntry),
    ssh: some(service.ssh)?.map(parseSshEntry),
    platforms: some(service.platforms),
    outputs: some(service.outputs)?.map(parseOutputEntry),
    pull: service.pullSaid,
    noCache: service.noCacheSaid,
    network: service.network,
    noCacheFilter: some(service.noCacheFilter),
    shmSize: service.shmSize,
    ulimits: some(service.ulimits),
    call: undefined,
    entitlements: undefined,
    extraHosts: hostMap(service.extraHosts),
    unsupported: [],
  }
}

/** Undefined for what is empty: nothing is said then. */
function some(texts: readonly string[]): readonly string[] | undefined {
  return texts.length === 0 ? undefined : texts
}

/** Of `HOST=IP`; several addresses of a host have commas between. */
function hostMap(hosts: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const host of hosts) {
    const [name, address] = [host.slice(0, host.indexOf('=')), host.slice(host.indexOf('=') + 1)]
    found.set(name, found.has(name) ? `${found.get(name) ?? ''},${address}` : address)
  }
  return found
}
