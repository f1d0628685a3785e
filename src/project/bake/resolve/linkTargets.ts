import { BakeError } from '../bakeError.ts'
import type { ResolvedTarget } from './resolvedBake.ts'

/**
 * Adds the targets that others have as a context (`target:NAME`), and theirs. Whoever is built from a target wants what
 * that one is entitled to, too. @throws BakeError on a circle, and where the platforms do not fit
 */
export function linkTargets(targets: ReadonlyMap<string, ResolvedTarget>, resolve: (name: string) => ResolvedTarget): ReadonlyMap<string, ResolvedTarget> {
  const linked = new Map(targets)
  for (const name of targets.keys()) follow(name, [], linked, resolve)
  return linked
}

function follow(name: string, path: readonly string[], linked: Map<string, ResolvedTarget>, resolve: (name: string) => ResolvedTarget): ResolvedTarget {
  const target = linked.get(name) ?? { ...resolve(name), outputs: [new Map([['type', 'cacheonly']])], isLinked: true }
  linked.set(name, target)
  const entitlements = new Set(target.entitlements ?? [])
  for (const from of linksOf(target)) {
    if (from === name) throw new BakeError(`target ${name} cannot link to itself`, { hint: `give it another context than target:${name}` })
    if (path.includes(from)) throw new BakeError(`infinite loop from ${name} to ${from}`, { hint: `targets are built from each other: ${[...path.slice(path.indexOf(from)), name, from].join(' > ')}` })
    const source = follow(from, [...path, name], linked, resolve)
    checkPlatforms(target, source)
    for (const entitlement of source.entitlements ?? []) entitlements.add(entitlement)
  }
  const entitled = entitlements.size === 0 ? target : { ...target, entitlements: [...entitlements] }
  linked.set(name, entitled)
  return entitled
}

function linksOf({ contexts }: ResolvedTarget): readonly string[] {
  return [...contexts.values()].filter((place) => place.startsWith('target:')).map((place) => place.slice('target:'.length))
}

function checkPlatforms({ name, platforms = [] }: ResolvedTarget, source: ResolvedTarget): void {
  const theirs = source.platforms ?? []
  if (platforms.length < 2 || theirs.length < 2 || platforms.every((platform) => theirs.includes(platform))) return
  throw new BakeError(`target ${source.name} can't be used by ${name} because its platforms [${platforms.join(' ')}] are not a subset of [${theirs.join(' ')}]`, { hint: `build ${source.name} for all of them` })
}
