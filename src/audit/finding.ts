/** What an audit says. `error`: it will fail. `warning`: it fails where it is used, which may be never. `note`: worth knowing. */
export type Severity = 'error' | 'warning' | 'note'

/** Worst first. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note']

/** Rules by id, each explained in docs/audit.md. */
export type RuleId =
  | 'ProgramMissing'
  | 'ProgramNotExecutable'
  | 'ProgramWrongArchitecture'
  | 'ProgramNotRunnable'
  | 'ConfigPlatform'
  | 'WrongArchitecture'
  | 'ForeignArchitecture'
  | 'CompatArchitecture'
  | 'CpuLevel'
  | 'LoaderMissing'
  | 'LibraryMissing'
  | 'SymbolVersionMissing'
  | 'InterpreterMissing'
  | 'ScriptCrlf'
  | 'SetuidFile'
  | 'FileCapabilities'

export interface Finding {
  readonly rule: RuleId
  readonly severity: Severity
  /** Of the file, absolute, as text; '' is the image's config. */
  readonly path: string
  /** Reads on behind the path: `is for amd64 (x86-64), …`. */
  readonly message: string
  /** What to do, as an imperative; '' where nothing is to be done. */
  readonly remedy: string
  /** Which layer brought the file, from 0, the lowest; undefined for the config. */
  readonly layer: number | undefined
  /** How many files it stands for: those of a folder where `path` is one, else `path` and more of which the same is to be said. */
  readonly fileCount: number
}

/** What makes two findings the same, whichever image they are of. */
export function findingKey({ rule, path, message }: Finding): string {
  return `${rule} ${path} ${message}`
}

/** Worst first; of one severity what keeps the image from starting, then by path. */
export function compareFindings(a: Finding, b: Finding): number {
  const rank = ({ severity, rule }: Finding): number => SEVERITIES.indexOf(severity) * 2 + (rule.startsWith('Program') ? 0 : 1)
  return rank(a) - rank(b) || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
}

/** Findings that say the same of several files of one layer, as one of the first of them that stands for all. Order is kept. */
export function groupFindings(findings: readonly Finding[]): readonly Finding[] {
  const groups = Map.groupBy(findings, ({ rule, severity, layer, message }) => `${rule} ${severity} ${layer ?? ''} ${message.replace(/; \S+ loads it$/, '')}`)
  return [...groups.values()].flatMap(([first, ...rest]) => (first === undefined ? [] : [{ ...first, fileCount: first.fileCount + rest.length }]))
}
