import assert from 'node:assert/strict'
import { link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { TreeReceiver } from '../../src/api/fileSync.ts'
import { Control } from '../../src/api/gen/control_pb.ts'
import { LLBBridge } from '../../src/api/gen/gateway_pb.ts'
import { createServer } from '../../src/daemon/server.ts'
import type { ClientSession } from '../../src/daemon/session/clientSession.ts'
import { createSessionManager } from '../../src/daemon/session/sessionManager.ts'
import { createMemoryTree } from '../../src/driver/session/memoryTree.ts'
import { BuildError } from '../../src/ground/errors.ts'
import { openSubprocess } from '../../src/kit/process/subprocess.ts'
import { buildxArgv, missingBuildx } from '../support/peers/buildx.ts'

const never = new AbortController().signal
const output = { exporterIndex: 0, metadata: new Map([['containerimage.digest', 'sha256:00']]) }

class TestError extends BuildError {
  readonly kind = 'step-failed'
}

/** The server's side of every protocol, against docker buildx. What it builds is no matter here: the test is the engine. */
describe('docker buildx as client', { skip: missingBuildx }, () => {
  it('sends its folder, its secrets and no more, and takes files into a folder', async (t) => {
    const folder = await temporaryFolder(t)
    const got = await build({ folder, flags: ['--secret', `id=token,src=${folder}/secret`, '-o', `type=local,dest=${folder}/out`] }, async (session) => {
      const entries: string[] = []
      await session.receiveFolder('context', { includePatterns: [], excludePatterns: ['*.log', 'ä*'], followPaths: [] }, listing(entries), never)
      const secret = Buffer.from(await session.secret('token', never)).toString()
      const hub = await session.credentials('registry-1.docker.io', never)
      await assert.rejects(session.secret('other', never), { name: 'RemoteError', kind: 'not-found' })
      await assert.rejects(session.receiveFolder('home', { includePatterns: [], excludePatterns: [], followPaths: [] }, listing([]), never), { name: 'ContextUnavailableError' })
      await session.sendTree(output, createMemoryTree(new Map([['d/ü', Buffer.from('text')], ['large', Buffer.alloc(5_000_000)]])), never)
      return { entries, secret, hub }
    })
    assert.deepEqual(got, { secret: 's3cret', hub: undefined, entries: ['Dockerfile 100644 FROM scratch', 'a 100644 text', 'hard 100644 -> a', 'link 120777 -> a', 'sub 40755', 'sub/b 100644 b'] })
    assert.equal(await readFile(join(folder, 'out/d/ü'), 'utf8'), 'text')
    assert.equal((await readFile(join(folder, 'out/large'))).byteLength, 5_000_000)
  })

  it('takes an archive', async (t) => {
    const folder = await temporaryFolder(t)
    await build({ folder, flags: ['-o', `type=tar,dest=${folder}/out.tar`] }, (session) => session.sendTar(output, archive(), never))
    assert.equal((await readFile(join(folder, 'out.tar'))).byteLength, 8_000_000)
  })

  it('draws the lines of a Dockerfile that an error points at', async (t) => {
    const folder = await temporaryFolder(t)
    const span = { source: { filename: 'Dockerfile', text: 'FROM scratch\nCOPYY a b\n' }, startLine: 2, endLine: 2 }
    const failing = build({ folder, flags: [] }, () => Promise.reject(Object.assign(new TestError('unknown instruction: COPYY'), { span })))
    await assert.rejects(failing, /Dockerfile:2[^]*>>> COPYY a b[^]*unknown instruction: COPYY/)
  })
})

/** Runs `work` with the session of one `docker buildx build` of a small context in `folder`. @throws Error with what buildx said where it fails */
async function build<T>({ folder, flags }: { readonly folder: string; readonly flags: readonly string[] }, work: (session: ClientSession) => Promise<T>): Promise<T> {
  const socket = join(folder, 'engine.sock')
  const result = Promise.withResolvers<T>()
  result.promise.catch(() => undefined) // where it fails, buildx says so
  await using server = serveProbesAnd(async (session) => {
    try {
      result.resolve(await work(session))
    } catch (error) {
      result.reject(error)
      throw error
    }
  })
  await server.listen(socket, { isTrusted: false })
  const env = { HOME: folder, PATH: process.env['PATH'] ?? '' }
  await writeContext(join(folder, 'context'))
  await writeFile(join(folder, 'secret'), 's3cret')
  await runBuildx(['create', '--name', 'remote', '--driver', 'remote', `unix://${socket}`], env)
  await runBuildx(['build', '--builder', 'remote', '--progress', 'plain', ...flags, join(folder, 'context')], env)
  return await result.promise
}

/** buildx asks an engine what it can do by an internal build of nothing, then builds through the gateway. */
function serveProbesAnd(work: (session: ClientSession) => Promise<void>): ReturnType<typeof createServer> {
  const sessions = createSessionManager()
  const returned = new Map<string, PromiseWithResolvers<undefined>>()
  const worked = Promise.withResolvers<undefined>()
  const probe = (ref: string): PromiseWithResolvers<undefined> => {
    const known = returned.get(ref) ?? Promise.withResolvers<undefined>()
    returned.set(ref, known)
    return known
  }
  return createServer({
    sessions,
    onBug: () => undefined,
    addRoutes: (routes) =>
      void routes
        .service(Control, {
          info: () => ({ buildkitVersion: { version: 'v0.25.0' } }),
          listWorkers: () => ({ record: [{ ID: 'test', platforms: [{ OS: 'linux', Architecture: 'amd64' }] }] }),
          async solve({ Ref, Session, Internal }, { signal }) {
            if (Internal) await probe(Ref).promise
            else await work(await sessions.get(Session, signal)).finally(() => worked.resolve(undefined))
            return {}
          },
          async *status() {
            yield {}
          },
        })
        .service(LLBBridge, {
          ping: () => ({ FrontendAPICaps: CAPS.map((ID) => ({ ID, Enabled: true })), LLBCaps: [{ ID: 'source.local', Enabled: true }] }),
          return: (_request, { requestHeader }) => {
            probe(requestHeader.get('buildkit-controlapi-buildid') ?? '').resolve(undefined)
            return {}
          },
          // the work is done in Control.Solve; buildx waits for both
          async solve() {
            await worked.promise
            return { result: { result: { case: 'ref', value: { id: '' } } } }
          },
        }),
  })
}

const CAPS = ['solve.base', 'resolveimage', 'readfile', 'return', 'returnmap', 'proto.refarray', 'reference.output', 'frontend.inputs', 'frontend.caps']

async function writeContext(folder: string): Promise<void> {
  await mkdir(join(folder, 'sub'), { recursive: true, mode: 0o755 })
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch', { mode: 0o644 })
  await writeFile(join(folder, 'a'), 'text', { mode: 0o644 })
  await link(join(folder, 'a'), join(folder, 'hard'))
  await symlink('a', join(folder, 'link'))
  await writeFile(join(folder, 'sub/b'), 'b', { mode: 0o644 })
  await writeFile(join(folder, 'x.log'), '')
  await writeFile(join(folder, 'ä1'), '')
}

async function runBuildx(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  await using program = openSubprocess(buildxArgv(args), { cwd: '/', env }, never)
  const [said] = await Promise.all([text(program.stderr), text(program.stdout)])
  if ((await program.exitCode) !== 0) throw new TestError(said)
}

function listing(entries: string[]): TreeReceiver {
  const line = (path: string, mode: number): string => `${path} ${mode.toString(8)}`
  return {
    async entry({ path, mode, linkTarget }) {
      entries.push(line(path, mode) + (linkTarget === '' ? '' : ` -> ${linkTarget}`))
      return 'content'
    },
    async content({ path, mode }, chunks) {
      const content = await text(chunks)
      entries[entries.indexOf(line(path, mode))] = `${line(path, mode)} ${content}`
    },
    end: async () => undefined,
  }
}

async function text(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let all = ''
  for await (const chunk of chunks) all += Buffer.from(chunk).toString()
  return all
}

async function* archive(): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < 8; index++) yield Buffer.alloc(1_000_000)
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pelago-buildx-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}
