import { columnsOf, neutralize } from '../render/displayText.ts'

/** Rows under their headings, each column as wide as its widest cell, three blanks between: as Docker lists things. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [headings, ...rows].map((row) => row.map(neutralize))
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => columnsOf(row[column] ?? ''))))
  const lines = cells.map((row) => row.map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - columnsOf(cell)))).join('   ').trimEnd())
  return lines.map((line) => `${line}\n`).join('')
}
