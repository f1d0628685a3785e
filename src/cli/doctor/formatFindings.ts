import { columnsOf, fit, neutralize } from '../render/displayText.ts'
import type { Paint, Style } from '../render/line.ts'
import { canBuild, type Finding } from './finding.ts'

const MARKS: Readonly<Record<Finding['state'], readonly [mark: string, style: Style]>> = {
  works: ['✔', 'green'],
  absent: ['–', 'yellow'],
  missing: ['✖', 'red'],
}

/** A line each, what to do under it (once for lines in a row that share it), and at the end what it all comes to. */
export function formatFindings(findings: readonly Finding[], native: string, paint: Paint): string {
  const columns = Math.max(...findings.map(({ check }) => columnsOf(check)))
  const lines = findings.flatMap((finding, index) => {
    const isSaidBelow = findings[index + 1]?.remedy === finding.remedy
    return [drawFinding(finding, columns, paint), ...(finding.remedy === undefined || isSaidBelow ? [] : [drawRemedy(finding.remedy, columns, paint)])]
  })
  return [...lines, '', drawVerdict(findings, native, paint), ''].join('\n')
}

function drawFinding({ check, state, detail }: Finding, columns: number, paint: Paint): string {
  const [mark, style] = MARKS[state]
  return `${paint(style, mark)} ${fit(check, columns)}  ${neutralize(detail)}`
}

function drawRemedy(remedy: string, columns: number, paint: Paint): string {
  return `${' '.repeat(columns + 4)}${paint('dim', `→ ${neutralize(remedy)}`)}`
}

function drawVerdict(findings: readonly Finding[], native: string, paint: Paint): string {
  if (canBuild(findings)) return paint('bold', `builds for ${native} can run here`)
  const missing = findings.filter(({ state }) => state === 'missing').map(({ check }) => check)
  return paint('bold', `no build can run here: see ${missing.join(', ')}`)
}
