import type { PackageKind } from './package.ts'

/** Without what says that a distribution has built the same source again for one architecture: Debian's `+b1`. */
export function withoutRebuild(kind: PackageKind, version: string): string {
  return kind === 'deb' ? version.replace(/\+b\d+$/, '') : version
}

/**
 * Negative where `a` is the older one: deb-version(7), "Sorting algorithm", which comes to what the others do for all
 * but odd versions. Where languages write pre-releases with a hyphen, those come before the release.
 */
export function compareVersions(kind: PackageKind, a: string, b: string): number {
  const [left, right] = [splitEpoch(asDebian(kind, a)), splitEpoch(asDebian(kind, b))]
  return left.epoch - right.epoch || compareParts(left.rest, right.rest)
}

/** `1.0.0-rc.1` is `1.0.0~rc.1`; what is built is no part of it. */
function asDebian(kind: PackageKind, version: string): string {
  return SEMANTIC.has(kind) ? version.replace(/^v/, '').replace(/\+.*$/, '').replace('-', '~') : version
}

const SEMANTIC: ReadonlySet<PackageKind> = new Set(['npm', 'cargo', 'golang'])

function splitEpoch(version: string): { readonly epoch: number; readonly rest: string } {
  const [, epoch, rest = version] = /^(\d+):(.*)$/s.exec(version) ?? []
  return { epoch: Number(epoch ?? 0), rest }
}

/** In turns what are no digits, letter by letter, and numbers. */
function compareParts(a: string, b: string): number {
  const [left, right] = [turnsOf(a), turnsOf(b)]
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [one = '', other = ''] = [left[index], right[index]]
    const difference = index % 2 === 0 ? compareLetters(one, other) : compareNumbers(one, other)
    if (difference !== 0) return difference
  }
  return 0
}

/** The first are letters, though none. */
function turnsOf(text: string): readonly string[] {
  const turns = text.match(/\D+|\d+/g) ?? []
  return /^\d/.test(text) ? ['', ...turns] : turns
}

function compareLetters(a: string, b: string): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = rankOf(a[index]) - rankOf(b[index])
    if (difference !== 0) return difference
  }
  return 0
}

/** `~` before the end, the end before letters, letters before all else. */
function rankOf(character: string | undefined): number {
  if (character === undefined) return 0
  if (character === '~') return -1
  const code = character.charCodeAt(0)
  return /[A-Za-z]/.test(character) ? code : code + 65_536
}

/** Of any length: without leading zeros, the longer is the greater. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')]
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0)
}
