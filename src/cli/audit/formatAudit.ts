import { groupFindings, SEVERITIES, type Finding, type Severity } from '../../audit/finding.ts'
import { neutralize, truncate } from '../render/displayText.ts'
import type { Paint, Style } from '../render/line.ts'
import type { AuditedPlatform, ImageAudit } from './auditOpened.ts'

export interface AuditView {
  /** Findings less bad are counted, and not shown. */
  readonly least: Severity
  readonly paint: Paint
}

const STYLES: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', note: 'dim' }
/** As wide as the longest severity. */
const MARK_COLUMNS = 7
const STEP_COLUMNS = 100

/** For people: platform by platform, the worst first, with the step that brought the file and what to do. */
export function formatAudit({ name, from, platforms }: ImageAudit, view: AuditView): string {
  const lines = platforms.flatMap((platform) => [...formatPlatform(platform, view), ''])
  const hidden = platforms.flatMap(({ findings }) => findings).filter(({ severity }) => !isShown(severity, view)).length
  const hint = hidden === 0 ? [] : [view.paint('dim', `(--severity=note shows the ${countOf(hidden, 'finding')} that ${hidden === 1 ? 'is' : 'are'} only counted here)`)]
  return [view.paint('dim', neutralize(`${name} (${from})`)), ...lines.slice(0, -1), ...hint].map((line) => `${line}\n`).join('')
}

function formatPlatform(audit: AuditedPlatform, view: AuditView): readonly string[] {
  const { platform, findings, judgedFiles, unreadLayers, layers, base } = audit
  const counts = SEVERITIES.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length
    return count === 0 ? [] : [view.paint(STYLES[severity], countOf(count, severity))]
  })
  const unread = unreadLayers === 0 ? [] : [`  ${unreadLayers} of ${countOf(layers.length, 'layer')} could not be read: what is missing is not judged`]
  const shown = findings.filter(({ severity }) => isShown(severity, view))
  const isApart = shown.some(({ layer }) => layer !== undefined) && base.kind === 'unknown'
  return [
    `${view.paint('bold', platform)}  ${counts.length === 0 ? view.paint('green', 'clean') : counts.join(', ')}  ${view.paint('dim', `${countOf(judgedFiles, 'program, library or script', 'programs, libraries and scripts')} in ${countOf(layers.length, 'layer')}`)}`,
    ...unread,
    ...groupFindings(shown).flatMap((finding) => formatFinding(finding, audit, view)),
    ...(isApart ? [`  ${view.paint('dim', 'whether the base image brought it is not known: --base IMAGE tells')}`] : []),
  ].map((line) => line.trimEnd())
}

function isShown(severity: Severity, { least }: AuditView): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(least)
}

function formatFinding(finding: Finding, audit: AuditedPlatform, { paint }: AuditView): readonly string[] {
  const { severity, rule, path, message, remedy, fileCount } = finding
  const subject = path === '' ? 'the config' : path
  // of a group that was one from the start, the message says how many they are
  const more = fileCount === 1 || message.startsWith('holds ') ? '' : ` (and ${countOf(fileCount - 1, 'more file')}: --format=json names them)`
  const indent = ' '.repeat(MARK_COLUMNS + 4)
  const origin = originOf(finding, audit)
  return [
    `  ${paint(STYLES[severity], severity.padEnd(MARK_COLUMNS))}  ${paint('bold', neutralize(subject))} ${neutralize(message)}${more} ${paint('dim', `[${rule}]`)}`,
    ...(origin === undefined ? [] : [`${indent}${paint('dim', origin)}`]),
    ...(remedy === '' ? [] : [`${indent}${paint('dim', `→ ${neutralize(remedy)}`)}`]),
  ]
}

function originOf({ layer }: Finding, { layers, base }: AuditedPlatform): string | undefined {
  if (layer === undefined) return undefined
  const step = truncate(neutralize((layers[layer]?.step ?? '').replace(/\s+/g, ' ')), STEP_COLUMNS)
  const whose = base.count === undefined || layer >= base.count ? '' : base.kind === 'guessed' ? ', probably of the base image' : ', of the base image'
  return `layer ${layer + 1}${whose}${step === '' ? '' : `: ${step}`}`
}

function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`
}
