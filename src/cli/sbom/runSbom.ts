import type { CommandContext } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import type { SbomFlags } from './sbomFlags.ts'
import { readReport } from './sbomReport.ts'
import { writeSbom } from './writeSbom.ts'

/** Exit code 1 where platforms were to be compared, and differ. */
export async function runSbom(name: string, flags: SbomFlags, context: CommandContext, signal: AbortSignal): Promise<number> {
  checkFlags(flags)
  const report = await readReport(name, flags, context, signal)
  if (flags['compare-platforms'] && report.uneven === undefined) throw new UsageError(`${name} has one platform only: there is nothing to compare`, { hint: 'compare it with another image by --against' })
  await writeSbom(report, flags, context)
  return flags['compare-platforms'] && (report.uneven ?? []).length > 0 ? EXIT.failed : EXIT.done
}

function checkFlags(flags: SbomFlags): void {
  const comparing = flags['compare-platforms'] ? '--compare-platforms' : flags.against === undefined ? undefined : '--against'
  if (comparing !== undefined && flags.format === 'spdx-json') throw new UsageError(`an SPDX document has no room for what ${comparing} tells`, { hint: 'take --format json' })
  if (flags['compare-platforms'] && flags.against !== undefined) throw new UsageError('--compare-platforms and --against are two questions', { hint: 'ask one at a time' })
}
