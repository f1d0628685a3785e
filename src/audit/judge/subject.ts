import type { ImageConfig } from '../../ground/oci/imageConfig.ts'
import type { Platform } from '../../ground/platform.ts'
import { textOfBytes } from '../../kit/byteString.ts'
import type { Finding } from '../finding.ts'
import type { FoundFile, ImageTree } from '../tree/imageTree.ts'
import { createLibrarySearch, type LibrarySearch } from './librarySearch.ts'
import type { LibraryNames } from './libraryNames.ts'
import type { LookupLog } from './lookupLog.ts'
import { readSurroundings, type Surroundings } from './surroundings.ts'

/** One platform's image, with what its checks have in common. */
export interface AuditSubject {
  /** What the image is labelled with. */
  readonly platform: Platform
  readonly config: ImageConfig
  readonly tree: ImageTree
  readonly surroundings: Surroundings
  readonly libraries: LibrarySearch
  /** Told of what is looked up for programs and libraries. */
  readonly log: LookupLog
  readonly isCommandFolder: (folder: string) => boolean
  /** Whether libraries in `folder` are found without being told of. */
  readonly isSearched: (folder: string) => boolean
}

export interface SubjectParts extends Pick<AuditSubject, 'platform' | 'config' | 'tree' | 'log'> {
  readonly names: LibraryNames
}

export function createSubject({ platform, config, tree, log, names }: SubjectParts): AuditSubject {
  const surroundings = readSurroundings({ tree, config, platform })
  const [commands, searched] = [new Set(surroundings.commands), new Set(surroundings.searched)]
  return {
    platform,
    config,
    tree,
    surroundings,
    libraries: createLibrarySearch({ tree, surroundings, names, log }),
    log,
    isCommandFolder: (folder) => commands.has(folder),
    isSearched: (folder) => searched.has(folder),
  }
}

/** A finding of one file. */
export function findingOf({ path, node }: FoundFile, finding: Pick<Finding, 'rule' | 'severity' | 'message' | 'remedy'>): Finding {
  return { ...finding, path: textOfBytes(path), layer: node.layer, fileCount: 1 }
}

/** The folder that has the file at `path`. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')))
}
