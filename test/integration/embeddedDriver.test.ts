import assert from 'node:assert/strict'
import { chmod, link, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { EngineClient } from '../../src/driver/driver.ts'
import { createEmbeddedDriver } from '../../src/driver/embeddedDriver.ts'
import { createSocketDriver } from '../../src/driver/socketDriver.ts'
import { findNamespaceProgram, findProgram } from '../../src/kit/enterNamespaces.ts'

const entry = fileURLToPath(new URL('../support/engine/smallEngine.ts', import.meta.url))
const never = new AbortController().signal
const canEnter = findNamespaceProgram(process.env) !== undefined || findProgram('unshare', process.env) !== undefined
const skip = canEnter ? false : 'needs pelago-ns or unshare'

describe('the embedded driver', { skip }, () => {
  it('starts an engine, and takes the same one for the next command while it lingers', async (t) => {
    const env = await environment(t, { PELAGO_LINGER: '1' })
    const first = await nameOf(createEmbeddedDriver({ env, entry }).connect(never))
    const second = await nameOf(createEmbeddedDriver({ env, entry }).connect(never))
    assert.equal(second, first)
  })

  it('leaves no engine and no socket behind where none is to linger', async (t) => {
    const env = await environment(t, { PELAGO_LINGER: '0' })
    const first = await nameOf(createEmbeddedDriver({ env, entry }).connect(never))
    assert.deepEqual((await readdir(folderOf(env))).filter((name) => !name.endsWith('.log')), [])
    const second = await nameOf(createEmbeddedDriver({ env, entry }).connect(never))
    assert.notEqual(second, first)
  })

  it('serves commands that start at once, whichever engine gets the socket', async (t) => {
    const env = await environment(t, { PELAGO_LINGER: '1' })
    const names = await Promise.all(Array.from({ length: 3 }, () => nameOf(createEmbeddedDriver({ env, entry }).connect(never))))
    const next = await nameOf(createEmbeddedDriver({ env, entry }).connect(never))
    assert.ok(names.includes(next), `${next} is none of ${names.join(', ')}`)
  })

  it('replaces a socket that a dead engine left', async (t) => {
    const env = await environment(t, { PELAGO_LINGER: '1' })
    const first = await nameOf(createEmbeddedDriver({ env, entry }).connect(never))
    const socket = (await readdir(folderOf(env))).find((name) => name.endsWith('.sock')) ?? ''
    await untilGone(join(folderOf(env), socket))
    await leaveSocket(join(folderOf(env), socket))
    const second = await nameOf(createEmbeddedDriver({ env, entry }).connect(never))
    const third = await nameOf(createEmbeddedDriver({ env, entry }).connect(never))
    assert.deepEqual([second === first, third === second], [false, true])
  })

  it('has an engine of its own for each root folder', async (t) => {
    const env = await environment(t, { PELAGO_LINGER: '1' })
    const first = await nameOf(createEmbeddedDriver({ env, entry }).connect(never))
    const second = await nameOf(createEmbeddedDriver({ env: { ...env, PELAGO_ROOT: `${env['PELAGO_ROOT'] ?? ''}-other` }, entry }).connect(never))
    assert.notEqual(second, first)
  })

  it('says why an engine did not start, in the engine’s own words', async (t) => {
    const said = JSON.stringify({ level: 'error', event: 'start-failed', message: 'the store is of a newer release', hint: 'use that release' })
    const env = await environment(t, { SMALL_ENGINE_ERROR: said })
    await assert.rejects(createEmbeddedDriver({ env, entry }).connect(never), { name: 'EngineUnavailableError', message: 'the engine did not start: the store is of a newer release', hint: 'use that release' })
  })

  it('says so where others can look into the folder of its sockets', async (t) => {
    const env = await environment(t, {})
    await nameOf(createEmbeddedDriver({ env: { ...env, PELAGO_LINGER: '0' }, entry }).connect(never))
    await chmod(folderOf(env), 0o755)
    await assert.rejects(createEmbeddedDriver({ env, entry }).connect(never), { name: 'EngineUnavailableError', message: /not a folder of yours alone/ })
  })

  it('stops the engine that it waits for on abort', async (t) => {
    const env = await environment(t, {})
    const controller = new AbortController()
    const reason = new Error('cancelled by the test')
    const connecting = createEmbeddedDriver({ env, entry }).connect(controller.signal)
    controller.abort(reason)
    await assert.rejects(connecting, reason)
  })
})

describe('the socket driver', () => {
  it('says that nobody answers', async (t) => {
    const folder = await temporaryFolder(t)
    await writeFile(join(folder, 'no-socket'), '')
    await assert.rejects(createSocketDriver(`unix://${folder}/no-socket`).connect(never), { name: 'EngineUnavailableError', message: /no engine answers/ })
  })

  for (const address of ['tcp://192.0.2.1:1234', 'tcp://localhost', 'unix://host/path', 'unix://', 'http://localhost:1', 'nothing']) {
    it(`refuses ${address}`, () => {
      assert.throws(() => createSocketDriver(address), { name: 'InvalidValueError' })
    })
  }
})

async function environment(t: TestContext, settings: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string | undefined>>> {
  const folder = await temporaryFolder(t)
  return { PATH: process.env['PATH'], HOME: folder, XDG_RUNTIME_DIR: folder, PELAGO_ROOT: join(folder, 'root'), ...settings }
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pelago-driver-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

function folderOf(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_RUNTIME_DIR'] ?? '', 'pelago')
}

/** Which engine it is; lets it go. */
async function nameOf(connecting: Promise<EngineClient>): Promise<string> {
  await using engine = await connecting
  const { buildkitVersion } = await engine.control.info({})
  return buildkitVersion?.version ?? ''
}

async function untilGone(path: string): Promise<void> {
  const folder = join(path, '..')
  while ((await readdir(folder)).some((name) => path.endsWith(name))) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** What a process leaves that is killed: Node takes its socket away only when it closes it. */
async function leaveSocket(path: string): Promise<void> {
  const server = createServer().listen(`${path}.tmp`)
  await once(server, 'listening')
  await link(`${path}.tmp`, path)
  server.close()
  await once(server, 'close')
}
