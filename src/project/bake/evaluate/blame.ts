import { BakeError } from '../bakeError.ts'
import { HclError } from '../hcl/diagnostic.ts'
import type { SourceRange } from '../hcl/sourceRange.ts'
import { ConversionError } from '../hcl/values/conversionError.ts'

/** Where a mistake that `work` finds stands in a file, and what it is called. */
export interface Blame {
  readonly summary: string
  readonly subject: SourceRange
}

/** @throws HclError with the place, of mistakes that have none */
export function blame<T>({ summary, subject }: Blame, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof BakeError || error instanceof ConversionError)) throw error
    const detail = error.hint === undefined ? error.message : `${error.message}; ${error.hint}`
    throw new HclError([{ summary, detail, subject }])
  }
}
