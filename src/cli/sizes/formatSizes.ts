import { formatTable } from '../format/table.ts'
import { neutralize } from '../render/displayText.ts'
import { formatBytes } from '../render/measure.ts'
import { formatGrowth } from './formatGrowth.ts'
import { formatSavings } from './formatSavings.ts'
import { formatSpread } from './formatSpread.ts'
import type { MeasuredPlatform, SizesReport } from './measureImage.ts'
import { isShared } from './sizesJson.ts'
import { showStep } from './showStep.ts'

/** For people: what it takes, where, and what to do; of what grew since an older image that alone. Lists have `top` lines. */
export function formatSizes(report: SizesReport, top: number): string {
  const { name, from, platforms, spread, older } = report
  const head = `${neutralize(`${name} (${from})`)}\n${formatPlatforms(platforms)}`
  const parts = older === undefined ? [formatLayers(platforms), formatSavings(platforms, top), ...(spread === undefined ? [] : [formatSpread(spread, platforms, top)])] : [formatGrowth(platforms, older, top)]
  return [head, ...parts].filter((part) => part !== '').join('\n')
}

function formatPlatforms(platforms: readonly MeasuredPlatform[]): string {
  const rows = platforms.map(({ platform, compressedBytes, sizeBytes, layers, image }) => [platform, formatBytes(compressedBytes), formatBytes(sizeBytes), String(image.files.length), String(layers.length)])
  return formatTable(['PLATFORM', 'COMPRESSED', 'UNPACKED', 'FILES', 'LAYERS'], rows)
}

/** Layer by layer, those of one place in all images together. What all platforms share stands once. */
function formatLayers(platforms: readonly MeasuredPlatform[]): string {
  const count = Math.max(...platforms.map(({ layers }) => layers.length))
  const rows = Array.from({ length: count }, (_, index) => index).flatMap((index) => {
    const own = platforms.flatMap(({ platform, layers }) => layers.slice(index, index + 1).map((layer) => ({ platform, layer })))
    const [first] = own
    const isOne = first !== undefined && own.length === platforms.length && isShared(first.layer, platforms) && own.every(({ layer }) => layer.diffId === first.layer.diffId)
    const shown = isOne ? [{ platform: 'all', layer: first.layer }] : own
    return shown.map(({ platform, layer }) => [String(index + 1), platform, formatBytes(layer.compressedBytes), formatBytes(layer.sizeBytes), String(layer.fileCount), showStep(layer.step)])
  })
  return formatTable(['LAYER', 'PLATFORM', 'COMPRESSED', 'UNPACKED', 'FILES', 'STEP'], rows)
}
