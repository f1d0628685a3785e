import { InvalidValueError } from './errors.ts'

/** What `--chmod` says: the bits themselves, or how to change those that a file has. */
export type FileMode = AbsoluteMode | SymbolicMode

export interface AbsoluteMode {
  readonly kind: 'absolute'
  readonly bits: number
}

/** chmod(1), POSIX.1-2024, with no umask. `X` looks at the mode as it was before all changes. */
export interface SymbolicMode {
  readonly kind: 'symbolic'
  /** As written: two modes of one text are the same. */
  readonly text: string
  readonly changes: readonly ModeChange[]
}

export interface ModeChange {
  /** The bits that may change; 0 where nobody is named, which is all. */
  readonly who: number
  readonly operator: '+' | '-' | '='
  /** A part for each permission or class, in order. */
  readonly parts: readonly ModePart[]
}

export type ModePart =
  | { readonly kind: 'bits'; readonly bits: number }
  /** `X`: to enter folders, and to execute what anybody may execute. */
  | { readonly kind: 'search' }
  /** What the class has. */
  | { readonly kind: 'copy'; readonly shift: number }

const SET_IDS = 0o6000
const STICKY = 0o1000
const OTHERS = 0o007
const EXECUTE = 0o111
/** Not the sticky bit: `a=rwx` leaves that alone. */
const EVERYBODY = 0o6777
const WHO: ReadonlyMap<string, number> = new Map([['u', 0o4700], ['g', 0o2070], ['o', OTHERS], ['a', EVERYBODY]])
const PERMISSIONS: ReadonlyMap<string, number> = new Map([['r', 0o444], ['w', 0o222], ['x', EXECUTE]])
const CLASS_SHIFTS: ReadonlyMap<string, number> = new Map([['u', 6], ['g', 3], ['o', 0]])

/** @throws InvalidValueError */
export function parseFileMode(text: string): FileMode {
  if (/^[0-7]+$/.test(text) && Number.parseInt(text, 8) <= 0o7777) return { kind: 'absolute', bits: Number.parseInt(text, 8) }
  if (/^\d/.test(text)) throw new InvalidValueError(`invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`)
  return { kind: 'symbolic', text, changes: text.split(',').flatMap((clause) => parseClause(clause, text)) }
}

function parseClause(clause: string, text: string): readonly ModeChange[] {
  const [, names = '', operations] = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause) ?? []
  if (operations === undefined) throw new InvalidValueError(`invalid chmod parameter: '${text}'`, { hint: 'write octal digits, such as 755, or changes as of chmod(1), such as u=rwX,go=rX' })
  const who = Array.from(names).reduce((bits, name) => bits | (WHO.get(name) ?? 0), 0)
  return [...operations.matchAll(/([-+=])([rwxXstugo]*)/g)].map(([, operator = '', letters = '']) => parseChange(who, operator as ModeChange['operator'], letters))
}

function parseChange(who: number, operator: ModeChange['operator'], letters: string): ModeChange {
  const hasOwners = who === 0 || (who & ~OTHERS) !== 0
  const isSticky = hasOwners && letters.includes('t')
  return { who: who !== 0 && isSticky ? who | STICKY : who, operator, parts: Array.from(letters).map((letter) => parsePart(letter, hasOwners)) }
}

/** `s` and `t` say nothing of `o` alone. */
function parsePart(letter: string, hasOwners: boolean): ModePart {
  const shift = CLASS_SHIFTS.get(letter)
  if (shift !== undefined) return { kind: 'copy', shift }
  if (letter === 'X') return { kind: 'search' }
  if (letter === 's' || letter === 't') return { kind: 'bits', bits: hasOwners ? (letter === 's' ? SET_IDS : STICKY) : 0 }
  return { kind: 'bits', bits: PERMISSIONS.get(letter) ?? 0 }
}

/** The permissions of a file that had `before`, set-id and sticky bits among both. */
export function applyMode(mode: FileMode, before: number, type: 'folder' | 'other'): number {
  if (mode.kind === 'absolute') return mode.bits
  const mayExecute = type === 'folder' || (before & EXECUTE) !== 0
  return mode.changes.reduce((bits, change) => applyChange(change, bits, mayExecute), before)
}

function applyChange({ who, operator, parts }: ModeChange, before: number, mayExecute: boolean): number {
  const affected = who === 0 ? EVERYBODY | STICKY : who
  const isCopyOnly = parts.length > 0 && parts.every(({ kind }) => kind === 'copy')
  const cleared = who === 0 ? EVERYBODY : who
  // A class that is copied replaces permissions, and leaves set-id bits alone
  const start = operator === '=' ? before & ~(isCopyOnly ? cleared & 0o777 : cleared) : before
  return parts.reduce((bits, part) => {
    const value = bitsOf(part, part.kind === 'copy' && operator === '=' ? before : bits, mayExecute) & affected
    return operator === '-' ? bits & ~value : bits | value
  }, start)
}

function bitsOf(part: ModePart, mode: number, mayExecute: boolean): number {
  switch (part.kind) {
    case 'bits':
      return part.bits
    case 'search':
      return mayExecute ? EXECUTE : 0
    case 'copy':
      return ((mode >> part.shift) & OTHERS) * 0o111
  }
}

/** As the user would write it. */
export function formatFileMode(mode: FileMode): string {
  return mode.kind === 'symbolic' ? mode.text : mode.bits.toString(8).padStart(4, '0')
}
