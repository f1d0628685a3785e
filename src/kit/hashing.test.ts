import assert from 'node:assert/strict'
import { it } from 'node:test'
import { digestOf } from '../ground/digest.ts'
import { createHasher } from './hashing.ts'

it('a stream that passes a hasher is unchanged, and its digest and length are known', async () => {
  const hasher = createHasher()
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('ab')
    yield Buffer.from('c')
  }
  const passed: string[] = []
  for await (const chunk of hasher.pass(source())) passed.push(Buffer.from(chunk).toString())
  assert.deepEqual(passed, ['ab', 'c'])
  assert.deepEqual(hasher.result(), { digest: digestOf('abc'), sizeBytes: 3 })
})
