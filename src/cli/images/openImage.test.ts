import assert from 'node:assert/strict'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { after, before, describe, it } from 'node:test'
import { writeTar } from '../../archive/tarWriter.ts'
import { digestHex, digestOf } from '../../ground/digest.ts'
import { describeBlob, type Descriptor } from '../../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { formatPlatform, parsePlatform } from '../../ground/platform.ts'
import { parseReference } from '../../ground/reference.ts'
import { formatIndex, formatManifest } from '../../image/manifestJson.ts'
import { layoutEntries, layoutIndex, REF_NAME_ANNOTATION } from '../../image/ociLayout.ts'
import type { CommandContext } from '../command.ts'
import { imagePlatforms } from './imagePlatforms.ts'
import { openImage } from './openImage.ts'

const signal = new AbortController().signal
const PLAIN = { artifactType: undefined, subject: undefined, annotations: new Map<string, string>() }
const blobs = new Map<string, Uint8Array>()

function put(mediaType: string, bytes: Uint8Array): Descriptor {
  blobs.set(digestOf(bytes), bytes)
  return describeBlob(mediaType, digestOf(bytes), bytes.byteLength)
}

/** An index of two platforms, which differ by what `name` makes of their configs. */
function putImage(name: string): Descriptor {
  const manifests = ['linux/amd64', 'linux/arm/v6'].map((platform) => {
    const config = put(MEDIA_TYPE.ociConfig, Buffer.from(JSON.stringify({ name, platform })))
    return { ...put(MEDIA_TYPE.ociManifest, formatManifest({ ...PLAIN, mediaType: MEDIA_TYPE.ociManifest, config, layers: [] })), platform: parsePlatform(platform) }
  })
  return put(MEDIA_TYPE.ociIndex, formatIndex({ ...PLAIN, mediaType: MEDIA_TYPE.ociIndex, manifests }))
}

const [one, two] = [putImage('one'), putImage('two')]
let folder = ''
let context: CommandContext

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'open-image-'))
  const env = { TMPDIR: join(folder, 'tmp') }
  context = { commandName: 'pelago audit', env, workingFolder: folder, openStdin: () => new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), now: Date.now, builder: undefined, isDebug: false, claimSignals: () => ({ [Symbol.dispose]: () => undefined }) }
  const named = [one, two].map((root, index) => ({ root, names: [parseReference(`app:${index + 1}`)] }))
  const entries = layoutEntries({ index: layoutIndex(named), blobs: [...blobs].map(([, bytes]) => ({ descriptor: put('', bytes), open: () => chunks(bytes) })), files: new Map() })
  await pipeline(writeTar(entries), createWriteStream(join(folder, 'both.tar')))
  await mkdir(join(folder, 'layout/blobs/sha256'), { recursive: true })
  await writeFile(join(folder, 'layout/oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const tagged = [{ ...one, annotations: new Map([[REF_NAME_ANNOTATION, 'old']]) }, { ...two, annotations: new Map([[REF_NAME_ANNOTATION, 'new']]) }]
  await writeFile(join(folder, 'layout/index.json'), formatIndex({ ...PLAIN, mediaType: MEDIA_TYPE.ociIndex, manifests: tagged }))
  for (const bytes of blobs.values()) await writeFile(join(folder, 'layout/blobs/sha256', digestHex(digestOf(bytes))), bytes)
})
after(() => rm(folder, { recursive: true }))

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

describe('an image to look at', () => {
  for (const { name, text, from, root } of [
    { name: 'an archive and a tag', text: 'both.tar:2', from: 'archive', root: two },
    { name: 'an archive and a digest', text: `./both.tar@${one.digest}`, from: 'archive', root: one },
    { name: 'a layout and a tag of another tool', text: 'layout:new', from: 'layout', root: two },
    { name: 'a layout and a digest', text: `layout@${one.digest}`, from: 'layout', root: one },
  ] as const) {
    it(`is found by ${name}, and read`, async () => {
      await using image = await openImage(text, context, signal)
      assert.deepEqual([image.from, image.name, image.root.digest], [from, text, root.digest])
      const platforms = await imagePlatforms(image, [], signal)
      assert.deepEqual(platforms.map(({ platform }) => formatPlatform(platform)), ['linux/amd64', 'linux/arm/v6'])
      const [older] = await imagePlatforms(image, [parsePlatform('linux/arm/v7')], signal)
      assert.equal(older?.platform.variant, 'v6')
      await assert.rejects(imagePlatforms(image, [parsePlatform('linux/s390x')], signal), { name: 'PlatformMissingError', message: `${text}: there is no image for linux/s390x` })
    })
  }

  for (const { name, text, error } of [
    { name: 'one of several', text: 'both.tar', error: { name: 'ImageChoiceError', hint: 'add :TAG or @DIGEST of one of them: app:1, app:2' } },
    { name: 'a tag that is not there', text: 'layout:none', error: { name: 'ImageChoiceError' } },
    { name: 'a path that is not there', text: './nothing', error: { name: 'ImageFileMissingError' } },
  ]) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(openImage(text, context, signal), error)
      assert.deepEqual(await readdir(join(folder, 'tmp/pelago-image')).catch(() => []), [])
    })
  }
})
