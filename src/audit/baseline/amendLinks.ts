import { elfFileOf, type ElfFile } from '../judge/judgedFile.ts'
import { namesOf } from '../judge/libraryNames.ts'
import { toldLinks } from '../judge/judgement.ts'
import { isLinked, judgeLibrary, judgeProgram, type LinkContext } from '../judge/linkAudit.ts'
import type { AuditSubject } from '../judge/subject.ts'
import type { ToldLinks } from '../judge/told.ts'
import type { PackedJudgement } from './packedJudgement.ts'
import type { PackedTree } from './packedTree.ts'
import type { TreeChanges } from './treeChanges.ts'

/** A judged tree with layers on top. */
export interface Amended {
  readonly tree: PackedTree
  readonly judgement: PackedJudgement
  readonly changes: TreeChanges
  /** What the layers have brought. */
  readonly elfFiles: readonly ElfFile[]
  readonly subject: AuditSubject
}

/** What is found of links; looked for anew is only what depends on something that has changed. */
export function amendLinks(amended: Amended): readonly ToldLinks[] {
  const { tree, judgement, changes, elfFiles, subject } = amended
  const context: LinkContext = { subject, elfAt: elfFinderOf(amended) }
  const stale = staleUnits(amended)
  const standing = [...judgement.units.keys()].filter((unit) => changes.isThere(nodeOf(unit, judgement)))
  const [programs, libraries] = [standing.filter((unit) => unit < judgement.programCount), standing.filter((unit) => unit >= judgement.programCount)]
  const again = (units: readonly number[]): readonly ElfFile[] => units.filter((unit) => stale.has(unit)).flatMap((unit) => elfAt(nodeOf(unit, judgement), amended) ?? [])
  const still = (units: readonly number[]): readonly number[] => units.filter((unit) => !stale.has(unit))
  const linked = (kind: 'program' | 'library'): readonly ElfFile[] => elfFiles.filter((file) => isLinked(file, subject) === kind)

  const judged = [...again(programs), ...linked('program')].map((file) => judgeProgram(file, context))
  const reached = new Set([...judged.flatMap((program) => [...program.reached]), ...nodesReachedBy(still(programs), judgement).map((node) => tree.pathOf(node))])
  const isLeft = ({ path }: { readonly path: string }): boolean => !reached.has(path)
  const left = [...lostLibraries(amended, programs.filter((unit) => !stale.has(unit))), ...again(libraries), ...linked('library')].filter(isLeft)
  const kept = [...still(programs), ...still(libraries).filter((unit) => isLeft({ path: tree.pathOf(nodeOf(unit, judgement)) }))]
  return [...keptLinks(new Set(kept), amended), ...judged.map((one) => toldLinks('program links', one)), ...left.map((file) => toldLinks('library links', judgeLibrary(file, context)))]
}

function nodeOf(unit: number, { units }: PackedJudgement): number {
  return units[unit] ?? 0
}

/** Undefined for what does not go by this name, and for what is no ELF file. */
function elfAt(node: number, { tree, subject }: Amended): ElfFile | undefined {
  return tree.kindOf(node) === 'elf' && tree.isMainName(node) ? elfFileOf(tree.fileAt(node), subject) : undefined
}

/** What the layers have brought is not where anything of the tree still is. */
function elfFinderOf(amended: Amended): LinkContext['elfAt'] {
  const { tree, changes, elfFiles } = amended
  const byPath = new Map<string, ElfFile | undefined>(elfFiles.map((file) => [file.path, file]))
  return (path) => {
    if (byPath.has(path)) return byPath.get(path)
    const node = tree.idAt(path)
    const file = node === undefined || !changes.isThere(node) ? undefined : elfAt(node, amended)
    byPath.set(path, file)
    return file
  }
}

/** Units that may come to something else. Where one is among them, or gone, that told what others left out for that, these are too. */
function staleUnits(amended: Amended): ReadonlySet<number> {
  const { judgement, changes } = amended
  const stale = new Set([...changes.places, ...changedNames(amended)].flatMap((lookup) => [...judgement.unitsThatAsked(lookup)]))
  const isLost = ({ unit }: { readonly unit: number }): boolean => stale.has(unit) || !changes.isThere(nodeOf(unit, judgement))
  return judgement.links.some(isLost) ? stale.union(new Set(judgement.repeated)) : stale
}

/** Names by which there are other libraries than there were, as a log of lookups has them. */
function changedNames({ tree, changes }: Amended): readonly string[] {
  const names = new Set<string>()
  const add = (path: string, node: ReturnType<PackedTree['nodeAt']>): void => {
    if (node.kind === 'file' && node.entry.content.kind === 'elf') for (const name of namesOf({ path, elf: node.entry.content.elf })) names.add(`~${name}`)
  }
  for (const { path, node } of changes.files) add(path, node)
  for (let id = 1; changes.hasRemovals && id < tree.nodeCount; id += 1) if (tree.kindOf(id) === 'elf' && !changes.isThere(id)) add(tree.pathOf(id), tree.nodeAt(id))
  return [...names]
}

function nodesReachedBy(programs: readonly number[], judgement: PackedJudgement): readonly number[] {
  const nodes = new Set<number>()
  for (const unit of programs) for (const node of judgement.reachedBy(unit)) nodes.add(node)
  return [...nodes]
}

/** Libraries that were loaded by a program that is no longer one of `programs`. */
function lostLibraries(amended: Amended, programs: readonly number[]): readonly ElfFile[] {
  const { judgement, changes, subject } = amended
  const kept = new Set(programs)
  const others = Array.from({ length: judgement.programCount }, (_, unit) => unit).filter((unit) => !kept.has(unit))
  const nodes = nodesReachedBy(others, judgement).filter(changes.isThere)
  return nodes.flatMap((node) => elfAt(node, amended) ?? []).filter((file) => isLinked(file, subject) === 'library')
}

function keptLinks(units: ReadonlySet<number>, { tree, judgement }: Amended): readonly ToldLinks[] {
  const told = Map.groupBy(judgement.links.filter(({ unit }) => units.has(unit)), ({ unit }) => unit)
  return [...told].map(([unit, findings]) => ({
    check: unit < judgement.programCount ? 'program links' : 'library links',
    order: tree.fileAt(nodeOf(unit, judgement)).order,
    findings: findings.map(({ key, finding }) => ({ key, finding })),
  }))
}
