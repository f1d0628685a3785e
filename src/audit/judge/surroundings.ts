import { DEFAULT_PATH } from '../../ground/oci/defaultPath.ts'
import type { ImageConfig } from '../../ground/oci/imageConfig.ts'
import type { Platform } from '../../ground/platform.ts'
import type { ImageTree } from '../tree/imageTree.ts'
import { readLibraryFolders, type LibraryFolders } from './libraryFolders.ts'

/**
 * Where the processes of an image look for commands and libraries, by its config and a few of its files. With equal
 * surroundings the same is said of an equal file. Plain data: they are compared and kept as JSON.
 */
export interface Surroundings extends LibraryFolders {
  /** Of the platform that the image is labelled with. */
  readonly architecture: string
  /** The folders of its PATH. */
  readonly commandFolders: readonly string[]
  /** The same, links followed. */
  readonly commands: readonly string[]
  /** The folders of its LD_LIBRARY_PATH. */
  readonly environment: readonly string[]
  /** Folders whose libraries are found without being told of, links followed. */
  readonly searched: readonly string[]
}

export function readSurroundings({ tree, config, platform: { architecture } }: { readonly tree: ImageTree; readonly config: ImageConfig; readonly platform: Platform }): Surroundings {
  const follow = (folder: string): string => tree.find(folder)?.path ?? folder
  const commandFolders = (variable(config, 'PATH') ?? DEFAULT_PATH).split(':').filter((folder) => folder.startsWith('/'))
  const environment = (variable(config, 'LD_LIBRARY_PATH') ?? '').split(/[:;]/).filter((path) => path !== '')
  const libraries = readLibraryFolders(tree, architecture)
  const searched = [...environment, ...libraries.folders.glibc, ...libraries.folders.musl]
  return { ...libraries, architecture, commandFolders, commands: commandFolders.map(follow), environment, searched: [...new Set(searched.map(follow))] }
}

function variable({ container }: ImageConfig, name: string): string | undefined {
  return container.env.findLast((text) => text.startsWith(`${name}=`))?.slice(name.length + 1)
}
