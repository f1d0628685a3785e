import { BuildError, type ErrorKind } from '../../ground/errors.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import { type Place, positionOf } from './yaml/node.ts'

/** More are counted only: the first ones mostly cause the rest. */
const MOST_TOLD = 20

/** One thing that is wrong in a Compose file. */
export interface Mistake {
  readonly place: Place
  /** In lower case, with the path of the field: `services.web.ports must be a list`. */
  readonly message: string
  /** What to do, where it is known. */
  readonly hint?: string | undefined
}

/** A Compose file that is wrong, with all that was found, each with file, line and column. */
export class ComposeFileError extends BuildError {
  readonly kind: ErrorKind = 'usage'
  readonly mistakes: readonly Mistake[]
  /** Of the first one. */
  readonly span: SourceSpan | undefined

  constructor(found: readonly Mistake[]) {
    const mistakes = inOrder([...new Map(found.map((mistake) => [`${formatPlace(mistake.place)} ${mistake.message}`, mistake])).values()])
    const [first] = mistakes
    super(formatMistakes(mistakes), { hint: mistakes.length === 1 ? first?.hint : undefined })
    this.mistakes = mistakes
    this.span = first === undefined ? undefined : spanOf(first.place)
  }
}

/** From top to bottom, file by file. */
function inOrder(mistakes: readonly Mistake[]): readonly Mistake[] {
  const files = [...new Set(mistakes.map(({ place }) => place.source.filename))]
  return mistakes.toSorted((a, b) => files.indexOf(a.place.source.filename) - files.indexOf(b.place.source.filename) || a.place.offset - b.place.offset)
}

function spanOf(place: Place): SourceSpan {
  const { line } = positionOf(place)
  return { source: place.source, startLine: line, endLine: line }
}

function formatMistakes(mistakes: readonly Mistake[]): string {
  const [first] = mistakes
  if (mistakes.length === 1 && first !== undefined) return `${formatPlace(first.place)}: ${first.message}`
  const told = mistakes.slice(0, MOST_TOLD).map(({ place, message, hint }) => `  ${formatPlace(place)}: ${message}${hint === undefined ? '' : ` (${hint})`}`)
  const more = mistakes.length > MOST_TOLD ? [`  and ${mistakes.length - MOST_TOLD} more`] : []
  return [`${mistakes.length} mistakes in the Compose files:`, ...told, ...more].join('\n')
}

/** `compose.yaml:3:5`. */
export function formatPlace(place: Place): string {
  const { line, column } = positionOf(place)
  return `${place.source.filename}:${line}:${column}`
}

/** @throws ComposeFileError */
export function refuse(place: Place, message: string, hint?: string): never {
  throw new ComposeFileError([{ place, message, hint }])
}
