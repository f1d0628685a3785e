import { columnsOf, fit, neutralize } from '../render/displayText.ts'
import type { Paint, Style } from '../render/line.ts'
import { worstFirst, type Finding } from './finding.ts'

const MARKS: Readonly<Record<Finding['state'], readonly [mark: string, style: Style]>> = {
  ok: ['✔', 'green'],
  warn: ['–', 'yellow'],
  fail: ['✖', 'red'],
}

/** A line each, the worst first, what to do under it (once for lines in a row that share it), and at the end what it all comes to. */
export function formatFindings(unsorted: readonly Finding[], verdict: string, paint: Paint): string {
  const findings = worstFirst(unsorted)
  const columns = Math.max(0, ...findings.map(({ check }) => columnsOf(neutralize(check))))
  const lines = findings.flatMap((finding, index) => {
    const isSaidBelow = findings[index + 1]?.remedy === finding.remedy
    return [drawFinding(finding, columns, paint), ...(finding.remedy === undefined || isSaidBelow ? [] : [drawRemedy(finding.remedy, columns, paint)])]
  })
  return [...lines, '', paint('bold', neutralize(verdict)), ''].join('\n')
}

function drawFinding({ check, state, detail }: Finding, columns: number, paint: Paint): string {
  const [mark, style] = MARKS[state]
  return `${paint(style, mark)} ${fit(neutralize(check), columns)}  ${neutralize(detail)}`
}

function drawRemedy(remedy: string, columns: number, paint: Paint): string {
  return `${' '.repeat(columns + 4)}${paint('dim', `→ ${neutralize(remedy)}`)}`
}
