import { replaceControls, withoutEscapes } from '../../ground/controlText.ts'

/** Text as a terminal shows it: how many columns it takes, what may not be let through, where to cut. */

const TAB_COLUMNS = 8

/** One line that draws only itself: tabs become blanks, control characters and sequences go. */
export function neutralize(line: string): string {
  const plain = withoutEscapes(line)
  const expanded = plain.includes('\t') ? expandTabs(plain) : plain
  return replaceControls(expanded, '')
}

/** As `neutralize`, line by line. */
export function neutralizeLines(text: string): string {
  return text.split('\n').map(neutralize).join('\n')
}

/** As `neutralize`, but colours stay, and end with the line. */
export function neutralizeKeepingColor(line: string): string {
  const parts = line.split(SGR)
  const colors = line.match(SGR) ?? []
  const text = parts.map((part, index) => `${neutralize(part)}${colors[index] ?? ''}`).join('')
  return colors.length === 0 ? text : `${text}\u001b[0m`
}

const SGR = /\u001b\[[0-9;:]*m/g

function expandTabs(text: string): string {
  const [first = '', ...rest] = text.split('\t')
  return rest.reduce((line, part) => `${line}${' '.repeat(TAB_COLUMNS - (columnsOf(line) % TAB_COLUMNS))}${part}`, first)
}

/** Columns that `text`, without control characters, takes. Of a joined emoji it counts every part: too much, never too little. */
export function columnsOf(text: string): number {
  if (ONE_COLUMN_EACH.test(text)) return text.length
  let columns = 0
  for (const character of text) columns += columnsOfCharacter(character)
  return columns
}

/** `text` where it fits in `columns`, else its beginning and `…`. */
export function truncate(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text
  if (columns < 1) return ''
  let used = 0
  let kept = ''
  for (const character of text) {
    used += columnsOfCharacter(character)
    if (used > columns - 1) break
    kept += character
  }
  return `${kept}…`
}

/** Exactly `columns` wide: cut or filled with blanks. */
export function fit(text: string, columns: number): string {
  const cut = truncate(text, columns)
  return cut + ' '.repeat(Math.max(0, columns - columnsOf(cut)))
}

const ONE_COLUMN_EACH = /^[ -~]*$/
const NO_COLUMN = /^[\p{Mn}\p{Me}\p{Cf}]$/u
const WIDE_EMOJI = /^\p{Emoji_Presentation}$/u
/** Asks for the emoji form of the character before it, which is one column wider. */
const EMOJI_SELECTOR = '\ufe0f'

function columnsOfCharacter(character: string): number {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (character === EMOJI_SELECTOR) return 1
  if (NO_COLUMN.test(character)) return 0
  return WIDE_RANGES.some(([first, last]) => code >= first && code <= last) || WIDE_EMOJI.test(character) ? 2 : 1
}

/** Unicode 16, EastAsianWidth.txt: blocks whose characters are wide or full-width. */
const WIDE_RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1d300, 0x1d376],
  [0x1f200, 0x1f265],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
]
