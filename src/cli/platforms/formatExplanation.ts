import { formatTable } from '../format/table.ts'
import { neutralize } from '../render/displayText.ts'
import type { Explanation, ImageChoice, PlatformRuns } from './explanation.ts'

/** For people: what it is, whether it runs here, what is to be minded, and which images it takes. */
export function formatExplanation(explanation: Explanation): string {
  const { platform, meaning, remarks, limits, otherNames, machine, runs, takesImagesFor, image } = explanation
  const facts: readonly (readonly [string, string])[] = [
    ...remarks.map((remark) => ['written', remark] as const),
    ['runs here', formatRuns(runs, machine.platform)],
    ...(runs.kind === 'missing' ? [['do', runs.remedy] as const] : []),
    ...(runs.kind === 'emulated' ? [['cpu', runs.cpu] as const] : []),
    ...limits.map((limit, index) => [index === 0 ? 'limits' : '', limit] as const),
    ...(otherNames.length === 0 ? [] : [['also called', formatNames(otherNames)] as const]),
    ...(platform === machine.platform ? [['also native', machine.native.slice(1).join(', ') || 'nothing else'] as const] : []),
  ]
  const columns = Math.max(...facts.map(([label]) => label.length))
  const head = [`${platform}${meaning === '' ? '' : `: ${meaning}`}`, ...facts.map(([label, text]) => `  ${label.padEnd(columns)}  ${text}`), '']
  const order = formatTable(['TAKES IMAGES FOR', 'WHICH IS'], takesImagesFor.map((one) => [one.platform, one.why]))
  return `${head.map((line) => `${neutralize(line)}\n`).join('')}${order}${image === undefined ? '' : `\n${formatImage(image, platform)}`}`
}

function formatRuns(runs: PlatformRuns, machine: string): string {
  switch (runs.kind) {
    case 'native':
      return 'natively'
    case 'emulated':
      return `emulated by ${[runs.emulator, runs.version].filter((part) => part !== '').join(' ')} (${runs.path}); this machine is ${machine}`
    case 'missing':
      return `no: ${runs.reason}`
  }
}

function formatNames(names: Explanation['otherNames']): string {
  return names.map(({ name, whose }) => `${name} (${whose})`).join(', ')
}

function formatImage({ name, from, isIndex, manifests, nearest }: ImageChoice, platform: string): string {
  const chosen = manifests.find(({ isChosen }) => isChosen)
  const verdict = chosen === undefined ? `${platform} gets nothing of ${name} (${from})` : `${platform} gets ${chosen.platform} of ${name} (${from}): ${chosen.digest}`
  const advice = chosen !== undefined ? [] : [nearest.length === 0 ? '  nothing in it is near: choose another image, or build it' : `  the nearest is ${nearest.join(', then ')}`]
  const kind = isIndex ? [] : ['  it has no index, and is one image for one platform']
  const lines = [verdict, ...kind, ...advice].map((line) => `${neutralize(line)}\n`).join('')
  return `${lines}${formatTable(['', 'PLATFORM', 'DIGEST', 'WHY'], manifests.map((one) => [one.isChosen ? '→' : '', one.platform, one.digest.replace(/^sha256:(.{12}).*$/, '$1'), one.why]))}`
}
