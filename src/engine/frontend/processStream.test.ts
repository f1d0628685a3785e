import assert from 'node:assert/strict'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import type { OutputChunk } from '../../executor/executor.ts'
import { createProcessStream } from './processStream.ts'

describe('the standard streams of a process', () => {
  it('are one stream, without what it says on its standard error', async () => {
    const said: string[] = []
    const stream = createProcessStream({ output: chunks([['stderr', 'a'], ['stdout', 'one '], ['stderr', 'b'], ['stderr', 'c'], ['stdout', 'two']]), write: async () => undefined, closeInput: () => undefined }, (bytes) => said.push(Buffer.from(bytes).toString()))
    assert.deepEqual([await text(stream), said.join('')], ['one two', 'abc'])
  })
  it('take what is written, and its end', async () => {
    const written: string[] = []
    let isClosed = false
    const stream = createProcessStream({ output: forever(), write: async (bytes) => void written.push(Buffer.from(bytes).toString()), closeInput: () => (isClosed = true) }, () => undefined)
    stream.write('one')
    stream.end('two')
    await once(stream, 'finish')
    assert.deepEqual([written, isClosed], [['one', 'two'], true])
  })
  it('break where the process cannot be written to', async () => {
    const stream = createProcessStream({ output: forever(), write: () => Promise.reject(new Error('it is gone')), closeInput: () => undefined }, () => undefined)
    stream.write('one')
    const [error] = (await once(stream, 'error')) as [Error]
    assert.equal(error.message, 'it is gone')
  })
  it('are read to their end by nobody, too, so that it can end', async () => {
    const said: string[] = []
    const isRead = Promise.withResolvers<undefined>()
    const output = async function* (): AsyncGenerator<OutputChunk> {
      yield* chunks([['stdout', 'no frames'], ['stdout', 'more'], ['stderr', 'wrong usage']])
      isRead.resolve(undefined)
    }
    createProcessStream({ output: output(), write: async () => undefined, closeInput: () => undefined }, (bytes) => said.push(Buffer.from(bytes).toString())).destroy()
    await isRead.promise
    assert.deepEqual(said, ['wrong usage'])
  })
})

async function* chunks(list: readonly (readonly [stream: OutputChunk['stream'], text: string])[]): AsyncGenerator<OutputChunk> {
  for (const [stream, words] of list) yield { stream, bytes: Buffer.from(words) }
}

async function* forever(): AsyncGenerator<OutputChunk> {
  await new Promise(() => undefined)
  yield { stream: 'stdout', bytes: Buffer.alloc(0) }
}
