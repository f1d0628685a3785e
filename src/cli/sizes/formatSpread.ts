import type { PartialFiles, PlatformSpread, UnevenFile } from '../../audit/sizes/platformSpread.ts'
import { formatTable } from '../format/table.ts'
import { formatBytes } from '../render/measure.ts'
import type { MeasuredPlatform } from './measureImage.ts'
import { showStep } from './showStep.ts'
import { isShared } from './sizesJson.ts'

/** What the platforms have in common, and where they part. */
export function formatSpread({ equal, allBytes, partial, uneven }: PlatformSpread, platforms: readonly MeasuredPlatform[], top: number): string {
  const shared = platforms[0]?.layers.filter((layer) => isShared(layer, platforms)) ?? []
  const percent = allBytes === 0 ? 0 : Math.round((equal.sizeBytes / allBytes) * 100)
  const layers = shared.length === 0 ? 'no layer is the same' : `${shared.length === 1 ? '1 layer is' : `${shared.length} layers are`} the same (${formatBytes(shared.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0))} compressed)`
  const common = `on all platforms: ${layers}; ${equal.fileCount} files are equal (${formatBytes(equal.sizeBytes)}, ${percent}%)\n`
  return [common, ...(partial.length === 0 ? [] : [formatPartial(partial, platforms, top)]), ...(uneven.length === 0 ? [] : [formatUneven(uneven, platforms, top)])].join('\n')
}

function formatPartial(partial: readonly PartialFiles[], platforms: readonly MeasuredPlatform[], top: number): string {
  const stepOf = ({ platforms: [first], layer }: PartialFiles): string => showStep(platforms.find(({ platform }) => platform === first)?.layers[layer]?.step ?? '')
  const rows = partial.slice(0, top).map((one) => [one.platforms.join(', '), formatBytes(one.sizeBytes), String(one.fileCount), one.folder, `${one.reason}: ${one.examples[0]?.path ?? ''}`, stepOf(one)])
  return `${formatTable(['ONLY ON', 'BYTES', 'FILES', 'FOLDER', 'WHY, AND THE BIGGEST', 'STEP'], rows)}${moreThan(partial, top)}`
}

function formatUneven(uneven: readonly UnevenFile[], platforms: readonly MeasuredPlatform[], top: number): string {
  const names = platforms.map(({ platform }) => platform)
  const rows = uneven.slice(0, top).map(({ path, sizes, reason }) => {
    const byPlatform = new Map(sizes.map(({ platform, sizeBytes }) => [platform, formatBytes(sizeBytes)]))
    return [path, ...names.map((name) => byPlatform.get(name) ?? '–'), reason]
  })
  return `${formatTable(['OF VERY DIFFERENT SIZES', ...names.map((name) => name.replace(/^linux\//, '').toUpperCase()), 'WHY'], rows)}${moreThan(uneven, top)}`
}

function moreThan(list: readonly unknown[], top: number): string {
  return list.length > top ? `and ${list.length - top} more: --top ${list.length}\n` : ''
}
