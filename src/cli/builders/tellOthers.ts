import { BuildError } from '../../ground/errors.ts'
import type { CommandContext } from '../command.ts'
import { neutralizeLines } from '../render/displayText.ts'

/** What failed beside the first, which is thrown and so told by itself: message and remedy of each. */
export function tellOthers(failures: readonly unknown[], { stderr }: Pick<CommandContext, 'stderr'>): void {
  for (const failure of failures) stderr.write(`ERROR: ${neutralizeLines(describe(failure))}\n`)
}

function describe(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  return failure instanceof BuildError && failure.hint !== undefined ? `${failure.message}\nhint: ${failure.hint}` : failure.message
}
