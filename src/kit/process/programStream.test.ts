import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { buffer } from 'node:stream/consumers'
import { openProgramStream } from './programStream.ts'

const options = { cwd: '/', env: { PATH: process.env['PATH'] ?? '' }, hasTerminal: false }

describe('openProgramStream', () => {
  it('carries bytes both ways, and an end', async () => {
    const { connection, exitCode } = openProgramStream(['cat'], options)
    const sent = Buffer.alloc(300_000, 'ab')
    connection.end(sent)
    assert.ok(sent.equals(await buffer(connection)))
    assert.equal(await exitCode, 0)
  })
  it('keeps what the program said last, and its exit code', async () => {
    const program = openProgramStream(['sh', '-c', 'head -c 9000 /dev/zero | tr "\\0" . >&2; echo sorry >&2; exit 3'], options)
    program.connection.resume()
    assert.equal(await program.exitCode, 3)
    assert.match(program.said(), /^\.{8186}sorry\n$/)
  })
  it('ends the program with the stream', async () => {
    const { connection, exitCode } = openProgramStream(['sleep', '1000'], options)
    connection.destroy()
    assert.equal(await exitCode, 128 + 15)
  })
  it('closes the stream where there is no such program', async () => {
    const { connection, exitCode, said } = openProgramStream(['/no/such/program'], options)
    connection.resume()
    await once(connection, 'close')
    assert.equal(await exitCode, 127)
    assert.match(said(), /no\/such\/program/)
  })
})
