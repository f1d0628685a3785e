import type { Image } from '../../api/gen/local_pb.ts'
import { formatFamiliar, formatReference, parseReference } from '../../ground/reference.ts'
import { createdMs } from '../format/imageRow.ts'
import { parseDurationNs } from '../../ground/quantity/duration.ts'
import { parseFilters } from '../format/recordFilter.ts'
import { UsageError } from '../flags/usageError.ts'

/** Whether an image is one that `name` asks for: `NAME` all tags of a repository, `NAME:TAG` or `NAME@DIGEST` one of them. @throws InvalidValueError */
export function createNameFilter(name: string): (reference: string) => boolean {
  const wanted = parseReference(name)
  const isRepository = !/:[^/]*$|@/.test(name)
  return (reference) => {
    if (reference === '') return false
    const found = parseReference(reference)
    return isRepository ? found.host === wanted.host && found.repository === wanted.repository : formatReference(found) === formatReference(wanted)
  }
}

type Test = (image: Image) => boolean

export interface FilterWorld {
  /** All that there are, for those that are named: `before=NAME`. */
  readonly images: readonly Image[]
  readonly now: number
}

/** The images that Docker's `--filter` takes: one of the values of each key. @throws UsageError */
export function filterImages(texts: readonly string[], world: FilterWorld): readonly Image[] {
  const byKey = Map.groupBy(parseFilters(texts), ({ key }) => key)
  const tests = [...byKey].map(([key, filters]) => filters.map(({ value }) => parseFilter(key, value, world)))
  return world.images.filter((image) => tests.every((anyOf) => anyOf.some((test) => test(image))))
}

function parseFilter(key: string, value: string, world: FilterWorld): Test {
  switch (key) {
    case 'reference':
      return matchReference(value)
    case 'dangling':
      if (!/^(?:true|false|1|0)$/.test(value)) throw new UsageError(`invalid --filter: ${JSON.stringify(`dangling=${value}`)}`, { hint: 'write dangling=true or dangling=false' })
      return ({ reference }) => (reference === '') === /^(?:true|1)$/.test(value)
    case 'before':
    case 'since': {
      const limit = createdMs(findImage(value, world.images))
      return (image) => (key === 'before' ? createdMs(image) < limit : createdMs(image) > limit)
    }
    case 'until': {
      const limit = timeOf(value, world.now)
      return (image) => createdMs(image) < limit
    }
    default:
      throw new UsageError(`--filter ${key} is not supported`, { hint: 'there are reference, dangling, before, since and until' })
  }
}

/** A point of time, or how long ago it is. */
function timeOf(text: string, now: number): number {
  const time = /^\d{4}-/.test(text) ? Date.parse(text) : now - durationMs(text)
  if (!Number.isFinite(time)) throw new UsageError(`invalid --filter: ${JSON.stringify(`until=${text}`)}`, { hint: 'write until=24h, or until=2026-01-31T12:00:00Z' })
  return time
}

/** NaN for what is none. */
function durationMs(text: string): number {
  try {
    return Number(parseDurationNs(text)) / 1e6
  } catch {
    return Number.NaN
  }
}

function findImage(text: string, images: readonly Image[]): Image {
  const isWanted = createNameFilter(text)
  const digits = text.replace(/^sha256:/, '')
  const found = images.find(({ reference }) => isWanted(reference)) ?? images.find(({ digest }) => digest.startsWith(`sha256:${digits}`))
  if (found === undefined) throw new UsageError(`--filter names an image that is not here: ${text}`, { hint: 'see pelago image ls' })
  return found
}

/** Go's path.Match, on the name as people write it, with and without its tag: `*` stops at slashes. */
function matchReference(pattern: string): Test {
  const source = pattern.replace(/[.+^$(){}|\\]/g, '\\$&').replaceAll('*', '[^/]*').replaceAll('?', '[^/]')
  const regex = toRegExp(source, pattern)
  return ({ reference }) => {
    if (reference === '') return false
    const parsed = parseReference(reference)
    return [parsed, { ...parsed, tag: undefined }].some((one) => regex.test(formatFamiliar(one)))
  }
}

function toRegExp(source: string, pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`)
  } catch (error) {
    throw new UsageError(`invalid --filter: ${JSON.stringify(`reference=${pattern}`)}`, { hint: 'its brackets do not match', cause: error })
  }
}
