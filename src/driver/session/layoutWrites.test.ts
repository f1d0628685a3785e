import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { createContextValues, type HandlerContext } from '@connectrpc/connect'
import { describe, it } from 'node:test'
import { Content, WriteAction, WriteContentRequestSchema, type WriteContentRequest } from '../../api/gen/content_pb.ts'
import { STORE_HEADER } from '../../api/storeHeader.ts'
import { putBytes, type ContentStore } from '../../content/contentStore.ts'
import { createMemoryStore } from '../../content/memoryStore.ts'
import { digestOf } from '../../ground/digest.ts'
import { createLayoutWrites } from './layoutWrites.ts'

const never = new AbortController().signal
const hello = digestOf('hello')

type Step = Partial<Pick<WriteContentRequest, 'action' | 'expected' | 'total' | 'offset'>> & { readonly text?: string }
const stat = (expected: string, total = 5n): Step => ({ action: WriteAction.STAT, expected, total })
const write = (text: string, offset = 0n): Step => ({ action: WriteAction.WRITE, text, offset })
const commit = (offset: bigint, more: Step = {}): Step => ({ action: WriteAction.COMMIT, offset, expected: hello, ...more })

describe('what a session takes into a layout', () => {
  const cases: readonly { readonly name: string; readonly steps: readonly Step[]; readonly says?: RegExp }[] = [
    { name: 'takes a blob in parts', steps: [stat(hello), write('he'), write('llo', 2n), commit(5n)] },
    { name: 'takes a blob whose end comes with its commit', steps: [stat('', 0n), write('he'), commit(2n, { text: 'llo' })] },
    { name: 'refuses other bytes than the digest says', steps: [stat(hello), write('hullo'), commit(5n)], says: /has the bytes of/ },
    { name: 'refuses a blob that ends too soon', steps: [stat(hello), write('hell'), commit(4n)], says: /blob ends after 4 of 5 bytes/ },
    { name: 'refuses more than was told', steps: [stat(hello), write('hello, world')], says: /12 bytes of a blob of 5/ },
    { name: 'refuses a hole', steps: [stat(hello), write('he'), write('lo', 3n)], says: /write @3 must occur at current offset 2/ },
    { name: 'refuses what is no digest', steps: [stat('sha256:../../../etc/passwd'), write('hello')], says: /invalid digest/ },
    { name: 'keeps nothing of a blob that is not committed', steps: [stat(hello), write('hello')], says: /not there/ },
  ]
  for (const { name, steps, says } of cases) {
    it(name, async () => {
      const store = createMemoryStore()
      const written = writeTo(store, 'local:cache', steps).then(() => readText(store))
      await (says === undefined ? written.then((text) => assert.equal(text, 'hello')) : assert.rejects(written, says))
      assert.equal(await store.sizeBytes(hello, never), says === undefined ? 5 : undefined)
    })
  }

  it('says so where the blob is there, and takes none of it', async () => {
    const store = createMemoryStore()
    await putBytes(Buffer.from('hello'), store, never)
    await assert.rejects(writeTo(store, 'local:cache', [stat(hello)]), /exists/)
  })

  it('takes one anew that is there with another length', async () => {
    const store = { ...createMemoryStore(), sizeBytes: async () => 3 }
    await writeTo(store, 'local:cache', [stat(hello), write('hello'), commit(5n)])
    assert.equal(await readText(store), 'hello')
  })

  for (const id of ['local:other', 'oci:cache', '']) {
    it(`refuses the store ${JSON.stringify(id)}, which it was not told to lend`, () => assert.rejects(writeTo(createMemoryStore(), id, [stat(hello)]), /not to be written to/))
  }
})

async function writeTo(store: ContentStore, id: string, steps: readonly Step[]): Promise<void> {
  const { write: serve } = createLayoutWrites(new Map([['local:cache', '/cache']]), async () => store)
  async function* requests(): AsyncGenerator<WriteContentRequest> {
    for (const { text = '', ...facts } of steps) yield create(WriteContentRequestSchema, { ref: 'x', data: Buffer.from(text), ...facts })
  }
  for await (const { offset } of serve(requests(), contextOf(id))) assert.ok(offset !== undefined)
}

function contextOf(id: string): HandlerContext {
  const headers = { requestHeader: new Headers([[STORE_HEADER, id]]), responseHeader: new Headers(), responseTrailer: new Headers() }
  return { service: Content, method: Content.method.write, protocolName: 'grpc', requestMethod: 'POST', url: 'http://localhost', signal: never, timeoutMs: () => undefined, values: createContextValues(), ...headers }
}

async function readText(store: ContentStore): Promise<string> {
  if ((await store.sizeBytes(hello, never)) === undefined) throw new Error('it is not there')
  const chunks: Uint8Array[] = []
  for await (const chunk of store.read(hello, 0, never)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
