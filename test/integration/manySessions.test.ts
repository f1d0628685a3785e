import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createServer } from '../../src/daemon/server.ts'
import { createSessionManager } from '../../src/daemon/session/sessionManager.ts'
import { createEngineClient } from '../../src/driver/engineClient.ts'
import { createMemoryTree } from '../../src/driver/session/memoryTree.ts'
import { openSession } from '../../src/driver/session/sessionHost.ts'
import type { SessionContents } from '../../src/driver/session/sessionServices.ts'
import { buildRequest } from '../../src/driver/targets/targetRequest.suite.ts'

const never = new AbortController().signal
const SESSIONS = 1000
/** A session that stayed would hold some hundred kilobytes: its windows, its tunnel, its HTTP/2. */
const MOST_GROWTH_BYTES = 8_000_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

describe('a server', () => {
  it(`holds nothing of ${SESSIONS} clients that came and went`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'pelago-sessions-'))
    t.after(() => rm(folder, { recursive: true }))
    const sessions = createSessionManager()
    await using server = createServer({ sessions, addRoutes: () => undefined, onBug: (error) => assert.fail(String(error)) })
    const path = join(folder, 'engine.sock')
    assert.equal(await server.listen(path, { isTrusted: false }), true)
    await comeAndGo(100) // what is made once is there from then on
    const before = await measure()
    await comeAndGo(SESSIONS)
    const after = await measure()
    assert.equal(after.files, before.files)
    assert.ok(after.heapBytes - before.heapBytes < MOST_GROWTH_BYTES, `the heap grew from ${before.heapBytes} to ${after.heapBytes} bytes`)

    async function comeAndGo(count: number): Promise<void> {
      for (let client = 0; client < count; client++) {
        await using engine = createEngineClient(connect(path), { isSameMachine: false })
        await using session = openSession(engine, CONTENTS, never)
        const seen = await sessions.get(session.id, never)
        await session[Symbol.asyncDispose]()
        if (!seen.ended.aborted) await new Promise((resolve) => seen.ended.addEventListener('abort', resolve))
      }
    }
  })
})

const CONTENTS: SessionContents = {
  ...buildRequest({}),
  openFolder: () => createMemoryTree(new Map()),
  client: { stdout: process.stdout, env: {}, cwd: '/' },
}

async function measure(): Promise<{ readonly files: number; readonly heapBytes: number }> {
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve)) // what is closed is let go in a later turn
    collectGarbage()
  }
  return { files: (await readdir('/proc/self/fd')).length, heapBytes: process.memoryUsage().heapUsed }
}
