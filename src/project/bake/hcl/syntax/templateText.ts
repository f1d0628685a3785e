import type { SourceRange } from '../sourceRange.ts'
import type { Expression } from './expression.ts'

/** What a template is a row of, before directives are put together. `trims` says on which sides `~` takes space away. */
export type TemplatePiece =
  | { readonly kind: 'text'; readonly text: string; readonly range: SourceRange }
  | ({ readonly kind: 'interpolation'; readonly expression: Expression } & Sequence)
  | ({ readonly kind: 'if'; readonly condition: Expression } & Sequence)
  | ({ readonly kind: 'for'; readonly keyName: string | undefined; readonly valueName: string; readonly collection: Expression } & Sequence)
  | ({ readonly kind: 'else' | 'endif' | 'endfor' } & Sequence)

export interface Sequence {
  readonly range: SourceRange
  readonly trimsBefore: boolean
  readonly trimsAfter: boolean
}

const TRAILING_SPACE = /[\s\u0085]+$/u
const LEADING_SPACE = /^[\s\u0085]+/u

/** Takes away what `~` marks say: the space of the text that stands next to them. In a heredoc a text is one line. */
export function trimPieces(pieces: readonly TemplatePiece[]): readonly TemplatePiece[] {
  return pieces.map((piece, index) => {
    if (piece.kind !== 'text') return piece
    const before = pieces[index - 1]
    const after = pieces[index + 1]
    const left = before !== undefined && before.kind !== 'text' && before.trimsAfter ? piece.text.replace(LEADING_SPACE, '') : piece.text
    const text = after !== undefined && after.kind !== 'text' && after.trimsBefore ? left.replace(TRAILING_SPACE, '') : left
    return { ...piece, text }
  })
}

/** As `<<-` says: takes from every line as much space as the least indented one has; blank lines do not count. */
export function outdentPieces(pieces: readonly TemplatePiece[]): readonly TemplatePiece[] {
  const starts = pieces.map((_piece, index) => index === 0 || endsLine(pieces[index - 1]))
  const indents = pieces.flatMap((piece, index) => (starts[index] === true && !isBlankLine(piece) ? [indentOf(piece)] : []))
  const least = Math.min(...indents)
  return pieces.map((piece, index) => (piece.kind === 'text' && starts[index] === true && !isBlankLine(piece) ? { ...piece, text: piece.text.slice(least) } : piece))
}

function endsLine(piece: TemplatePiece | undefined): boolean {
  return piece?.kind === 'text' && piece.text.endsWith('\n')
}

function isBlankLine(piece: TemplatePiece): boolean {
  return piece.kind === 'text' && piece.text.endsWith('\n') && piece.text.trim() === ''
}

function indentOf(piece: TemplatePiece): number {
  return piece.kind === 'text' ? (LEADING_SPACE.exec(piece.text)?.[0].length ?? 0) : 0
}
