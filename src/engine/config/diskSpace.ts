import { InvalidValueError } from '../../ground/errors.ts'
import { parseByteCount } from '../../ground/quantity/byteSize.ts'

/** An amount, or a share of the disk that the store is on. */
export type DiskSpace = { readonly kind: 'bytes'; readonly sizeBytes: number } | { readonly kind: 'percent'; readonly percent: number }

/** Of the disk that the store is on. */
export interface DiskFacts {
  readonly totalBytes: number
  readonly freeBytes: number
}

/** BuildKit's: a number of bytes, `512MB` (of 1024 each), or `10%`. @throws InvalidValueError */
export function parseDiskSpace(value: unknown, path: string): DiskSpace {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return { kind: 'bytes', sizeBytes: value }
  const text = typeof value === 'string' ? value.trim() : ''
  const [, percent] = /^(\d{1,3})%$/.exec(text) ?? []
  if (percent !== undefined && Number(percent) <= 100) return { kind: 'percent', percent: Number(percent) }
  const sizeBytes = parseByteCount(text)
  if (sizeBytes === undefined) throw new InvalidValueError(`${path} is no disk space: ${JSON.stringify(value)}`, { hint: 'write a number of bytes, "20GB", or "10%" of the disk' })
  return { kind: 'bytes', sizeBytes }
}

/** 0 is none. */
export function toBytes(space: DiskSpace | undefined, { totalBytes }: DiskFacts): number {
  if (space === undefined) return 0
  return space.kind === 'bytes' ? space.sizeBytes : Math.ceil((totalBytes * space.percent) / 100)
}
