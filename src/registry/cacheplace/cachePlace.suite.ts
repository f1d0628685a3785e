import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf, type Digest } from '../../ground/digest.ts'
import type { CacheBlob, CachePlace } from './cachePlace.ts'

/** An empty place. */
export interface CachePlaceFixture extends AsyncDisposable {
  readonly place: CachePlace
  /** Another look at the same place, of another machine. */
  readonly again: CachePlace
  /** Larger than what is sent at once. */
  readonly manyPiecesBytes: number
}

const signal = new AbortController().signal

/** What every CachePlace must do, whatever server is at the other end. */
export function cachePlaceSuite(name: string, openFixture: () => Promise<CachePlaceFixture>): void {
  describe(`${name} is a place for caches`, () => {
    it('has nothing at first', async () => {
      await using fixture = await openFixture()
      assert.equal(await fixture.place.sizeBytes(digestOf('absent'), signal), undefined)
      assert.deepEqual(await fixture.place.readConfigs(signal), [])
      await assert.rejects(readBytes(fixture.place, digestOf('absent')), { name: 'CacheBlobMissingError', kind: 'not-found' })
    })

    for (const [what, content] of [['a blob', Buffer.from('all the bytes of a layer')], ['an empty blob', Buffer.alloc(0)]] as const) {
      it(`gives back ${what}, and takes it once`, async () => {
        await using fixture = await openFixture()
        const { blob, sent } = blobOf(content)
        assert.equal(await fixture.place.writeBlob(blob, signal), 'uploaded')
        assert.equal(sent.at(-1) ?? 0, content.byteLength)
        assert.equal(await fixture.again.writeBlob({ ...blob, open: () => assert.fail('sent again') }, signal), 'present')
        assert.equal(await fixture.again.sizeBytes(blob.digest, signal), content.byteLength)
        assert.deepEqual(await readBytes(fixture.again, blob.digest), content)
      })
    }

    it('gives back a blob from the middle, and none of it from its end', async () => {
      await using fixture = await openFixture()
      const { blob } = blobOf(Buffer.from('abcde'))
      await fixture.place.writeBlob(blob, signal)
      assert.equal((await readBytes(fixture.again, blob.digest, 2)).toString(), 'cde')
      assert.equal((await readBytes(fixture.again, blob.digest, 5)).toString(), '')
    })

    it('takes a blob of many pieces, and several at once', async () => {
      await using fixture = await openFixture()
      const blobs = [0, 1].map((seed) => blobOf(Buffer.alloc(fixture.manyPiecesBytes, `piece ${seed} `)))
      const outcomes = await Promise.all(blobs.map(({ blob }) => fixture.place.writeBlob(blob, signal)))
      assert.deepEqual(outcomes, ['uploaded', 'uploaded'])
      for (const { blob, content, sent } of blobs) {
        assert.equal(sent.at(-1), content.byteLength)
        assert.ok((await readBytes(fixture.again, blob.digest)).equals(content))
      }
    })

    it('replaces its config', async () => {
      await using fixture = await openFixture()
      for (const text of ['{"layers":[]}', '{"layers":[],"records":[]}', '{}']) {
        await fixture.place.writeConfig(Buffer.from(text), signal)
        assert.deepEqual((await fixture.again.readConfigs(signal)).map((bytes) => Buffer.from(bytes).toString()), [text])
      }
    })

    it('leaves nothing of a blob that could not be read', async () => {
      await using fixture = await openFixture()
      const content = Buffer.alloc(fixture.manyPiecesBytes, 'x')
      async function* open(): AsyncGenerator<Uint8Array> {
        yield content.subarray(0, content.byteLength - 1)
        throw new Error('the disk is gone')
      }
      await assert.rejects(fixture.place.writeBlob({ ...blobOf(content).blob, open }, signal), { message: 'the disk is gone' })
      assert.equal(await fixture.again.sizeBytes(digestOf(content), signal), undefined)
    })

    it('throws the reason of an abort', async () => {
      await using fixture = await openFixture()
      const aborted = AbortSignal.abort(new Error('stopped'))
      await assert.rejects(fixture.place.readConfigs(aborted), { message: 'stopped' })
      await assert.rejects(fixture.place.writeBlob(blobOf(Buffer.from('late')).blob, aborted), { message: 'stopped' })
    })
  })
}

export function blobOf(content: Uint8Array): { readonly blob: CacheBlob; readonly content: Buffer; readonly sent: readonly number[] } {
  const sent: number[] = []
  async function* open(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < content.byteLength; at += 1024 * 1024) yield content.subarray(at, at + 1024 * 1024)
  }
  return { blob: { digest: digestOf(content), sizeBytes: content.byteLength, open, onProgress: (sentBytes) => void sent.push(sentBytes) }, content: Buffer.from(content), sent }
}

export async function readBytes(place: CachePlace, digest: Digest, offset = 0): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of place.read(digest, offset, signal)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
