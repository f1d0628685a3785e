import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openSubprocess, type SubprocessOptions } from './subprocess.ts'

const signal = new AbortController().signal
const PLACE: SubprocessOptions = { cwd: '/', env: { PATH: process.env['PATH'] ?? '' } }

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += Buffer.from(chunk).toString()
  return text
}

describe('a subprocess', () => {
  it('reads what it is given and ends', async () => {
    await using process = openSubprocess(['cat'], { ...PLACE, stdin: chunks('a', 'b') }, signal)
    assert.equal(await textOf(process.stdout), 'ab')
    assert.equal(await process.exitCode, 0)
    await process.stdinDone
  })

  it('may stop reading before its input ends', async () => {
    await using process = openSubprocess(['head', '-c', '1'], { ...PLACE, stdin: chunks(...Array.from({ length: 50 }, () => 'x'.repeat(65_536))) }, signal)
    assert.equal(await textOf(process.stdout), 'x')
    assert.equal(await process.exitCode, 0)
    await process.stdinDone
  })

  it('is stopped when the source of its input fails', async () => {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('begun')
      throw new Error('source failed')
    }
    await using process = openSubprocess(['cat'], { ...PLACE, stdin: failing() }, signal)
    await assert.rejects(process.stdinDone, /source failed/)
    await process.exitCode
  })

  it('has an empty input where none is given, and exits as a shell would say', async () => {
    await using process = openSubprocess(['sh', '-c', 'cat; kill -9 $$'], PLACE, signal)
    assert.equal(await textOf(process.stdout), '')
    assert.equal(await process.exitCode, 137)
  })

  it('that cannot be started says so by its exit code', async () => {
    await using process = openSubprocess(['/nowhere/program'], PLACE, signal)
    await assert.rejects(process.exitCode, { code: 'ENOENT' })
  })
})
