import { parseReference, type Reference } from '../../ground/reference.ts'
import { UsageError } from '../flags/usageError.ts'

/** A `--tag`. @throws UsageError where it has a digest; InvalidValueError */
export function parseTag(text: string): Reference {
  const reference = parseReference(text)
  if (reference.digest !== undefined) throw new UsageError(`--tag takes no digest: ${JSON.stringify(text)}`)
  return reference
}
