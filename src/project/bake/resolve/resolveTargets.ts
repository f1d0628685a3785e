import { hasWildcard, matchPath } from '../../../ground/pathMatch.ts'
import { type BakeDefinition, type BakeGroup, type BakeTarget, emptyTarget } from '../bakeDefinition.ts'
import { BakeError } from '../bakeError.ts'
import { linkTargets } from './linkTargets.ts'
import { mergeTargets, normalizeTarget } from './mergeTargets.ts'
import { applyOverrides, type OverrideTable } from './overrides.ts'
import type { ResolvedBake, ResolvedTarget } from './resolvedBake.ts'
import { unknownName } from './unknownName.ts'

/**
 * @param names of targets and groups, and patterns of them
 * @throws BakeError where there is none of a name, or targets are built from each other in a circle
 */
export function resolveTargets(definition: BakeDefinition, names: readonly string[], overrides: OverrideTable): ResolvedBake {
  const asked = [...new Set(names.flatMap((name) => matchNames(definition, name.replaceAll('.', '_'))))]
  const resolver = new TargetResolver(definition, overrides)
  const groups = new Map<string, BakeGroup>()
  const targets = new Map<string, ResolvedTarget>()
  for (const name of asked) {
    for (const group of groupsUnder(definition, name)) groups.set(group.name, group)
    for (const target of targetsUnder(definition, name)) targets.set(target, resolver.resolve(target))
  }
  const added = asked.filter((name) => !(name === 'default' && groups.has('default')))
  const own = groups.get('default') ?? { name: 'default', description: '', targets: [] }
  groups.set('default', { ...own, targets: [...new Set([...own.targets, ...added])].sort() })
  return { groups, targets: linkTargets(targets, (name) => resolver.resolve(name)), warnings: resolver.warnings }
}

function matchNames({ groups, targets }: BakeDefinition, pattern: string): readonly string[] {
  if (!hasWildcard(pattern)) return [pattern]
  const all = [...groups, ...targets].map(({ name }) => name)
  const matched = all.filter((name) => matchPath(pattern, name))
  if (matched.length === 0) throw unknownName('target', pattern, all, 'could not find any target matching')
  return matched
}

function findGroup({ groups }: BakeDefinition, name: string): BakeGroup | undefined {
  return groups.find((group) => group.name === name)
}

/** The group of that name and those in it, each once. */
function groupsUnder(definition: BakeDefinition, name: string, seen = new Map<string, BakeGroup>()): Iterable<BakeGroup> {
  const group = findGroup(definition, name)
  if (group === undefined || seen.has(name)) return seen.values()
  seen.set(name, group)
  for (const inner of group.targets) groupsUnder(definition, inner, seen)
  return seen.values()
}

/** A group goes before a target of the same name. @throws BakeError where groups are in each other */
function targetsUnder(definition: BakeDefinition, name: string, path: readonly string[] = []): readonly string[] {
  const group = findGroup(definition, name)
  if (group === undefined) return [name]
  if (path.includes(name)) throw new BakeError(`groups are in each other: ${[...path, name].join(' > ')}`, { hint: `take ${JSON.stringify(name)} out of the targets of group ${JSON.stringify(path.at(-1) ?? name)}` })
  return [...new Set(group.targets.flatMap((inner) => targetsUnder(definition, inner, [...path, name])))]
}

class TargetResolver {
  readonly #targets: ReadonlyMap<string, BakeTarget>
  readonly #overrides: OverrideTable
  readonly #warnings = new Set<string>()

  constructor(definition: BakeDefinition, overrides: OverrideTable) {
    this.#targets = new Map(definition.targets.map((target) => [target.name, target]))
    this.#overrides = overrides
  }

  get warnings(): readonly string[] {
    return [...this.#warnings]
  }

  /** With what it inherits, in that order, and what overrides that. @throws BakeError */
  resolve(name: string): ResolvedTarget {
    const target = this.#inherit(name, [], new Map()) ?? emptyTarget(name)
    return { ...target, inherits: [], context: target.context ?? '.', dockerfile: target.dockerfile === undefined || target.dockerfile === '' ? 'Dockerfile' : target.dockerfile, isLinked: false }
  }

  /** Undefined for one that inherits from itself, which buildx passes over. */
  #inherit(name: string, path: readonly string[], done: Map<string, BakeTarget>): BakeTarget | undefined {
    const known = done.get(name)
    if (known !== undefined) return known
    if (path.includes(name)) {
      this.#warnings.add(`targets inherit from each other: ${[...path.slice(path.indexOf(name)), name].join(' > ')}`)
      return undefined
    }
    const target = this.#targets.get(name)
    if (target === undefined) throw this.#unknown(name, path.at(-1))
    const inherited = target.inherits.flatMap((parent) => this.#inherit(parent, [...path, name], done) ?? [])
    const merged = [...inherited, target].reduce(mergeTargets, emptyTarget(name))
    const resolved = normalizeTarget(applyOverrides(merged, this.#overrides.get(name) ?? []))
    done.set(name, resolved)
    return resolved
  }

  #unknown(name: string, heir: string | undefined): BakeError {
    const message = heir === undefined ? 'failed to find target' : `target ${JSON.stringify(heir)} inherits from a target that is not there:`
    return unknownName('target', name, this.#targets.keys(), message)
  }
}
