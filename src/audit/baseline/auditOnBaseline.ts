import { isDeepStrictEqual } from 'node:util'
import { formatPlatform } from '../../ground/platform.ts'
import { auditTree, type AuditedImage, type PlatformAudit } from '../auditPlatform.ts'
import type { LayerFacts } from '../facts/layerFacts.ts'
import { elfFileOf, type JudgedFile } from '../judge/judgedFile.ts'
import { judgeFiles, tellGroup, tellProgram, tellScripts } from '../judge/judgement.ts'
import { indexNames, type NamedElf } from '../judge/libraryNames.ts'
import { NO_LOG } from '../judge/lookupLog.ts'
import { createSubject, type AuditSubject } from '../judge/subject.ts'
import { sortFindings, tellLinks, type Told } from '../judge/told.ts'
import { applyLayer, createImageTree, type FoundFile } from '../tree/imageTree.ts'
import { amendLinks } from './amendLinks.ts'
import { joinNames, namesOnTree } from './namesOnTree.ts'
import type { PackedJudgement } from './packedJudgement.ts'
import type { PackedTree } from './packedTree.ts'
import { readChanges, type TreeChanges } from './treeChanges.ts'

/**
 * What an audit holds of layers that others are put on top of: their files, and what was judged of these. With it, an
 * audit of the layers on top costs what they change, and says the same, in the same words and order, as one of all.
 *
 * The files are a tree of numbers (`PackedTree`): a folder's names are looked up by bisection, and layers are put on
 * top of a root that reads what they touch. Judged is file by file. What is said of a file by itself stays as long as the
 * file is there and the surroundings are the same: where commands and libraries are looked for. What is said of links
 * stays as long as no place has changed that was looked at for it: each program and library has a list of those, found by
 * the hash of the place. Scripts are judged by their first lines, of which an image has few, each time.
 * Where names of one file change among others, or the surroundings, all is judged.
 */
export interface Baseline {
  readonly tree: PackedTree
  /** Made by `judgeBaseline` for the platform and the config of the image. */
  readonly judgement: PackedJudgement
}

/** Audits an image of a baseline with `layers` on top, lowest first. */
export function auditOnBaseline({ tree, judgement }: Baseline, layers: readonly LayerFacts[], { platform, config, baseLayers }: Omit<AuditedImage, 'layers'>): PlatformAudit {
  const root = tree.root()
  for (const [index, layer] of layers.entries()) applyLayer(root, layer, tree.layerCount + index)
  const changes = readChanges(root, tree)
  const image = { platform, config, tree: createImageTree(root, true) }
  const subject = createSubject({ ...image, names: joinNames(namesOnTree(tree, changes.isThere), indexNames(elvesAmong(changes.files))), log: NO_LOG })
  const isSame = !changes.isRelinked && isDeepStrictEqual(subject.surroundings, judgement.surroundings)
  return { platform: formatPlatform(platform), ...(isSame ? amend({ tree, judgement, changes, subject }) : auditTree(image)), unreadLayers: 0, baseLayers }
}

function* elvesAmong(files: readonly FoundFile[]): Generator<NamedElf> {
  for (const { path, node } of files) if (node.entry.content.kind === 'elf') yield { path, elf: node.entry.content.elf }
}

interface Parts extends Baseline {
  readonly changes: TreeChanges
  readonly subject: AuditSubject
}

function amend(parts: Parts): Pick<PlatformAudit, 'findings' | 'judgedFiles'> {
  const { judgement, changes, subject } = parts
  const { elfFiles, told, groups, scripts } = judgeFiles(changes.files, subject)
  const links = tellLinks(amendLinks({ ...parts, elfFiles }))
  const findings = sortFindings([...tellProgram(subject), ...keptFindings(parts), ...told, ...keptGroups(parts), ...groups.map((group) => tellGroup(group, subject)), ...links.told, ...tellScripts([...keptScripts(parts), ...scripts], subject)])
  const brought = elfFiles.length + [...scripts.values()].reduce((sum, { length }) => sum + length, 0)
  return { findings, judgedFiles: judgement.judgedFiles - countLost(parts) + brought }
}

function keptFindings({ tree, judgement, changes }: Parts): readonly Told[] {
  return judgement.told.filter(({ file }) => changes.isThere(file)).map(({ check, file, finding }) => ({ check, order: tree.fileAt(file).order, finding }))
}

/** A group of which files are gone is described anew. */
function keptGroups({ tree, judgement, changes, subject }: Parts): readonly Told[] {
  return judgement.groups.flatMap(({ rule, files, finding }): readonly Told[] => {
    const kept = files.filter(changes.isThere)
    if (kept.length === 0) return []
    if (kept.length < files.length) return [tellGroup({ rule, files: kept.flatMap((file) => elfFileOf(tree.fileAt(file), subject) ?? []) }, subject)]
    return [{ check: 'group', order: tree.fileAt(kept[0] ?? 0).order, finding }]
  })
}

/** Files are read only where something is to be said of them. */
function keptScripts({ tree, judgement, changes }: Parts): readonly (readonly [line: PackedJudgement['scripts'][number]['line'], files: Iterable<JudgedFile>])[] {
  return judgement.scripts.map(({ line, files }) => [line, files.values().filter(changes.isThere).map((file) => tree.fileAt(file))])
}

/** Judged files that are no longer there. */
function countLost({ tree, judgement, changes }: Parts): number {
  if (!changes.hasRemovals) return 0
  let lost = judgement.scripts.reduce((sum, { files }) => sum + files.filter((file) => !changes.isThere(file)).length, 0)
  for (let id = 1; id < tree.nodeCount; id += 1) if (tree.kindOf(id) === 'elf' && tree.isMainName(id) && !changes.isThere(id)) lost += 1
  return lost
}
