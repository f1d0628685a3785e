import { parseGitReference } from '../../../ground/gitReference.ts'
import { cleanPath } from '../../../ground/posixPath.ts'
import { parsePlatform } from '../../../ground/platform.ts'
import { isHttpUrl } from '../../../ground/urlText.ts'
import { BakeError } from '../bakeError.ts'
import type { RemoteDefinition } from '../remote.ts'
import type { ResolvedBake, ResolvedTarget } from './resolvedBake.ts'

/** What says that a path is one of here, though the definition came from elsewhere. */
export const HERE = 'cwd://'

/**
 * Contexts as they are built from: relative ones of a remote definition are places in what that came from.
 * @throws BakeError on what no target can have
 */
export function placeTargets(resolved: ResolvedBake, remote: RemoteDefinition | undefined): ResolvedBake {
  return { ...resolved, targets: new Map([...resolved.targets].map(([name, target]) => [name, placeTarget(target, remote)])) }
}

function placeTarget(target: ResolvedTarget, remote: RemoteDefinition | undefined): ResolvedTarget {
  if (target.context === '-') throw new BakeError('context from stdin not allowed in bake', { hint: `give target ${target.name} a folder, a URL or a git repository` })
  if (target.dockerfile === '-') throw new BakeError('dockerfile from stdin not allowed in bake', { hint: `give target ${target.name} a path, or dockerfile-inline` })
  checkPlatforms(target)
  const unclear = target.annotations?.find((annotation) => !annotation.includes('='))
  if (unclear !== undefined) throw new BakeError(`invalid annotation ${JSON.stringify(unclear)} of target ${target.name}, expected key=value`)
  const contexts = [...target.contexts].map(([name, place]) => [name, isRelative(place) && remote !== undefined && remote.kind !== 'file' ? placeContext(place, remote) : place] as const)
  return { ...target, context: placeContext(target.context, remote), contexts: new Map(contexts) }
}

/** A path that does not say where it is. */
function isRelative(place: string): boolean {
  return !/^(?:cwd|oci-layout):\/\/|^target:|^docker-image:/.test(place) && !isRemote(place)
}

function placeContext(context: string, remote: RemoteDefinition | undefined): string {
  if (context.startsWith(HERE)) return cleanPath(context.slice(HERE.length))
  if (isRemote(context)) return context
  const path = cleanPath(context)
  return remote === undefined || remote.kind === 'file' ? path : withinRemote(remote, path)
}

function withinRemote({ url, kind }: RemoteDefinition, path: string): string {
  const inside = cleanPath(`/${path}`).slice(1)
  if (inside === '') return url
  if (kind !== 'git') throw new BakeError(`the context ${JSON.stringify(path)} is a folder of an archive, which is not supported yet`, { hint: 'have the definition in a git repository, or the context be .' })
  const [address = '', fragment = ''] = url.split(/#(.*)/s, 2)
  const [ref = '', folder = ''] = fragment.split(/:(.*)/s, 2)
  return `${address}#${ref}:${folder === '' ? inside : `${folder.replace(/\/$/, '')}/${inside}`}`
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
