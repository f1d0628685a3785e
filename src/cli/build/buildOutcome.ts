import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { OutputRequest } from '../../driver/driver.ts'
import { flagOf } from '../../driver/nodes/outputs/flagOf.ts'
import { parseReference, formatFamiliar, formatRepository } from '../../ground/reference.ts'
import { objectList, optionalNumber, parseJsonObject, requiredString } from '../../ground/jsonValue.ts'
import { span, drawLine, type Paint, type Span } from '../render/line.ts'
import { formatBytes, formatDuration } from '../render/measure.ts'
import type { PlatformTime } from '../render/trace.ts'
import type { BuildFlags } from './buildFlags.ts'

/** What the engine says of a build that succeeded. */
export interface BuildOutcome {
  /** The exporter response as it came. */
  readonly response: ReadonlyMap<string, string>
  /** Of the index, or of the one manifest; undefined where no image was made. */
  readonly digest: string | undefined
  /** Empty where the engine does not say. */
  readonly platforms: readonly PlatformOutcome[]
  /** Platforms of which the audit saw some layers only, since they are not here. */
  readonly partlyAudited: readonly string[]
}

export interface PlatformOutcome {
  readonly platform: string
  readonly digest: string
  readonly sizeBytes: number
}

export function parseOutcome(response: ReadonlyMap<string, string>): BuildOutcome {
  return { response, digest: response.get('containerimage.digest'), platforms: parsePlatforms(response.get('pelago.platforms')), partlyAudited: parsePartlyAudited(response.get('audit')) }
}

/** Files that scripts read the outcome from: `--metadata-file`, `--iidfile`. */
export async function writeOutcomeFiles(outcome: BuildOutcome, flags: BuildFlags, workingFolder: string): Promise<void> {
  const { iidfile, 'metadata-file': metadataFile } = flags
  const id = outcome.response.get('containerimage.config.digest') ?? outcome.digest
  if (metadataFile !== undefined) await writeFile(resolve(workingFolder, metadataFile), formatMetadata(outcome.response))
  if (iidfile !== undefined && id !== undefined) await writeFile(resolve(workingFolder, iidfile), id)
}

export function formatMetadata(response: ReadonlyMap<string, string>): string {
  return `${JSON.stringify(metadataFields(response), undefined, 2)}\n`
}

/** The response as buildx writes it: sorted, and what is JSON in base64 or in plain (a descriptor) as JSON. */
export function metadataFields(response: ReadonlyMap<string, string>): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...response].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, decodeStructure(value)]))
}

function decodeStructure(value: string): unknown {
  const texts = /^[A-Za-z0-9+/]+=*$/.test(value) ? [value, Buffer.from(value, 'base64').toString()] : [value]
  for (const text of texts) {
    if (!/^[[{]/.test(text)) continue
    try {
      return JSON.parse(text)
    } catch {
      continue // a text that only looks like JSON stays a text
    }
  }
  return value
}

function parsePlatforms(text: string | undefined): readonly PlatformOutcome[] {
  if (text === undefined) return []
  const list = parseJsonObject(`{"list":${text}}`, 'pelago.platforms')
  return objectList(list, 'list').map((entry) => ({
    platform: requiredString(entry, 'platform'),
    digest: requiredString(entry, 'digest'),
    sizeBytes: optionalNumber(entry, 'sizeBytes') ?? 0,
  }))
}

function parsePartlyAudited(text: string | undefined): readonly string[] {
  if (text === undefined) return []
  return objectList(parseJsonObject(text, 'audit'), 'platforms').flatMap((entry) => ((optionalNumber(entry, 'unreadLayers') ?? 0) > 0 ? [requiredString(entry, 'platform')] : []))
}

/** Whether a result goes to stdout, which then carries nothing else. */
export function usesStdout(outputs: readonly OutputRequest[]): boolean {
  return outputs.some(({ destination }) => destination.kind === 'stdout')
}

export interface SummaryView {
  readonly columns: number
  readonly paint: Paint
  /** Digests cut to what people tell them apart by. */
  readonly isShort: boolean
}

/** What was made and where it went, one line a name, then one a platform. */
export function formatSummary(outcome: BuildOutcome, outputs: readonly OutputRequest[], times: ReadonlyMap<string, PlatformTime>, view: SummaryView): readonly string[] {
  const places = outputs.flatMap(describeOutput)
  const digest = outcome.digest === undefined ? [] : [[span('  digest ', 'dim'), span(outcome.digest)]]
  const unseen = outcome.partlyAudited.length === 0 ? [] : [[span('  audit  ', 'dim'), span('layers that were never pulled were not looked into: --audit=error fetches them', 'dim')]]
  const lines = [...places, ...digest, ...platformRows(outcome.platforms, times, view.isShort), ...unseen]
  return lines.map((left) => drawLine({ left, right: [] }, Math.max(view.columns, view.isShort ? 0 : Infinity), view.paint))
}

function describeOutput({ type, attributes, destination }: OutputRequest): readonly (readonly Span[])[] {
  const isByDigest = flagOf(attributes, 'push-by-digest', false)
  const names = (attributes.get('name') ?? '').split(',').filter((name) => name !== '').map((name) => (isByDigest ? `${formatRepository(parseReference(name))}, by digest` : formatFamiliar(parseReference(name))))
  const verb = verbOf(type, attributes, destination)
  if (destination.kind === 'file' || destination.kind === 'folder') return [[span(`${verb} `), span(destination.path, 'bold')]]
  if (names.length === 0) return type === 'image' ? [[span('stored without a name')]] : []
  return names.map((name) => [span(`${verb} `), span(name, 'bold')])
}

function verbOf(type: OutputRequest['type'], attributes: ReadonlyMap<string, string>, destination: OutputRequest['destination']): string {
  if (flagOf(attributes, 'push', false)) return 'pushed'
  if (destination.kind === 'program') return 'loaded'
  return type === 'image' ? 'stored' : 'wrote'
}

const SHORT_DIGEST = 'sha256:'.length + 12

function platformRows(platforms: readonly PlatformOutcome[], times: ReadonlyMap<string, PlatformTime>, isShort: boolean): readonly (readonly Span[])[] {
  const nameColumns = Math.max(0, ...platforms.map(({ platform }) => platform.length))
  const sizes = platforms.map(({ sizeBytes }) => formatBytes(sizeBytes))
  const sizeColumns = Math.max(0, ...sizes.map((size) => size.length))
  return platforms.map(({ platform, digest }, index) => [
    span(`  ${platform.padEnd(nameColumns)}  `),
    span(isShort ? digest.slice(0, SHORT_DIGEST) : digest, 'dim'),
    span(`  ${(sizes[index] ?? '').padStart(sizeColumns)}`),
    ...timeSpans(times.get(platform)),
  ])
}

/** Below this a time would be written as 0.0 s. */
const SHOWN_MS = 50

function timeSpans(time: PlatformTime | undefined): readonly Span[] {
  if (time === undefined) return []
  const native = span(`native ${formatDuration(time.nativeMs)}`, 'dim')
  const emulated = span(`emulated ${formatDuration(time.emulatedMs)}`, 'yellow')
  if (time.emulatedMs === 0) return [span('  '), native]
  return time.nativeMs < SHOWN_MS ? [span('  '), emulated] : [span('  '), native, span(' · ', 'dim'), emulated]
}
