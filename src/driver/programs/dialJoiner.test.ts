import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dialJoiner, type JoinerDial } from './dialJoiner.ts'

/** Of a program that runs `script` with the words as its parameters. */
async function dialOf(script: string): Promise<JoinerDial> {
  return await dialJoiner({ name: 'sh', argv: ['/bin/sh', '-c', script, 'sh'], env: {} }, ['exec'], new AbortController().signal)
}

describe('what leads to the engine of a place', () => {
  it('is tried by both names', async () => {
    assert.deepEqual(await dialOf('echo "$*" >&2; exit 127'), { kind: 'no-program', failure: { exitCode: 127, said: 'exec pelago dial-stdio\n' } })
  })
  it('is missing where the program only says so', async () => {
    assert.equal((await dialOf('echo "exec: executable file not found in \\$PATH" >&2; exit 1')).kind, 'no-program')
  })
  it('is tried by one name where that is there and fails', async () => {
    assert.deepEqual(await dialOf('echo "$*" >&2; exit 1'), { kind: 'failed', failure: { exitCode: 1, said: 'exec buildctl dial-stdio\n' } })
  })
})
