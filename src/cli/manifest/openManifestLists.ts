import { join } from 'node:path'
import { storeRoot } from '../../engine/store/storeRoot.ts'
import type { CommandContext } from '../command.ts'
import { createManifestLists, type ManifestLists } from './manifestLists.ts'

/** The user's lists, in `manifests` of the store's folder. */
export function openManifestLists({ env }: Pick<CommandContext, 'env'>): ManifestLists {
  return createManifestLists(join(storeRoot(env, process.getuid?.() ?? 0), 'manifests'))
}
