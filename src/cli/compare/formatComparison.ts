import type { FileCounts, PlatformDifference } from '../../image/difference/imageDifference.ts'
import { formatTable } from '../format/table.ts'
import { neutralize } from '../render/displayText.ts'
import { differenceJson, formatPlatforms } from '../reproduce/formatDifferences.ts'
import { isSame, type Comparison, type ComparisonSide, type PlatformComparison } from './comparison.ts'

/** For people: what each platform comes to, then what differs. */
export function formatComparison(comparison: Comparison): string {
  const { first, second, platforms } = comparison
  const heads = [formatSide('first', first), formatSide('second', second)].map((line) => `${neutralize(line)}\n`).join('')
  const table = formatTable(['PLATFORM', 'FIRST', 'SECOND', 'RESULT'], platforms.map((one) => [one.platform, shorten(one.digests[0]), shorten(one.digests[1]), formatResult(one)]))
  const differences = platforms.flatMap(({ difference }) => (difference === undefined || difference.missingIn !== undefined ? [] : [difference]))
  const verdict = isSame(comparison) && first.digest !== second.digest ? '\nthe images are the same; what differs is how they are packed, or what stands beside them in the index\n' : ''
  return `${heads}\n${table}${differences.length === 0 ? verdict : `\n${formatPlatforms(differences, ['first', 'second'])}`}`
}

function formatSide(which: string, { name, from, digest }: ComparisonSide): string {
  return `${which.padEnd(6)} ${name} (${from}) ${digest}`
}

function shorten(digest: string | undefined): string {
  return digest?.replace(/^sha256:(.{12}).*$/, '$1') ?? '–'
}

function formatResult({ result, difference }: PlatformComparison): string {
  switch (result) {
    case 'same':
      return 'the same'
    case 'same-content':
      return 'the same, otherwise packed'
    case 'missing':
      return `only in the ${difference?.missingIn === 'first' ? 'second' : 'first'}`
    case 'different':
      return difference === undefined ? 'differs' : `differs: ${summarize(difference)}`
  }
}

function summarize({ config, manifest, layers, layerCounts, equalLayers }: PlatformDifference): string {
  const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
  const fields = config.length + manifest.length
  const { onlyFirst, onlySecond, changed, timeAlone } = sumCounts(layers.map(({ counts }) => counts))
  const times = timeAlone === 0 ? '' : `, ${timeAlone === changed ? 'all' : timeAlone} of them in time alone`
  return [
    ...(fields === 0 ? [] : [count(fields, 'field')]),
    `${equalLayers} of ${layerCounts[0] === layerCounts[1] ? layerCounts[0] : layerCounts.join(' and ')} layers equal`,
    ...(onlySecond === 0 ? [] : [`${count(onlySecond, 'file')} added`]),
    ...(onlyFirst === 0 ? [] : [`${onlyFirst} removed`]),
    ...(changed === 0 ? [] : [`${changed} changed${times}`]),
  ].join('; ')
}

function sumCounts(all: readonly FileCounts[]): FileCounts {
  const sum = (of: (counts: FileCounts) => number): number => all.reduce((total, counts) => total + of(counts), 0)
  return { onlyFirst: sum((one) => one.onlyFirst), onlySecond: sum((one) => one.onlySecond), changed: sum((one) => one.changed), timeAlone: sum((one) => one.timeAlone) }
}

/** For programs: one document. */
export function comparisonJson(comparison: Comparison): string {
  const { first, second, platforms } = comparison
  const document = {
    identical: isSame(comparison),
    first,
    second,
    platforms: platforms.map(({ platform, digests, result, difference }) => ({ platform, result, firstDigest: digests[0], secondDigest: digests[1], ...(difference === undefined ? {} : differenceJson(difference)) })),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
