import { FunctionError } from '../../evaluate/scope.ts'
import { formatOffset, localDate, twoDigits, type Timestamp } from './timestamp.ts'

/** By mnemonics, such as `YYYY-MM-DD'T'hh:mm:ssZ`: the same letters in a row are one, and quotes keep letters as they are. @throws FunctionError */
export function formatDate(format: string, timestamp: Timestamp): string {
  const pieces = format.match(/'(?:[^']|'')*'(?!')|''|'[^]*|([A-Za-z])\1*|[^A-Za-z']+/g) ?? []
  return pieces.map((piece) => formatPiece(piece, timestamp)).join('')
}

function formatPiece(piece: string, timestamp: Timestamp): string {
  if (piece === "''") return "'"
  if (piece.startsWith("'")) {
    if (piece.length === 1 || !piece.endsWith("'")) throw new FunctionError("unterminated literal '", 0)
    return piece.slice(1, -1).replaceAll("''", "'")
  }
  if (!/^[A-Za-z]/.test(piece)) return piece
  const verb = VERBS.get(piece)
  if (verb !== undefined) return verb(localDate(timestamp), timestamp)
  const known = [...VERBS.keys()].filter((name) => name.startsWith(piece.slice(0, 1)))
  throw new FunctionError(`invalid date format verb ${JSON.stringify(piece)}${known.length === 0 ? '' : `: there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`}`, 0)
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

export function monthName(date: Date): string {
  return MONTHS[date.getUTCMonth()] ?? ''
}

export function dayName(date: Date): string {
  return DAYS[date.getUTCDay()] ?? ''
}

type Verb = (date: Date, timestamp: Timestamp) => string

const VERBS: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ['YY', (date) => twoDigits(date.getUTCFullYear() % 100)],
  ['YYYY', (date) => String(date.getUTCFullYear()).padStart(4, '0')],
  ['M', (date) => String(date.getUTCMonth() + 1)],
  ['MM', (date) => twoDigits(date.getUTCMonth() + 1)],
  ['MMM', (date) => monthName(date).slice(0, 3)],
  ['MMMM', monthName],
  ['D', (date) => String(date.getUTCDate())],
  ['DD', (date) => twoDigits(date.getUTCDate())],
  ['EEE', (date) => dayName(date).slice(0, 3)],
  ['EEEE', dayName],
  ['h', (date) => String(date.getUTCHours())],
  ['hh', (date) => twoDigits(date.getUTCHours())],
  ['H', (date) => String(date.getUTCHours() % 12 || 12)],
  ['HH', (date) => twoDigits(date.getUTCHours() % 12 || 12)],
  ['AA', (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['aa', (date) => (date.getUTCHours() < 12 ? 'am' : 'pm')],
  ['m', (date) => String(date.getUTCMinutes())],
  ['mm', (date) => twoDigits(date.getUTCMinutes())],
  ['s', (date) => String(date.getUTCSeconds())],
  ['ss', (date) => twoDigits(date.getUTCSeconds())],
  ['Z', (_, timestamp) => formatOffset(timestamp, ':', 'Z')],
  ['ZZZ', (_, timestamp) => formatOffset(timestamp, '', 'UTC')],
  ['ZZZZ', (_, timestamp) => formatOffset(timestamp, '')],
  ['ZZZZZ', (_, timestamp) => formatOffset(timestamp, ':')],
])
