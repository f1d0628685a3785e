import type { LayerDifference, LocatedDifference, PlatformDifference } from '../../image/difference/imageDifference.ts'
import type { FieldDifference } from '../../image/difference/jsonDifference.ts'
import type { FileAspect, FileFacts } from '../../image/difference/layerDifference.ts'
import { neutralize } from '../render/displayText.ts'
import { causeOf, causesOf } from './causes.ts'

/** Files of a layer that are shown one by one. */
const SHOWN_FILES = 10
const SHOWN_STEP = 100

/** For people: platform by platform, then why. `sides` are what the images are called. */
export function formatDifferences(platforms: readonly PlatformDifference[], sides: readonly [string, string]): string {
  const causes = causesOf(platforms).map(({ reason, remedy, fileCount }) => `  ${reason}${fileCount === 0 ? '' : ` (${fileCount} ${fileCount === 1 ? 'file' : 'files'})`}\n    ${remedy}`)
  const why = causes.length === 0 ? [] : ['likely why, and what to do:', ...causes]
  return `${formatPlatforms(platforms, sides)}${why.map((line) => `${neutralizeLines(line)}\n`).join('')}`
}

/** What differs, platform by platform, and not why. */
export function formatPlatforms(platforms: readonly PlatformDifference[], sides: readonly [string, string]): string {
  return platforms.flatMap((platform) => formatPlatform(platform, sides)).map((line) => `${neutralizeLines(line)}\n`).join('')
}

function neutralizeLines(text: string): string {
  return text.split('\n').map(neutralize).join('\n')
}

function formatPlatform({ platform, missingIn, config, manifest, layers }: PlatformDifference, sides: readonly [string, string]): readonly string[] {
  if (missingIn !== undefined) return [`${platform}: only in the ${missingIn === 'first' ? sides[1] : sides[0]}`]
  return [
    `${platform}: differs`,
    ...[...config.map((field) => formatField('config', field)), ...manifest.map((field) => formatField('manifest', field))],
    ...layers.flatMap((layer) => formatLayer(layer, sides)),
  ]
}

function formatField(where: string, { field, first = 'none', second = 'none' }: FieldDifference): string {
  return `  ${where} ${field}: ${first} | ${second}`
}

function formatLayer({ index, missingIn, step: written, fileCount, files }: LayerDifference, sides: readonly [string, string]): readonly string[] {
  const step = written.replaceAll('\n', ' ')
  const shown = files.slice(0, SHOWN_FILES)
  const rest = fileCount - shown.length
  const where = missingIn === undefined ? '' : `, only in the ${missingIn === 'first' ? sides[1] : sides[0]}`
  return [
    `  layer ${index + 1}${where}, of ${step.length > SHOWN_STEP ? `${step.slice(0, SHOWN_STEP)}…` : step}: ${formatCount(fileCount, missingIn)}`,
    ...shown.map((file) => `    ${formatFile(file)}`),
    ...(rest > 0 ? [`    and ${rest} more`] : []),
  ]
}

function formatCount(fileCount: number, missingIn: LayerDifference['missingIn']): string {
  if (missingIn !== undefined) return fileCount === 1 ? '1 file' : `${fileCount} files`
  return fileCount === 0 ? 'the same files in another order' : fileCount === 1 ? '1 file differs' : `${fileCount} files differ`
}

function formatFile({ difference, content }: LocatedDifference): string {
  const path = difference.path.replaceAll('\n', '\\n')
  switch (difference.kind) {
    case 'only-first':
      return `${path}: only in the first`
    case 'only-second':
      return `${path}: only in the second`
    case 'changed': {
      const { aspects, first, second } = difference
      const at = content === undefined ? '' : ` at byte ${content.offset} (${showBytes(content.first)} | ${showBytes(content.second)})`
      return `${path}: ${aspects.map((aspect) => (aspect === 'content' ? `content${at}` : formatAspect(aspect, first, second))).join(', ')}`
    }
  }
}

function formatAspect(aspect: FileAspect, first: FileFacts, second: FileFacts): string {
  const [a, b] = [valueOf(aspect, first), valueOf(aspect, second)]
  return `${aspect} ${a} | ${b}`
}

/** As it is told of a file. */
export function valueOf(aspect: FileAspect, { kind, mode, uid, gid, linkTarget, device, mtimeNs, xattrs, content }: FileFacts): string {
  switch (aspect) {
    case 'kind':
      return kind
    case 'content':
      return content
    case 'mode':
      return mode.toString(8).padStart(4, '0')
    case 'owner':
      return `${uid}:${gid}`
    case 'target':
      return linkTarget
    case 'device':
      return device
    case 'mtime':
      return formatTime(mtimeNs)
    case 'xattrs':
      return [...xattrs].map(([name, value]) => `${name}=${value}`).join(' ') || 'none'
  }
}

function formatTime(ns: bigint): string {
  const fraction = String(((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n).padStart(9, '0').replace(/0+$/, '')
  const time = new Date(Math.floor(Number(ns / 1_000_000n)))
  return `${time.toISOString().slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`
}

/** As text where it is text. */
function showBytes(hex: string): string {
  const text = Buffer.from(hex, 'hex').toString('latin1')
  if (hex === '') return 'end'
  return /^[\x20-\x7e\n\t]*$/.test(text) ? JSON.stringify(text) : hex
}

/** For programs: one document. */
export function differencesJson(platforms: readonly PlatformDifference[]): string {
  const document = {
    identical: platforms.length === 0,
    platforms: platforms.map(differenceJson),
    causes: causesOf(platforms),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

export function differenceJson({ platform, missingIn, config, manifest, layers, equalLayers }: PlatformDifference): object {
  return { platform, missingIn, config, manifest, equalLayers, layers: layers.map(layerJson) }
}

function layerJson({ index, missingIn, step, fileCount, counts, files }: LayerDifference): object {
  return { index, missingIn, step, fileCount, counts, files: files.map(fileJson) }
}

function fileJson(located: LocatedDifference): object {
  const { difference, content } = located
  const aspects = difference.kind === 'changed' ? difference.aspects.map((aspect) => ({ aspect, first: valueOf(aspect, difference.first), second: valueOf(aspect, difference.second) })) : []
  return { path: difference.path, kind: difference.kind, aspects, content, cause: causeOf(located) }
}
