import { parseGitReference } from '../../../ground/gitReference.ts'
import { cleanPath } from '../../../ground/posixPath.ts'
import { parsePlatform } from '../../../ground/platform.ts'
import { isHttpUrl } from '../../../ground/urlText.ts'
import { BakeError } from '../bakeError.ts'
import type { ResolvedBake, ResolvedTarget } from './resolvedBake.ts'

/** What says that a path is one of here, though the definition came from elsewhere. */
export const HERE = 'cwd://'

/** Contexts as they are built from. @throws BakeError on what no target can have */
export function placeTargets(resolved: ResolvedBake): ResolvedBake {
  return { ...resolved, targets: new Map([...resolved.targets].map(([name, target]) => [name, placeTarget(target)])) }
}

function placeTarget(target: ResolvedTarget): ResolvedTarget {
  if (target.context === '-') throw new BakeError('context from stdin not allowed in bake', { hint: `give target ${target.name} a folder, a URL or a git repository` })
  if (target.dockerfile === '-') throw new BakeError('dockerfile from stdin not allowed in bake', { hint: `give target ${target.name} a path, or dockerfile-inline` })
  checkPlatforms(target)
  const unclear = target.annotations?.find((annotation) => !annotation.includes('='))
  if (unclear !== undefined) throw new BakeError(`invalid annotation ${JSON.stringify(unclear)} of target ${target.name}, expected key=value`)
  return { ...target, context: placeContext(target.context) }
}

function placeContext(context: string): string {
  if (context.startsWith(HERE)) return cleanPath(context.slice(HERE.length))
  return isRemote(context) ? context : cleanPath(context)
}

function checkPlatforms({ name, platforms = [] }: ResolvedTarget): void {
  for (const platform of platforms) {
    try {
      if (platform !== 'local') parsePlatform(platform)
    } catch (error) {
      throw new BakeError(`target ${name}: ${JSON.stringify(platform)}: cannot parse platform specifier`, { hint: 'write os/arch[/variant], such as linux/arm64 or linux/arm/v7', cause: error })
    }
  }
}

/** A URL or a git repository. @throws InvalidValueError on a git reference that contradicts itself */
export function isRemote(place: string): boolean {
  return isHttpUrl(place) || parseGitReference(place) !== undefined
}
