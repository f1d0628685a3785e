import { DEFAULT_PATH } from '../../ground/oci/defaultPath.ts'
import type { ImageConfig } from '../../ground/oci/imageConfig.ts'
import type { Platform } from '../../ground/platform.ts'
import { textOfBytes } from '../../kit/byteString.ts'
import type { ElfFacts } from '../elf/elfFacts.ts'
import type { Finding } from '../finding.ts'
import type { FoundFile, ImageTree } from '../tree/imageTree.ts'
import { createLibrarySearch, type LibrarySearch } from './librarySearch.ts'
import { excuseFor } from './places.ts'

/** One platform's image, with what its checks have in common. */
export interface AuditSubject {
  /** What the image is labelled with. */
  readonly platform: Platform
  readonly config: ImageConfig
  readonly tree: ImageTree
  /** Each file once, whatever the number of its names. */
  readonly files: readonly FoundFile[]
  readonly elfFiles: readonly ElfFile[]
  readonly libraries: LibrarySearch
  /** The folders of the image's PATH. */
  readonly commandFolders: readonly string[]
}

export interface ElfFile extends FoundFile {
  readonly elf: ElfFacts
  readonly isExecutable: boolean
  /** Whether it stands in a folder of the image's PATH. */
  readonly isCommand: boolean
  /** Why it need not fit the image. */
  readonly excuse: string | undefined
}

/** One check: pure, findings in any order. */
export type AuditCheck = (subject: AuditSubject) => Iterable<Finding>

export function createSubject({ platform, config, tree }: Pick<AuditSubject, 'platform' | 'config' | 'tree'>): AuditSubject {
  const commandFolders = (variable(config, 'PATH') ?? DEFAULT_PATH).split(':').filter((folder) => folder.startsWith('/'))
  const commands = new Set(commandFolders.map((folder) => tree.find(folder)?.path ?? folder))
  const files = distinctFiles(tree)
  const elfFiles = files.flatMap((file) => {
    const { content, mode } = file.node.entry
    if (content.kind !== 'elf') return []
    const isCommand = commands.has(file.path.slice(0, Math.max(1, file.path.lastIndexOf('/'))))
    return [{ ...file, elf: content.elf, isExecutable: (mode & 0o111) !== 0, isCommand, excuse: excuseFor(file.path, content.elf, isCommand) }]
  })
  const libraries = createLibrarySearch({ tree, libraryPath: variable(config, 'LD_LIBRARY_PATH') ?? '', architecture: platform.architecture })
  return { platform, config, tree, files, elfFiles, libraries, commandFolders }
}

/** By path, so that a file of several names goes by the same one each time. */
function distinctFiles(tree: ImageTree): readonly FoundFile[] {
  const sorted = [...tree.files()].sort((a, b) => (a.path < b.path ? -1 : 1))
  return [...new Map(sorted.toReversed().map((file) => [file.node.entry, file])).values()].reverse()
}

export function variable({ container }: ImageConfig, name: string): string | undefined {
  return container.env.findLast((text) => text.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** A finding of one file. */
export function findingOf({ path, node }: FoundFile, finding: Pick<Finding, 'rule' | 'severity' | 'message' | 'remedy'>): Finding {
  return { ...finding, path: textOfBytes(path), layer: node.layer, fileCount: 1 }
}
