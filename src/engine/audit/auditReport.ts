import type { PlatformAudit } from '../../audit/auditPlatform.ts'
import { groupFindings, SEVERITIES, type Finding } from '../../audit/finding.ts'
import { BuildError } from '../../ground/errors.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'

/** An audit, and which step of the Dockerfile a layer is of. */
export interface LocatedAudit {
  readonly audit: PlatformAudit
  readonly spanOf: (layer: number) => SourceSpan | undefined
}

/** Warnings that are told of one build; the rest is counted. */
const MAX_TOLD = 20
/** Findings of one platform in the response; a script that wants more calls `pelago audit`. */
const MAX_LISTED = 200

/** What is not a note, as warnings of the build, each with the step that brought the file; what is so on several platforms is told once. */
export function tellFindings(audits: readonly LocatedAudit[], progress: ProgressSink): void {
  const told = Map.groupBy(audits.flatMap(seriousFindings), ({ message, span }) => `${span?.startLine ?? ''} ${message}`)
  for (const same of [...told.values()].slice(0, MAX_TOLD)) {
    const [first] = same
    if (first !== undefined) tell(progress, `${same.map(({ platform }) => platform).join(', ')}: ${first.message}`, first.detail, first.span)
  }
  if (told.size > MAX_TOLD) tell(progress, `the audit has ${told.size - MAX_TOLD} more findings; pelago audit shows them all`, [], undefined)
}

interface ToldFinding {
  readonly platform: string
  readonly message: string
  readonly detail: readonly string[]
  readonly span: SourceSpan | undefined
}

function seriousFindings({ audit: { platform, findings }, spanOf }: LocatedAudit): readonly ToldFinding[] {
  return groupFindings(findings.filter(({ severity }) => severity !== 'note')).map((finding) => ({
    platform,
    message: subjectOf(finding),
    detail: [`${finding.severity} ${finding.rule}`],
    span: finding.layer === undefined ? undefined : spanOf(finding.layer),
  }))
}

function tell(progress: ProgressSink, message: string, detail: readonly string[], span: SourceSpan | undefined): void {
  progress({ kind: 'warning', vertex: undefined, at: Date.now(), message, detail, url: 'docs/audit.md#rules', span })
}

function subjectOf({ path, message, remedy, fileCount }: Finding): string {
  const more = fileCount === 1 ? '' : ` (and ${fileCount - 1} more files)`
  return `${path === '' ? 'the image' : path} ${message}${more}${remedy === '' ? '' : ` → ${remedy}`}`
}

/** For `--metadata-file`: of each platform its counts and its findings, the worst first. */
export function describeAudit(audits: readonly LocatedAudit[]): string {
  const platforms = audits.map(({ audit: { platform, findings, unreadLayers, judgedFiles }, spanOf }) => ({
    platform,
    counts: countsOf(findings),
    judgedFiles,
    unreadLayers,
    findings: findings.slice(0, MAX_LISTED).map(({ severity, rule, path, message, remedy, fileCount, layer }) => ({ severity, rule, path, message, remedy, files: fileCount, layer: layer ?? null, line: (layer === undefined ? undefined : spanOf(layer)?.startLine) ?? null })),
  }))
  return JSON.stringify({ platforms })
}

function countsOf(findings: readonly Finding[]): Readonly<Record<string, number>> {
  return Object.fromEntries(SEVERITIES.map((severity) => [severity, findings.filter((finding) => finding.severity === severity).length]))
}

/** The user wants no image with such a mistake; each was told as a warning. */
export class AuditFailedError extends BuildError {
  readonly kind = 'step-failed'
  constructor(audits: readonly LocatedAudit[]) {
    const errors = audits.flatMap(({ audit }) => audit.findings.filter(({ severity }) => severity === 'error').map((finding) => ({ platform: audit.platform, finding })))
    const [first] = errors
    const what = first === undefined ? '' : `: ${first.platform}: ${first.finding.path || 'the image'} ${first.finding.message}`
    super(`the audit found ${errors.length === 1 ? 'an error' : `${errors.length} errors`}${what}`, { hint: 'nothing was pushed, named or written; correct it, or build with --audit=warn' })
  }
}
