import { asByteString, type ByteString } from '../../kit/byteString.ts'
import type { FoundFile } from '../tree/imageTree.ts'
import { elfFileOf, isExecutable, judgedFiles, type ElfFile, type JudgedFile } from './judgedFile.ts'
import { isLinked, judgeLibrary, judgeProgram, type LinkContext, type LinkVerdict } from './linkAudit.ts'
import { describeGroup, groupFiles, judgePlatform, type FileGroup, type GroupRule } from './platformAudit.ts'
import { checkPrivileges } from './privilegeAudit.ts'
import { checkProgram } from './programAudit.ts'
import { describeScript, scriptProblem } from './scriptAudit.ts'
import type { AuditSubject } from './subject.ts'
import type { Told } from './told.ts'

/** What is said of files, each by itself: where the surroundings stay, so does this. */
export interface FileJudgement {
  readonly elfFiles: readonly ElfFile[]
  readonly told: readonly (Told & { readonly file: JudgedFile })[]
  readonly groups: readonly FileGroup[]
  /** Those that can be started, by their first line. */
  readonly scripts: ReadonlyMap<ByteString, readonly JudgedFile[]>
}

/** Of all files of an image, or of some. */
export function judgeFiles(found: Iterable<FoundFile>, subject: AuditSubject): FileJudgement {
  const files = judgedFiles(found)
  const elfFiles = files.flatMap((file) => elfFileOf(file, subject) ?? [])
  const told: FileJudgement['told'][number][] = []
  const grouped: { readonly rule: GroupRule; readonly file: ElfFile }[] = []
  for (const file of elfFiles) {
    const verdict = judgePlatform(file, subject)
    if (typeof verdict === 'string') grouped.push({ rule: verdict, file })
    else if (verdict !== undefined) told.push({ check: 'platform', order: file.order, finding: verdict, file })
  }
  for (const file of files) for (const finding of checkPrivileges(file)) told.push({ check: 'privileges', order: file.order, finding, file })
  return { elfFiles, told, groups: groupFiles(grouped), scripts: scriptsByLine(files) }
}

function scriptsByLine(files: readonly JudgedFile[]): FileJudgement['scripts'] {
  const scripts = new Map<ByteString, JudgedFile[]>()
  for (const file of files) {
    const { content, mode } = file.node.entry
    if (content.kind !== 'script' || !isExecutable(mode)) continue
    const same = scripts.get(content.line)
    if (same === undefined) scripts.set(content.line, [file])
    else same.push(file)
  }
  return scripts
}

/** Whether what scripts name in their first line is in the image: looked for once for all that name the same. */
export function tellScripts(scripts: Iterable<readonly [line: ByteString, files: Iterable<JudgedFile>]>, subject: AuditSubject): readonly Told[] {
  return [...scripts].flatMap(([line, files]) => {
    const problem = scriptProblem(line, subject)
    return problem === undefined ? [] : [...files].map((file): Told => ({ check: 'scripts', order: file.order, finding: describeScript(file, problem, subject) }))
  })
}

export function tellGroup(group: FileGroup, subject: AuditSubject): Told {
  return { check: 'group', order: group.files[0]?.order ?? '', finding: describeGroup(group, subject) }
}

/** What the image starts. */
export function tellProgram(subject: AuditSubject): readonly Told[] {
  return [...checkProgram(subject)].map((finding) => ({ check: 'program', order: '', finding }))
}

/** What the loader would say of each program, and of each library that none of them loads. */
export function judgeLinks(elfFiles: readonly ElfFile[], context: LinkContext): { readonly programs: readonly LinkVerdict[]; readonly libraries: readonly LinkVerdict[] } {
  if (!context.subject.tree.isComplete) return { programs: [], libraries: [] } // what is not found may be in what is not known
  const linked = Map.groupBy(elfFiles, (file) => isLinked(file, context.subject))
  const programs = (linked.get('program') ?? []).map((file) => judgeProgram(file, context))
  const reached = new Set(programs.flatMap((program) => [...program.reached]))
  const libraries = (linked.get('library') ?? []).filter(({ path }) => !reached.has(path)).map((file) => judgeLibrary(file, context))
  return { programs, libraries }
}

export function toldLinks(check: 'program links' | 'library links', { file, findings }: LinkVerdict): { readonly check: 'program links' | 'library links'; readonly order: string; readonly findings: LinkVerdict['findings'] } {
  return { check, order: file.order, findings }
}

/** By the paths that they go by. */
export function elfFinder(elfFiles: readonly ElfFile[]): LinkContext['elfAt'] {
  const byPath = new Map(elfFiles.map((file) => [file.path, file]))
  return (path) => byPath.get(asByteString(path))
}
