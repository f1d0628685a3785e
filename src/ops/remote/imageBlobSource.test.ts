import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import type { ImageBlobSource, Vertex } from '../../graph/vertex.ts'
import type { Op } from '../../solver/op.ts'
import { createImageBlobSource } from './imageBlobSource.ts'

const never = new AbortController().signal

describe('a blob of an image, which the policy does not let in', () => {
  it('is refused of a registry before anything is looked for, be it here or not', async () => {
    await assert.rejects(keyOf('example.com/app', undefined), { message: 'example.com/app of mine' })
  })
  it('is taken from a layout of the client', async () => {
    assert.match((await keyOf('store', 'mine')) ?? '', /^sha256:/)
  })
})

async function keyOf(place: string, sessionId: string | undefined): Promise<string | undefined> {
  const source: ImageBlobSource = { kind: 'image-blob', place, sessionId, digest: digestOf('b'), filename: '', mode: 0o600, uid: 0, gid: 0 }
  const vertex: Vertex = { digest: digestOf('v'), op: { kind: 'source', source }, inputs: [], platform: undefined, note: { name: 'v', ignoreCache: false, span: undefined } }
  const op: Op = createImageBlobSource(source, {
    loneBlobs: { check: (blob, session) => Promise.reject(new InvalidValueError(`${blob.place} of ${session}`)) },
    snapshots: { openMutable: () => assert.fail('nothing is brought') },
    content: { sizeBytes: () => assert.fail('nothing is looked for'), read: () => assert.fail('nothing is read') },
    registries: { registryFor: () => assert.fail('no registry is asked') },
    layouts: { clientBlobs: () => assert.fail('no layout is asked') },
    hasher: { seed: () => undefined },
    now: () => 0,
  })
  return (await op.cacheMap({ vertex, progress: () => undefined, sessionId: 'mine' }, never)).digest
}
