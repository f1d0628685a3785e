import type { BuildTarget } from '../buildTarget.ts'
import { cleanPath, resolvePath } from '../../ground/posixPath.ts'
import { isHttpUrl } from '../../ground/urlText.ts'
import { BakeError } from './bakeError.ts'
import { formatEntry } from './entries/entry.ts'
import { formatSecretEntry } from './entries/secretEntry.ts'
import { formatSshEntry } from './entries/sshEntry.ts'
import { HERE } from './resolve/placeTargets.ts'
import type { ResolvedBake, ResolvedTarget } from './resolve/resolvedBake.ts'

/**
 * What is to be built, for whoever builds it, sorted by name. A target that is only the context of others has
 * `type=cacheonly` as its output.
 * @param placed by `placeTargets`
 * @param here the working folder, absolute
 * @throws BakeError where a target has what nothing here does
 */
export function toBuildTargets(placed: ResolvedBake, here: string): readonly BuildTarget[] {
  return [...placed.targets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, target]) => toBuildTarget(name, target, here))
}

function toBuildTarget(name: string, target: ResolvedTarget, here: string): BuildTarget {
  const [unsupported] = target.unsupported
  if (unsupported !== undefined) throw new BakeError(`target ${name}: ${unsupported} is not supported yet`, { hint: 'leave it out, or override it in a file of your own' })
  return {
    name,
    description: target.description,
    context: target.context,
    dockerfile: placeDockerfile(target.dockerfile, here),
    dockerfileInline: target.dockerfileInline,
    contexts: new Map([...target.contexts].map(([context, place]) => [context, place.startsWith(HERE) ? cleanPath(place.slice(HERE.length)) : place])),
    stage: target.stage === '' ? undefined : target.stage,
    args: target.args,
    labels: target.labels,
    ...lists(target),
    shmSize: target.shmSize,
    network: target.network,
    pull: target.pull ?? false,
    noCache: target.noCache ?? false,
    call: target.call === 'lint' ? 'check' : target.call,
  }
}

/** One of here is named absolutely: others are in the context. */
function placeDockerfile(dockerfile: string, here: string): string {
  if (dockerfile.startsWith(HERE)) return resolvePath(here, dockerfile.slice(HERE.length))
  return isHttpUrl(dockerfile) ? dockerfile : cleanPath(dockerfile)
}

function lists(target: ResolvedTarget): Pick<BuildTarget, 'tags' | 'platforms' | 'annotations' | 'attests' | 'cacheFrom' | 'cacheTo' | 'outputs' | 'secrets' | 'ssh' | 'entitlements' | 'extraHosts' | 'ulimits' | 'noCacheFilter'> {
  return {
    tags: all(target.tags),
    platforms: all(target.platforms),
    annotations: all(target.annotations),
    attests: all(target.attest).map(formatEntry),
    cacheFrom: all(target.cacheFrom).map(formatEntry),
    cacheTo: all(target.cacheTo).map(formatEntry),
    outputs: all(target.outputs).map(formatEntry),
    secrets: all(target.secrets).map(formatSecretEntry),
    ssh: all(target.ssh).map(formatSshEntry),
    entitlements: all(target.entitlements),
    extraHosts: [...target.extraHosts].map(([host, address]) => `${host}=${address}`),
    ulimits: all(target.ulimits),
    noCacheFilter: all(target.noCacheFilter),
  }
}

function all<T>(list: readonly T[] | undefined): readonly T[] {
  return list ?? []
}
