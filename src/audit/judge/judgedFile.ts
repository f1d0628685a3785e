import type { ElfFacts } from '../elf/elfFacts.ts'
import type { FoundFile } from '../tree/imageTree.ts'
import type { FileNode } from '../tree/treeNode.ts'
import { excuseFor } from './places.ts'
import { SETGID, SETUID } from './privilegeAudit.ts'
import { folderOf, type AuditSubject } from './subject.ts'

/** A file of which something can be said, once, whatever the number of its names. */
export interface JudgedFile extends FoundFile {
  /** What it is sorted by: the last of its names, where it has several. */
  readonly order: string
}

export interface ElfFile extends JudgedFile {
  readonly elf: ElfFacts
  readonly isExecutable: boolean
  /** Whether it stands in a folder of the image's PATH. */
  readonly isCommand: boolean
  /** Why it need not fit the image. */
  readonly excuse: string | undefined
}

/** Programs, libraries, scripts that can be started, and what has rights of its own. */
export function isJudged({ entry: { content, mode, hasCapabilities } }: Pick<FileNode, 'entry'>): boolean {
  return content.kind === 'elf' || (content.kind === 'script' && isExecutable(mode)) || (mode & (SETUID | SETGID)) !== 0 || hasCapabilities
}

export function isExecutable(mode: number): boolean {
  return (mode & 0o111) !== 0
}

/** In order; a file of several names goes by the first of them each time. */
export function judgedFiles(found: Iterable<FoundFile>): readonly JudgedFile[] {
  const sorted = [...found].filter(({ node }) => isJudged(node)).sort((a, b) => (a.path < b.path ? -1 : 1))
  const files = new Map<FileNode['entry'], JudgedFile>()
  for (const file of sorted.toReversed()) files.set(file.node.entry, { ...file, order: files.get(file.node.entry)?.order ?? file.path })
  return [...files.values()].reverse()
}

/** Undefined for what is no ELF file. */
export function elfFileOf(file: JudgedFile, { isCommandFolder }: Pick<AuditSubject, 'isCommandFolder'>): ElfFile | undefined {
  const { content, mode } = file.node.entry
  if (content.kind !== 'elf') return undefined
  const isCommand = isCommandFolder(folderOf(file.path))
  return { ...file, elf: content.elf, isExecutable: isExecutable(mode), isCommand, excuse: excuseFor(file.path, content.elf, isCommand) }
}
