import { compareFindings, type Finding } from '../finding.ts'
import type { LinkFinding } from './linkAudit.ts'

/** A finding, with what it is sorted by among those of equal weight and path: so the same ones come in the same order, whichever of them were found anew. */
export interface Told {
  readonly check: Check
  /** As `JudgedFile` has it. */
  readonly order: string
  readonly finding: Finding
}

/** In their order. */
export type Check = (typeof CHECKS)[number]
const CHECKS = ['program', 'platform', 'group', 'program links', 'library links', 'scripts', 'privileges'] as const

/** What was found of the links of one program or library. */
export interface ToldLinks {
  readonly check: 'program links' | 'library links'
  readonly order: string
  readonly findings: readonly LinkFinding[]
}

/** All findings of an image, worst first. */
export function sortFindings(told: readonly Told[]): readonly Finding[] {
  const inOrder = told.toSorted(compareTold).map(({ finding }) => finding)
  return withoutRepeats(inOrder).sort(compareFindings)
}

export function compareTold(a: Pick<Told, 'check' | 'order'>, b: Pick<Told, 'check' | 'order'>): number {
  return CHECKS.indexOf(a.check) - CHECKS.indexOf(b.check) || (a.order < b.order ? -1 : a.order > b.order ? 1 : 0)
}

/** What is found of one library for several programs is told of the first. `repeated` are those of which something was left out. */
export function tellLinks<Links extends ToldLinks>(links: readonly Links[]): { readonly told: readonly (Told & { readonly key: string | undefined; readonly of: Links })[]; readonly repeated: ReadonlySet<Links> } {
  const keys = new Set<string>()
  const repeated = new Set<Links>()
  const told = links.toSorted(compareTold).flatMap((one) =>
    one.findings.flatMap(({ key, finding }) => {
      if (key !== undefined && keys.has(key)) {
        repeated.add(one)
        return []
      }
      if (key !== undefined) keys.add(key)
      return [{ check: one.check, order: one.order, finding, key, of: one }]
    }),
  )
  return { told, repeated }
}

/** What is told of the program that the image starts is not told again of the same file. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const started = new Set(findings.flatMap(({ rule, path }) => (rule.startsWith('Program') && path !== '' ? [path] : [])))
  return findings.filter(({ rule, path }) => !REPEATED.has(rule) || !started.has(path))
}

const REPEATED: ReadonlySet<string> = new Set(['WrongArchitecture', 'InterpreterMissing', 'ScriptCrlf'])
