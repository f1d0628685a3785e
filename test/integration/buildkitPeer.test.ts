import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { after, before, describe, it, type TestContext } from 'node:test'
import { UnsupportedByPeerError } from '../../src/api/errorMapping.ts'
import { createAskFrontend } from '../../src/driver/askFrontend.ts'
import { checkPlanner } from '../../src/cli/plan/askPlan.ts'
import { readFailedSteps } from '../../src/cli/debug/keptSteps.ts'
import type { BuildRequest, EngineClient, OutputDestination } from '../../src/driver/driver.ts'
import { createEngineClient } from '../../src/driver/engineClient.ts'
import { createMemoryTree } from '../../src/driver/session/memoryTree.ts'
import { createSolve } from '../../src/driver/solve.ts'
import type { ProgressEvent } from '../../src/progress/progressEvent.ts'
import { startDockerDaemon, type DockerDaemon } from '../support/peers/dockerDaemon.ts'
import { writeContext } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'

const skip = missing('dockerd') || (process.getuid?.() !== 0 && 'dockerd needs root')
const never = new AbortController().signal

/** The client's side of every protocol, against BuildKit itself. */
describe('a BuildKit written in Go as engine', { skip }, () => {
  let daemon: DockerDaemon
  before(async () => {
    daemon = await startDockerDaemon()
  })
  after(() => daemon[Symbol.asyncDispose]())

  const connect = async (t: TestContext): Promise<EngineClient> => {
    const engine = createEngineClient(await daemon.openBuildKit(), { isSameMachine: false })
    t.after(() => engine[Symbol.asyncDispose]())
    return engine
  }

  it('lists its platforms', async (t) => {
    const { record } = await (await connect(t)).control.listWorkers({})
    assert.ok(record[0]?.platforms.some(({ OS }) => OS === 'linux'))
  })

  it('reads the context, tells what it does, and gives the files back into a folder', async (t) => {
    const folder = await temporaryFolder(t)
    const events: ProgressEvent[] = []
    await solve(await connect(t), 'FROM scratch\nCOPY . /\n', { kind: 'folder', path: folder }, (event) => events.push(event))
    assert.deepEqual((await readdir(folder)).toSorted(), ['large', 'many', 'ä b'])
    assert.equal(await readFile(join(folder, 'ä b/x.txt'), 'utf8'), 'hello')
    assert.equal((await readFile(join(folder, 'large'))).byteLength, LARGE_BYTES)
    assert.equal((await readdir(join(folder, 'many'))).length, MANY)
    const names = events.flatMap((event) => (event.kind === 'vertex-announced' ? [event.name] : []))
    assert.ok(names.includes('[internal] load build context'), names.join('\n'))
    assert.deepEqual(new Set(events.flatMap((event) => (event.kind === 'vertex-done' ? [event.outcome.kind] : []))), new Set(['executed']))
  })

  it('makes no plans, which is told', async (t) => {
    await assert.rejects(checkPlanner(await connect(t), never), { name: 'UnsupportedByPeerError', message: /makes no plans/, hint: /leave out --builder/ })
  })

  it('gives an archive', async (t) => {
    const path = join(await temporaryFolder(t), 'out.tar')
    await solve(await connect(t), 'FROM scratch\nCOPY large /\n', { kind: 'file', path })
    assert.ok((await readFile(path)).byteLength > LARGE_BYTES)
  })

  it('takes an archive of the client as context, whole, whatever it would ignore', async (t) => {
    const [source, folder] = [await temporaryFolder(t), await temporaryFolder(t)]
    await writeContext(source, { Dockerfile: 'FROM scratch\nCOPY . /\n', '.dockerignore': 'ignored', ignored: 'not so' })
    const archive = spawnSync('tar', ['-cf', '-', '-C', source, '.']).stdout
    const request = requestOf('', { kind: 'folder', path: folder })
    const attributes = new Map([['filename', 'Dockerfile'], ['context', 'http://buildkit-session/stdin']])
    await createSolve(CLIENT)(await connect(t), { ...request, attributes, files: new Map(), uploads: new Map([['stdin', oneChunk(archive)]]) }, () => undefined, never)
    assert.deepEqual((await readdir(folder)).toSorted(), ['.dockerignore', 'Dockerfile', 'ignored'])
  })

  it('answers what is asked of its frontend', async (t) => {
    const ask = createAskFrontend(CLIENT)
    const answer = await ask(await connect(t), { ...requestOf('FROM scratch\n', { kind: 'none' }), attributes: new Map([['filename', 'Dockerfile'], ['requestid', 'frontend.subrequests.describe']]) }, () => undefined, never)
    assert.match(answer.get('result.json') ?? '', /frontend\.subrequests\.describe/)
  })

  it('fails as an engine of our own does', async (t) => {
    const engine = await connect(t)
    await assert.rejects(solve(engine, 'FROM scratch\nCOPYY . /\n', { kind: 'none' }), { name: 'RemoteError', kind: 'step-failed', message: /unknown instruction: COPYY/ })
    await assert.rejects(engine.local.describe({}), UnsupportedByPeerError)
    await assert.rejects(readFailedSteps(engine, never), { name: 'DebugUnavailableError', message: /keeps no failed steps/ })
  })
})

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

const LARGE_BYTES = 6_000_000
const MANY = 300

const files = new Map<string, Uint8Array>([
  ['ä b/x.txt', Buffer.from('hello')],
  ['large', Buffer.alloc(LARGE_BYTES, 'ab')],
  ...Array.from({ length: MANY }, (_, index): [string, Uint8Array] => [`many/f${index}`, Buffer.from(`content ${index}`)]),
])

async function solve(engine: EngineClient, dockerfile: string, destination: OutputDestination, sink: (event: ProgressEvent) => void = () => undefined): Promise<void> {
  await createSolve(CLIENT)(engine, requestOf(dockerfile, destination), sink, never)
}

const CLIENT = { openFolder: () => createMemoryTree(new Map()), client: { stdout: new PassThrough(), env: {}, cwd: '/' } }

function requestOf(dockerfile: string, destination: OutputDestination): BuildRequest {
  return {
    frontend: 'dockerfile.v0',
    attributes: new Map([['filename', 'Dockerfile']]),
    folders: new Map(),
    files: new Map([['dockerfile', new Map([['Dockerfile', Buffer.from(dockerfile)]])], ['context', files]]),
    uploads: new Map(),
    stores: new Map(),
    writableStores: new Set(),
    outputs: destination.kind === 'none' ? [] : [{ type: destination.kind === 'folder' ? 'local' : 'tar', attributes: new Map(), destination }],
    secrets: new Map(),
    agents: new Map(),
    credentials: { credentials: async () => undefined },
    entitlements: [],
    cacheImports: [],
    cacheExports: [],
  }
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pelago-peer-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}
