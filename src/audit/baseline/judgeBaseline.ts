import type { ImageConfig } from '../../ground/oci/imageConfig.ts'
import type { Platform } from '../../ground/platform.ts'
import { elfFinder, judgeFiles, judgeLinks, tellGroup, toldLinks } from '../judge/judgement.ts'
import { createLookupLog } from '../judge/lookupLog.ts'
import { createSubject } from '../judge/subject.ts'
import { tellLinks } from '../judge/told.ts'
import { createImageTree, type FoundFile } from '../tree/imageTree.ts'
import { namesOnTree } from './namesOnTree.ts'
import { packJudgement, type JudgementNotes } from './packedJudgement.ts'
import { isPacked, type PackedTree } from './packedTree.ts'

/** Judges the whole of a tree, and notes what each judgement depends on. Of the config only what `judgementParts` names is heeded. */
export function judgeBaseline(packed: PackedTree, { platform, config }: { readonly platform: Platform; readonly config: ImageConfig }): Uint8Array {
  const tree = createImageTree(packed.root(), true)
  const log = createLookupLog()
  const subject = createSubject({ platform, config, tree, names: namesOnTree(packed), log })
  const files = judgeFiles(filesOf(packed), subject)
  const { programs, libraries } = judgeLinks(files.elfFiles, { subject, elfAt: elfFinder(files.elfFiles) })
  const units = [...programs, ...libraries]
  const links = units.map((unit, index) => ({ ...toldLinks(index < programs.length ? 'program links' : 'library links', unit), unit: index }))
  const { told, repeated } = tellLinks(links)
  const scripts = [...files.scripts].map(([line, same]) => ({ line, files: same.map(nodeOf) }))
  const notes: JudgementNotes = {
    surroundings: subject.surroundings,
    told: files.told.map(({ check, finding, file }) => ({ check, finding, file: nodeOf(file) })),
    groups: files.groups.map((group) => ({ rule: group.rule, files: group.files.map(nodeOf), finding: tellGroup(group, subject).finding })),
    scripts,
    programCount: programs.length,
    links: told.map(({ key, finding, of: { unit } }) => ({ unit, ...(key !== undefined && { key }), finding })),
    repeated: [...repeated].map(({ unit }) => unit),
    judgedFiles: files.elfFiles.length + scripts.reduce((sum, { files: { length } }) => sum + length, 0),
  }
  return packJudgement(notes, units.map(({ file, reached, lookups }) => ({ node: nodeOf(file), reached: [...reached].flatMap((path) => packed.idAt(path) ?? []), lookups })))
}

/** What of a config a baseline's judgement depends on. */
export function judgementParts({ container }: ImageConfig): readonly string[] {
  return container.env.filter((text) => /^(?:PATH|LD_LIBRARY_PATH)=/.test(text))
}

function* filesOf(packed: PackedTree): Generator<FoundFile> {
  for (let id = 1; id < packed.nodeCount; id += 1) {
    const node = packed.isJudged(id) ? packed.nodeAt(id) : undefined
    if (node?.kind === 'file') yield { path: packed.pathOf(id), node }
  }
}

function nodeOf({ node }: FoundFile): number {
  if (!isPacked(node)) throw new TypeError('all files of a packed tree are packed')
  return node.id
}
