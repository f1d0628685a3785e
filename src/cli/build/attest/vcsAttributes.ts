import type { CommandContext } from '../../command.ts'
import { readRevision } from '../../part/readRevision.ts'

/** Folders of the client that a build reads. */
export interface BuildFolders {
  readonly context: string
  readonly dockerfile: string
}

/**
 * What git says of the context's checkout, in the frontend attributes by which buildx tells it to provenance: commit
 * (with `-dirty` where files have changed since), remote, and where in the repository the folders are. None outside of
 * a checkout, and where BUILDX_GIT_INFO is false.
 */
export async function vcsAttributes({ context, dockerfile }: BuildFolders, { env }: Pick<CommandContext, 'env'>, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  if (['0', 'false'].includes(env['BUILDX_GIT_INFO'] ?? '')) return new Map()
  const revision = await readRevision(context, env, signal)
  if (revision?.kind !== 'git') return new Map()
  const ofDockerfile = dockerfile === context ? revision : await readRevision(dockerfile, env, signal)
  const isSame = ofDockerfile?.kind === 'git' && ofDockerfile.commit === revision.commit && ofDockerfile.remote === revision.remote
  const attributes: readonly (readonly [key: string, value: string])[] = [
    ['vcs:revision', `${revision.commit}${revision.isDirty ? '-dirty' : ''}`],
    ['vcs:source', revision.remote.replace(/\bxxxxx(?::xxxxx)?@/, '')],
    ['vcs:localdir:context', nameOf(revision)],
    ['vcs:localdir:dockerfile', isSame ? nameOf(ofDockerfile) : ''],
  ]
  return new Map(attributes.filter(([, value]) => value !== ''))
}

/** Where in the repository it is. */
function nameOf({ folder }: { readonly folder: string }): string {
  return folder === '' ? '.' : folder
}
