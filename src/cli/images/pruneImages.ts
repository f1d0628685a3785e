import { formatFamiliar, parseReference } from '../../ground/reference.ts'
import type { CommandContext } from '../command.ts'
import { confirm } from '../confirm.ts'
import { openEngine } from '../engine.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import { parseDurationNs } from '../../ground/quantity/duration.ts'
import { parseFilters } from '../format/recordFilter.ts'
import { formatBytes } from '../render/measure.ts'
import { filterImages } from './imageFilter.ts'
import type { PruneFlags } from './pruneFlags.ts'

/** Docker's `image prune` and `system prune`: what no image needs, with `--all` the images too. The exit code. @throws UsageError */
export async function pruneImages({ all, filter, force }: PruneFlags, context: CommandContext, signal: AbortSignal): Promise<number> {
  const keepDuration = parseAge(filter)
  const question = all ? 'Remove all local images, and the build cache?' : 'Remove what no local image needs: the build cache that nothing uses?'
  if (!force && !(await confirm(question, context, signal))) return EXIT.failed
  await using engine = await openEngine(context, signal)
  const { images } = await engine.local.listImages({ reference: '' }, { signal })
  for (const { reference, digest } of all ? filterImages(filter, { images, now: context.now() }) : []) {
    await engine.local.removeImage({ reference }, { signal })
    context.stdout.write(`removed ${formatFamiliar(parseReference(reference))} (${digest})\n`)
  }
  let bytes = 0
  for await (const record of engine.control.prune({ all, keepDuration }, { signal })) bytes += Number(record.Size)
  context.stdout.write(`Total reclaimed space: ${formatBytes(bytes)}\n`)
  return EXIT.done
}

/** Images have other things to go by, the cache has not: what is filtered by these is not pruned by halves. */
function parseAge(texts: readonly string[]): bigint {
  const filters = parseFilters(texts)
  const other = filters.find(({ key }) => key !== 'until')
  if (other !== undefined) throw new UsageError(`--filter ${other.key} is not supported yet`, { hint: 'there is until=24h' })
  const [age] = filters.map(({ value }) => parseDurationNs(value))
  return age ?? 0n
}
