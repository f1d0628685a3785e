import assert from 'node:assert/strict'
import { constants } from 'node:fs'
import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, duplexPair } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import type { FileStat, TreeReceiver, TreeSource } from '../../src/api/fileSync.ts'
import { Control } from '../../src/api/gen/control_pb.ts'
import { RemoteError, UnsupportedByPeerError } from '../../src/api/errorMapping.ts'
import { createProgressEncoder } from '../../src/api/progressMapping.ts'
import { createServer } from '../../src/daemon/server.ts'
import type { ClientSession } from '../../src/daemon/session/clientSession.ts'
import { createSessionManager } from '../../src/daemon/session/sessionManager.ts'
import type { BuildRequest, EngineClient, OutputDestination } from '../../src/driver/driver.ts'
import { createEngineClient } from '../../src/driver/engineClient.ts'
import { createMemoryTree } from '../../src/driver/session/memoryTree.ts'
import { createSolve } from '../../src/driver/solve.ts'
import { digestOf } from '../../src/ground/digest.ts'
import { InvalidValueError } from '../../src/ground/errors.ts'
import type { ProgressEvent } from '../../src/progress/progressEvent.ts'

const never = new AbortController().signal
const span = { source: { filename: 'Dockerfile', text: 'FROM scratch\nRUN x\n' }, startLine: 2, endLine: 2 }
const everything = { includePatterns: [], excludePatterns: [], followPaths: [] }

describe('a build over one connection', () => {
  it('brings the client’s folder, and of a filter what is no ASCII too', async (t) => {
    const asked: unknown[] = []
    const request = requestOf({ folders: new Map([['context', '/work folder']]) })
    const files = await build(t, { request, openFolder: (path, filter) => (asked.push([path, filter]), createMemoryTree(new Map([['a/b', Buffer.from('text')]]))) }, async (session) => {
      return await received(session, 'context', { includePatterns: ['a/*', 'ä b%'], excludePatterns: ['*.log'], followPaths: [] })
    })
    assert.deepEqual(asked, [['/work folder', { includePatterns: ['a/*', 'ä b%'], excludePatterns: ['*.log'], followPaths: [] }]])
    assert.deepEqual(files, new Map([['a', ''], ['a/b', 'text']]))
  })

  it('brings a Dockerfile that was given as bytes', async (t) => {
    const request = requestOf({ files: new Map([['dockerfile', new Map([['Dockerfile', Buffer.from('FROM scratch')]])]]) })
    const files = await build(t, { request }, (session) => received(session, 'dockerfile', everything))
    assert.deepEqual(files, new Map([['Dockerfile', 'FROM scratch']]))
  })

  it('refuses a folder that the build did not name', async (t) => {
    await assert.rejects(build(t, {}, (session) => received(session, 'home', everything)), { kind: 'not-found', message: /"home"/ })
  })

  it('gives secrets and credentials, Docker Hub’s under the name that users log in to', async (t) => {
    const request = requestOf({
      secrets: new Map([['token', { kind: 'env', value: 's3cret' }]]),
      credentials: { credentials: async (host) => (host === 'docker.io' ? { kind: 'basic', username: 'me', password: 'pw' } : host === 'ghcr.io' ? { kind: 'registry-token', token: 't' } : undefined) },
    })
    const got = await build(t, { request }, async (session) => ({
      secret: Buffer.from(await session.secret('token', never)).toString(),
      hub: await session.credentials('registry-1.docker.io', never),
      token: await session.credentials('ghcr.io', never),
      other: await session.credentials('quay.io', never),
    }))
    assert.deepEqual(got, { secret: 's3cret', hub: { kind: 'basic', username: 'me', password: 'pw' }, token: { kind: 'registry-token', token: 't' }, other: undefined })
  })

  it('says which secret is not there', async (t) => {
    await assert.rejects(build(t, {}, (session) => session.secret('none', never)), { name: 'RemoteError', kind: 'not-found', message: /secret none/ })
  })

  it('puts an archive at its place when all of it has come', async (t) => {
    const folder = await temporaryFolder(t)
    const path = join(folder, 'out', 'image.tar')
    await build(t, { request: requestOf({}, { kind: 'file', path }) }, (session) => session.sendTar(output, chunks(5, 1_000_000), never))
    assert.equal((await lstat(path)).size, 5_000_000)
    assert.deepEqual(await readdir(join(folder, 'out')), ['image.tar'])
  })

  it('leaves no half of an archive where the engine fails', async (t) => {
    const folder = await temporaryFolder(t)
    const request = requestOf({}, { kind: 'file', path: join(folder, 'image.tar') })
    await assert.rejects(build(t, { request }, (session) => session.sendTar(output, failingChunks(), never)), { message: /disk is gone/ })
    await eventually(async () => (await readdir(folder)).length === 0)
  })

  it('feeds a program, and says what it said when it fails', async (t) => {
    const request = requestOf({}, { kind: 'program', argv: ['/bin/sh', '-c', 'cat >/dev/null; echo no room >&2; exit 3'] })
    await assert.rejects(build(t, { request }, (session) => session.sendTar(output, chunks(3, 100_000), never)), { name: 'RemoteError', kind: 'step-failed', message: /exited with code 3: no room/ })
  })

  it('writes an archive to the standard output', async (t) => {
    const stdout = new PassThrough()
    const read = stdout.toArray()
    await build(t, { request: requestOf({}, { kind: 'stdout' }), stdout }, (session) => session.sendTar(output, chunks(2, 10), never))
    stdout.end()
    assert.equal(Buffer.concat((await read) as Buffer[]).byteLength, 20)
  })

  it('merges files into a folder: links, modes, and nothing through a symbolic link', async (t) => {
    const folder = await temporaryFolder(t)
    await writeFile(join(folder, 'kept'), 'kept')
    await mkdir(join(folder, 'elsewhere'))
    await symlink('elsewhere', join(folder, 'bin'))
    await build(t, { request: requestOf({}, { kind: 'folder', path: folder }) }, (session) => session.sendTree(output, outputTree, never))
    assert.deepEqual((await readdir(folder)).toSorted(), ['bin', 'elsewhere', 'kept', 'link'])
    assert.deepEqual(await readdir(join(folder, 'elsewhere')), [])
    const [tool, too] = [await lstat(join(folder, 'bin/tool')), await lstat(join(folder, 'bin/too'))]
    assert.deepEqual({ mode: tool.mode & 0o7777, mtimeMs: tool.mtimeMs, same: tool.ino === too.ino, folder: (await lstat(join(folder, 'bin'))).mode & 0o7777 }, { mode: 0o755, mtimeMs: 1_700_000_000_000, same: true, folder: 0o555 })
    assert.equal(await readFile(join(folder, 'bin/tool'), 'utf8'), 'tool')
    assert.equal(await readlink(join(folder, 'link')), 'bin/tool')
    await chmod(join(folder, 'bin'), 0o755) // so that an ordinary user can take it away
  })

  it('tells the client’s folders to an engine that trusts it, and to no other', async (t) => {
    const request = requestOf({ folders: new Map([['context', '/src/é']]) })
    assert.equal(await build(t, { request, isTrusted: true }, async (session) => session.sharedFolder('context')), '/src/é')
    assert.equal(await build(t, { request, isTrusted: false }, async (session) => session.sharedFolder('context')), undefined)
  })

  it('tells the events and the response', async (t) => {
    const events: ProgressEvent[] = []
    const response = await buildResponse(t, { sink: (event) => events.push(event) }, async () => undefined)
    assert.match(response.get('pelago.build.ref') ?? '', /^[0-9a-f-]{36}$/)
    assert.equal(response.get('containerimage.digest'), 'sha256:00')
    assert.deepEqual(events.map(({ kind }) => kind), ['vertex-announced', 'vertex-started', 'vertex-done'])
  })

  it('gives the engine’s error with kind, hint and lines', async (t) => {
    const failing = Object.assign(new InvalidValueError('unknown instruction', { hint: 'did you mean RUN?' }), { span })
    await assert.rejects(build(t, {}, () => Promise.reject(failing)), (error) => {
      assert.ok(error instanceof RemoteError)
      assert.deepEqual({ message: error.message, kind: error.kind, hint: error.hint, span: error.span }, { message: 'unknown instruction', kind: 'usage', hint: 'did you mean RUN?', span })
      return true
    })
  })

  it('ends at the engine too when it is cancelled', async (t) => {
    const controller = new AbortController()
    const reason = new Error('cancelled by the test')
    const stopped = Promise.withResolvers<undefined>()
    const run = build(t, { signal: controller.signal }, async (session) => {
      session.ended.addEventListener('abort', () => stopped.resolve(undefined))
      controller.abort(reason)
      await new Promise(() => undefined)
    })
    await assert.rejects(run, reason)
    await stopped.promise
  })

  it('says so of a call that the engine does not know', async (t) => {
    const { engine } = await connect(t, async () => undefined, true)
    await assert.rejects(engine.local.describe({}), UnsupportedByPeerError)
  })

  it('says so when the session does not come', async () => {
    await assert.rejects(createSessionManager().get('x:absent', AbortSignal.timeout(10)), { name: 'TimeoutError' })
  })
})

const output = { exporterIndex: 0, metadata: new Map([['containerimage.digest', 'sha256:00']]) }

const outputTree: TreeSource = {
  async *walk() {
    yield statOf('bin', constants.S_IFDIR | 0o555)
    yield { ...statOf('bin/too', constants.S_IFREG | 0o755), sizeBytes: 4 }
    yield { ...statOf('bin/tool', constants.S_IFREG | 0o755), linkTarget: 'bin/too' }
    yield { ...statOf('link', constants.S_IFLNK | 0o777), linkTarget: 'bin/tool' }
  },
  async *read() {
    yield Buffer.from('tool')
  },
}

function statOf(path: string, mode: number): FileStat {
  return { path, mode, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 1_700_000_000_000_000_000n, linkTarget: '', deviceMajor: 0, deviceMinor: 0, xattrs: new Map() }
}

function requestOf(parts: Partial<BuildRequest>, destination: OutputDestination = { kind: 'none' }): BuildRequest {
  return {
    frontend: 'dockerfile.v0',
    attributes: new Map(),
    folders: new Map(),
    files: new Map(),
    uploads: new Map(),
    stores: new Map(),
    writableStores: new Set(),
    outputs: [{ type: 'local', attributes: new Map(), destination }],
    secrets: new Map(),
    agents: new Map(),
    credentials: { credentials: async () => undefined },
    entitlements: [],
    cacheImports: [],
    cacheExports: [],
    ...parts,
  }
}

interface BuildParts {
  readonly request?: BuildRequest
  readonly openFolder?: Parameters<typeof createSolve>[0]['openFolder']
  readonly stdout?: PassThrough
  readonly isTrusted?: boolean
  readonly sink?: (event: ProgressEvent) => void
  readonly signal?: AbortSignal
}

/** Runs `work` as the engine's side of a build; gives what it came to. */
async function build<T>(t: TestContext, parts: BuildParts, work: (session: ClientSession) => Promise<T>): Promise<T> {
  const result: T[] = []
  await buildResponse(t, parts, async (session) => void result.push(await work(session)))
  const [only] = result
  return only as T
}

async function buildResponse(t: TestContext, parts: BuildParts, work: (session: ClientSession) => Promise<void>): Promise<ReadonlyMap<string, string>> {
  const { engine } = await connect(t, work, parts.isTrusted ?? true)
  const client = { stdout: parts.stdout ?? new PassThrough(), env: {}, cwd: '/' }
  const solve = createSolve({ openFolder: parts.openFolder ?? (() => createMemoryTree(new Map())), client })
  return await solve(engine, parts.request ?? requestOf({}), parts.sink ?? (() => undefined), parts.signal ?? never)
}

async function connect(t: TestContext, work: (session: ClientSession) => Promise<void>, isTrusted: boolean): Promise<{ engine: EngineClient }> {
  const sessions = createSessionManager()
  const vertex = digestOf('step')
  const server = createServer({
    sessions,
    onBug: () => undefined,
    addRoutes: (routes) =>
      void routes.service(Control, {
        async solve({ Session }, { signal }) {
          await work(await sessions.get(Session, signal))
          return { ExporterResponse: { 'containerimage.digest': 'sha256:00' } }
        },
        async *status() {
          yield* createProgressEncoder()([
            { kind: 'vertex-announced', vertex, at: 1, name: 'RUN x', inputs: [] },
            { kind: 'vertex-started', vertex, at: 1 },
            { kind: 'vertex-done', vertex, at: 2, outcome: { kind: 'executed' } },
          ])
        },
      }),
  })
  const [near, far] = duplexPair()
  server.serve(far, { isTrusted })
  const engine = createEngineClient(near, { isSameMachine: true })
  t.after(async () => {
    await engine[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })
  return { engine }
}

async function received(session: ClientSession, name: string, filter: Parameters<ClientSession['receiveFolder']>[1]): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  const receiver: TreeReceiver = {
    async entry({ path }) {
      files.set(path, '')
      return 'content'
    },
    async content({ path }, parts) {
      for await (const part of parts) files.set(path, (files.get(path) ?? '') + Buffer.from(part).toString())
    },
    end: async () => undefined,
  }
  await session.receiveFolder(name, filter, receiver, never)
  return files
}

async function* chunks(count: number, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield Buffer.alloc(sizeBytes)
}

async function* failingChunks(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(100_000)
  throw new InvalidValueError('disk is gone')
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pelago-session-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

/** For what the other side does after it was told: bounded by the test's own time. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(setImmediate)
}
