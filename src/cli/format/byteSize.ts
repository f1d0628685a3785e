import { parseByteCount } from '../../ground/quantity/byteSize.ts'
import { UsageError } from '../flags/usageError.ts'

/** Docker's sizes in memory, such as `128m`. @throws UsageError */
export function parseByteSize(text: string, what: string): number {
  const sizeBytes = parseByteCount(text)
  if (sizeBytes === undefined) throw new UsageError(`invalid ${what}: ${JSON.stringify(text)}`, { hint: 'write a number and b, k, m or g, such as 128m' })
  return sizeBytes
}
