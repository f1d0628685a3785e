import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../ground/digest.ts'
import { describeBlob } from '../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { parseReference } from '../ground/reference.ts'
import { formatManifest } from '../image/manifestJson.ts'
import { fetchAttached } from './attachedImage.ts'
import { UntrustedError } from './trustError.ts'

const signal = new AbortController().signal
const TYPE = 'application/test'

describe('what is attached to an image', () => {
  const attached = async (layers: number): Promise<number> => {
    const bytes = Buffer.alloc(10)
    const layer = describeBlob(TYPE, digestOf(bytes), bytes.byteLength)
    const manifest = formatManifest({ mediaType: MEDIA_TYPE.ociManifest, artifactType: undefined, config: describeBlob(MEDIA_TYPE.ociConfig, digestOf('{}'), 2), layers: Array.from({ length: layers }, () => layer), subject: undefined, annotations: new Map() })
    const registry = {
      resolve: () => Promise.resolve(describeBlob(MEDIA_TYPE.ociManifest, digestOf(manifest), manifest.byteLength)),
      fetchManifest: () => Promise.resolve(manifest),
      async *readBlob() {
        yield bytes
      },
    }
    return (await fetchAttached(registry, parseReference('example.com/app:sha256-1.sig'), { mediaType: TYPE, maxBytes: 10 }, signal)).length
  }

  it('is read where it is little', async () => assert.equal(await attached(2), 2))
  it('is refused where it is too much together', async () => {
    await assert.rejects(attached(3), (error) => error instanceof UntrustedError && error.message.endsWith("have 30 bytes: more than 20 are not read"))
  })
})
