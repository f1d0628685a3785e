import { join } from 'node:path'
import type { BuildRequest } from './driver.ts'

/** Frontend attributes by which an engine of the same machine remembers what was built: the context's folder, and the Dockerfile. Nothing is built by them. */
export const CONTEXT_ATTRIBUTE = 'pelago.context'
export const DOCKERFILE_ATTRIBUTE = 'pelago.dockerfile'

export function clientPaths({ folders, attributes }: Pick<BuildRequest, 'folders' | 'attributes'>): ReadonlyMap<string, string> {
  const [context, dockerfile] = [folders.get('context'), folders.get('dockerfile')]
  return new Map([
    ...(context === undefined ? [] : [[CONTEXT_ATTRIBUTE, context] as const]),
    ...(dockerfile === undefined ? [] : [[DOCKERFILE_ATTRIBUTE, join(dockerfile, attributes.get('filename') ?? 'Dockerfile')] as const]),
  ])
}
