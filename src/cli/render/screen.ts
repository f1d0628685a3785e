import { columnsOf } from './displayText.ts'
import { stripVTControlCharacters } from 'node:util'

/** Where a screen is drawn. */
export interface ScreenOutput {
  write(text: string): unknown
  readonly columns: number
}

/**
 * A region at the end of the terminal that is drawn over again and again. The cursor is hidden from the first drawing
 * until `close`, which is idempotent and leaves it under the last one.
 */
export interface Screen {
  /** Replaces what was drawn before. No line may be wider than the terminal. */
  draw(lines: readonly string[]): void
  close(): void
}

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** Terminals that know it show what is between all at once. */
const BEGIN_UPDATE = '\u001b[?2026h'
const END_UPDATE = '\u001b[?2026l'
const ERASE_TO_LINE_END = '\u001b[K'
const ERASE_BELOW = '\u001b[J'

export function createScreen(output: ScreenOutput): Screen {
  let drawn: readonly string[] = []
  let isOpen = false
  return {
    draw(lines) {
      const up = rowsOf(drawn, output.columns)
      const back = up === 0 ? '' : `\u001b[${up}A\r`
      const body = lines.map((line) => `${line}${ERASE_TO_LINE_END}\n`).join('')
      output.write(`${BEGIN_UPDATE}${isOpen ? '' : HIDE_CURSOR}${back}${body}${ERASE_BELOW}${END_UPDATE}`)
      isOpen = true
      drawn = lines
    },
    close() {
      if (isOpen) output.write(SHOW_CURSOR)
      isOpen = false
    },
  }
}

/** Rows that lines take after the terminal became narrower and broke them. */
function rowsOf(lines: readonly string[], columns: number): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(columnsOf(stripVTControlCharacters(line)) / columns)), 0)
}
