import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { decompress } from '../../src/archive/compression.ts'
import type { TarHeader } from '../../src/archive/tar.ts'
import { readTar } from '../../src/archive/tarReader.ts'

/**
 * All there is to an image, as a text by what it is the text of: `config Env`, `history 3 created_by`, `layer 2 bin/sh`.
 * Two images with equal facts are the same image. A time since `SUITE_BEGAN` is `now`.
 */
export type ImageFacts = ReadonlyMap<string, string>

type JsonRecord = Readonly<Record<string, unknown>>

/** A build's own times are later. */
const SUITE_BEGAN = Date.now() - 60_000
const never = new AbortController().signal

/** @param path an OCI archive, or what `docker save` wrote. */
export async function readImageFacts(path: string): Promise<ImageFacts> {
  const files = new Map<string, Buffer>()
  for await (const { header, content } of readTar(createReadStream(path))) files.set(header.path, await gather(content))
  const blob = (digest: string): Buffer => need(files, `blobs/${digest.replace(':', '/')}`)
  const facts = new Map<string, string>()
  const index = files.get('index.json')
  if (index === undefined) return await dockerFacts(files, facts)
  await addIndex(facts, parse(index), { blob, prefix: '' })
  return facts
}

interface Blobs {
  readonly blob: (digest: string) => Buffer
  /** Before each fact's name: the platform, where there are several. */
  readonly prefix: string
}

async function addIndex(facts: Map<string, string>, { manifests }: JsonRecord, { blob, prefix }: Blobs): Promise<void> {
  const descriptors = manifests as readonly { readonly mediaType: string; readonly digest: string; readonly platform?: JsonRecord }[]
  for (const { mediaType, digest, platform } of descriptors) {
    const document = parse(blob(digest))
    const place = descriptors.length > 1 ? `${[platform?.['os'], platform?.['architecture'], platform?.['variant']].filter(Boolean).join('/')} ` : prefix
    facts.set(`${place}media type`, mediaType)
    if ('manifests' in document) await addIndex(facts, document, { blob, prefix: place })
    else await addImage(facts, document, { blob, prefix: place })
  }
}

async function addImage(facts: Map<string, string>, { config, layers, annotations }: JsonRecord, { blob, prefix }: Blobs): Promise<void> {
  const configuration = config as { readonly mediaType: string; readonly digest: string }
  const descriptors = (layers ?? []) as readonly { readonly mediaType: string; readonly digest: string }[] // Go writes none as null
  facts.set(`${prefix}config media type`, configuration.mediaType)
  facts.set(`${prefix}annotations`, JSON.stringify(annotations))
  facts.set(`${prefix}layer media types`, descriptors.map(({ mediaType }) => mediaType).join(' '))
  await addConfig(facts, { config: parse(blob(configuration.digest)), layers: descriptors.map(({ digest }) => blob(digest)), prefix })
}

/** An archive of the time before OCI: no manifest, layers as they are. */
async function dockerFacts(files: ReadonlyMap<string, Buffer>, facts: Map<string, string>): Promise<ImageFacts> {
  const [image] = JSON.parse(need(files, 'manifest.json').toString()) as readonly { readonly Config: string; readonly Layers: readonly string[] }[]
  const layers = (image?.Layers ?? []).map((path) => need(files, path))
  await addConfig(facts, { config: parse(need(files, image?.Config ?? '')), layers, prefix: '' })
  return facts
}

interface ConfigAndLayers {
  readonly config: JsonRecord
  readonly layers: readonly Buffer[]
  readonly prefix: string
}

async function addConfig(facts: Map<string, string>, { config, layers, prefix }: ConfigAndLayers): Promise<void> {
  const { config: container, history, rootfs, ...rest } = config
  for (const [key, value] of Object.entries(rest)) facts.set(`${prefix}${key}`, formatValue(value))
  for (const [key, value] of Object.entries((container ?? {}) as JsonRecord)) facts.set(`${prefix}config ${key}`, JSON.stringify(value))
  for (const [at, entry] of ((history ?? []) as readonly JsonRecord[]).entries()) {
    for (const [key, value] of Object.entries(entry)) facts.set(`${prefix}history ${at} ${key}`, formatValue(value))
  }
  const diffIds = (rootfs as { readonly diff_ids: readonly string[] | null }).diff_ids ?? []
  facts.set(`${prefix}layers`, `${layers.length}`)
  if (diffIds.length !== layers.length) throw new Error(`the config has ${diffIds.length} diff ids, the manifest ${layers.length} layers`)
  for (const [at, layer] of layers.entries()) {
    for (const [path, text] of await layerFacts(layer, diffIds[at] ?? '')) facts.set(`${prefix}layer ${at} ${path}`, text)
  }
}

const knownLayers = new Map<string, Promise<ImageFacts>>()

/** Base layers are the same in many images. @throws Error where `diffId` is not the layer's */
function layerFacts(layer: Buffer, diffId: string): Promise<ImageFacts> {
  const key = `${diffId} ${createHash('sha256').update(layer).digest('hex')}`
  const known = knownLayers.get(key) ?? readLayer(layer, diffId)
  knownLayers.set(key, known)
  return known
}

async function readLayer(layer: Buffer, diffId: string): Promise<ImageFacts> {
  const bytes = await gather(decompress(chunksOf(layer), never))
  if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== diffId) throw new Error(`the layer is not ${diffId}`)
  const facts = new Map<string, string>()
  for await (const { header, content } of readTar(chunksOf(bytes))) {
    const path = header.path.replace(/^(\.?\/)+/, '').replace(/\/$/, '')
    const again = facts.has(path) ? ' (again)' : ''
    facts.set(`${path}${again}`, formatEntry(header, await gather(content)))
  }
  return facts
}

/** What a tar entry is, as a text. */
export function formatEntry(header: TarHeader, content: Buffer): string {
  const { kind, mode, uid, gid, linkTarget, deviceMajor, deviceMinor, mtimeNs, xattrs } = header
  const isDevice = kind === 'character-device' || kind === 'block-device'
  return [
    kind,
    mode.toString(8),
    `${uid}:${gid}`,
    ...(kind === 'file' ? [`${content.byteLength} bytes ${createHash('sha256').update(content).digest('hex').slice(0, 12)}`] : []),
    ...(linkTarget === '' ? [] : [`-> ${linkTarget}`]),
    ...(isDevice ? [`device ${deviceMajor}:${deviceMinor}`] : []),
    ...[...xattrs].map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`).sort(),
    formatTime(mtimeNs),
  ].join(' ')
}

function formatTime(mtimeNs: bigint): string {
  const milliseconds = Number(mtimeNs / 1_000_000n)
  return milliseconds >= SUITE_BEGAN ? 'now' : new Date(milliseconds).toISOString()
}

/** Text as it is, but for a time since the suite began. */
function formatValue(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return /^\d{4}-\d\d-\d\dT/.test(value) && Date.parse(value) >= SUITE_BEGAN ? 'now' : value
}

function parse(bytes: Buffer): JsonRecord {
  return JSON.parse(bytes.toString()) as JsonRecord
}

function need(files: ReadonlyMap<string, Buffer>, path: string): Buffer {
  const found = files.get(path)
  if (found === undefined) throw new Error(`the archive has no ${path}`)
  return found
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}
