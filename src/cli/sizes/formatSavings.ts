import type { Saving } from '../../audit/sizes/savings.ts'
import { neutralize } from '../render/displayText.ts'
import { formatBytes } from '../render/measure.ts'
import type { MeasuredPlatform } from './measureImage.ts'
import { showStep } from './showStep.ts'
import { estimateCompressed } from './sizesJson.ts'

const SHOWN_EXAMPLES = 3

/** What platforms have in common, as one. */
interface MergedSaving {
  readonly saving: Saving
  readonly platform: MeasuredPlatform
  readonly platforms: readonly string[]
}

/** What could go, the most first: how much, where it is, and what to write. */
export function formatSavings(platforms: readonly MeasuredPlatform[], top: number): string {
  const merged = mergeSavings(platforms)
  if (merged.length === 0) return 'nothing was found that could go\n'
  const shown = merged.slice(0, top).flatMap((one) => formatSaving(one, platforms.length))
  const rest = merged.length - top
  return ['could go, unpacked (about so much compressed):', ...shown, ...(rest > 0 ? [`  and ${rest} more: --top ${merged.length}`] : [])].map((line) => `${neutralize(line)}\n`).join('')
}

/** The same kind of saving at the same layers counts as one, with the size of the platform where it is biggest. */
function mergeSavings(platforms: readonly MeasuredPlatform[]): readonly MergedSaving[] {
  const all = platforms.flatMap((platform) => platform.savings.map((saving) => ({ platform, saving })))
  const groups = Map.groupBy(all, ({ saving: { title, layer, byLayer } }) => [title, layer, byLayer].join('\0'))
  return [...groups.values()]
    .flatMap((group) => {
      const [biggest] = group.toSorted((a, b) => b.saving.sizeBytes - a.saving.sizeBytes)
      return biggest === undefined ? [] : [{ ...biggest, platforms: group.map(({ platform }) => platform.platform) }]
    })
    .toSorted((a, b) => b.saving.sizeBytes - a.saving.sizeBytes)
}

function formatSaving({ saving, platform: { layers }, platforms }: MergedSaving, platformCount: number): readonly string[] {
  const { title, remedy, layer, byLayer, sizeBytes, fileCount, examples } = saving
  const where = platformCount === 1 ? '' : platforms.length === platformCount ? ', on all platforms' : `, on ${platforms.join(', ')}`
  const step = (index: number): string => `layer ${index + 1}, ${showStep(layers[index]?.step ?? '')}`
  const files = examples.slice(0, SHOWN_EXAMPLES).map((example) => `${example.path} (${formatBytes(example.sizeBytes)})`)
  const more = fileCount - files.length
  return [
    `  ${formatBytes(sizeBytes)} (${formatBytes(estimateCompressed(saving, layers))}): ${title}${where}`,
    `      ${byLayer === undefined ? 'in' : 'from'} ${step(layer)}`,
    ...(byLayer === undefined ? [] : [`      hidden by ${step(byLayer)}`]),
    `      ${files.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    `      → ${remedy}`,
  ]
}
