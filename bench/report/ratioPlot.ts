import { CONTESTANTS, TITLES, type ContestantName } from '../contestants/contestant.ts'
import { compareOutcomes } from '../results/compare.ts'
import type { CaseResult } from '../results/result.ts'
import type { Scenario } from '../scenario.ts'

/*
 * A dot for each builder in each case, on a logarithmic scale of its wall time over BuildKit's: what is left of the line
 * at 1 is faster. Plain SVG, with colours that can be told apart in light and in dark.
 */

const WIDTH = 860
const LABELS = 260
const MARGIN = 24
const ROW = 20
const HEAD = 56
const RADIUS = 5
const COLORS: Readonly<Record<ContestantName, string>> = { pelago: '#0072b2', 'pelago-twins': '#56b4e9', 'pelago-toolchain': '#009e73', buildkit: '#888888', docker: '#e69f00', buildah: '#cc79a7' }

interface Row {
  readonly label: string
  readonly dots: readonly { readonly contestant: ContestantName; readonly ratio: number }[]
}

export function drawRatios(cases: readonly CaseResult[], scenarios: readonly Scenario[]): string {
  const rows = scenarios.flatMap(({ name }) => cases.filter(({ scenario }) => scenario === name)).map(rowOf).filter(({ dots }) => dots.length > 0)
  const ratios = rows.flatMap(({ dots }) => dots.map(({ ratio }) => ratio))
  const [low, high] = [floorPower(Math.min(0.5, ...ratios)), ceilPower(Math.max(2, ...ratios))]
  const x = (ratio: number): number => LABELS + ((Math.log2(ratio) - low) / (high - low)) * (WIDTH - LABELS - MARGIN)
  const height = HEAD + rows.length * ROW + MARGIN
  const grid = Array.from({ length: high - low + 1 }, (_, index) => drawGridLine(low + index, x(2 ** (low + index)), height))
  const parts = [...drawLegend(rows), ...grid, ...rows.map((row, index) => drawRow(row, HEAD + index * ROW + ROW / 2, x))]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#777">\n${parts.join('\n')}\n</svg>\n`
}

function rowOf({ scenario, case: name, outcomes }: CaseResult): Row {
  return { label: `${scenario}: ${name}`, dots: compareOutcomes(outcomes).flatMap(({ contestant, ratios: { wallMs } }) => (wallMs === undefined || wallMs <= 0 ? [] : [{ contestant, ratio: wallMs }])) }
}

function floorPower(ratio: number): number {
  return Math.floor(Math.log2(ratio))
}

function ceilPower(ratio: number): number {
  return Math.ceil(Math.log2(ratio))
}

function drawGridLine(power: number, x: number, height: number): string {
  const label = power >= 0 ? `${2 ** power}×` : `1/${2 ** -power}`
  const stroke = power === 0 ? 'stroke-width="2"' : 'stroke-opacity="0.3"'
  return `<line x1="${round(x)}" y1="${HEAD}" x2="${round(x)}" y2="${height - MARGIN}" stroke="#777" ${stroke}/><text x="${round(x)}" y="${HEAD - 6}" text-anchor="middle">${label}</text>`
}

function drawRow({ label, dots }: Row, y: number, x: (ratio: number) => number): string {
  const marks = dots.map(({ contestant, ratio }) => `<circle cx="${round(x(ratio))}" cy="${y}" r="${RADIUS}" fill="${COLORS[contestant]}"><title>${TITLES[contestant]}: ${ratio.toFixed(2)}</title></circle>`)
  return `<text x="${LABELS - 12}" y="${y + 4}" text-anchor="end">${escapeXml(label)}</text>${marks.join('')}`
}

function drawLegend(rows: readonly Row[]): readonly string[] {
  const present = CONTESTANTS.filter((name) => rows.some(({ dots }) => dots.some(({ contestant }) => contestant === name)))
  return present.map((name, index) => `<circle cx="${LABELS + index * 120}" cy="16" r="${RADIUS}" fill="${COLORS[name]}"/><text x="${LABELS + index * 120 + 10}" y="20">${TITLES[name]}</text>`)
}

function round(value: number): string {
  return value.toFixed(1)
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
