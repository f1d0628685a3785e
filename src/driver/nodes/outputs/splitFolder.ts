import type { OutputRequest } from '../../driver.ts'
import { flagOf } from './flagOf.ts'
import { OutputNotSplitError, type SplitOutput } from './splitOutput.ts'

/** A folder for each platform, side by side: each part puts its own there. @throws OutputNotSplitError */
export function createSplitFolder(output: OutputRequest): SplitOutput {
  assertSplits(output)
  return { requestFor: () => output, merge: async () => undefined }
}

/** @throws OutputNotSplitError where the files of all platforms were to be put together */
export function assertSplits({ attributes }: OutputRequest): void {
  if (flagOf(attributes, 'platform-split', true)) return
  throw new OutputNotSplitError('files of several platforms would overwrite each other without platform-split', { hint: 'leave out platform-split=false, or build for one platform' })
}
