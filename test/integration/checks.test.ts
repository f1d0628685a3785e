import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { createAskFrontend } from '../../src/driver/askFrontend.ts'
import type { BuildRequest, EngineClient } from '../../src/driver/driver.ts'
import { createSocketDriver } from '../../src/driver/socketDriver.ts'
import { createMemoryTree } from '../../src/driver/session/memoryTree.ts'
import { createSolve } from '../../src/driver/solve.ts'
import { startEngine, type EngineSocket } from '../support/engine/engineSocket.ts'
import { openPelago, type CommandResult, type ContextFiles, type Pelago } from '../support/pelago.ts'

/** What the command says of a Dockerfile, none of which has a base image to be pulled. */
describe('checks of a Dockerfile', () => {
  let pelago: Pelago
  before(async () => {
    pelago = await openPelago()
  })
  after(async () => pelago[Symbol.asyncDispose]())

  const build = async (files: ContextFiles, ...flags: readonly string[]): Promise<CommandResult> => pelago.run(['build', ...flags, await pelago.context(files)])
  const UNTIDY = '# syntax=docker/dockerfile:1\nFROM scratch AS Build\nENV a b\nCMD echo\n'

  describe('in a build', () => {
    it('are warnings at its end, with the lines', async () => {
      const { exitCode, stderr } = await build({ Dockerfile: UNTIDY })
      assert.equal(exitCode, 0)
      assert.match(stderr, /\n 3 warnings found \(use --debug to expand\):\n - StageNameCasing: .* \(line 2\)\n {3}2 \| FROM scratch AS Build\n - LegacyKeyValueFormat: [^]*\n {3}3 \| ENV a b\n - JSONArgsRecommended: [^]*\n {3}4 \| CMD echo\n$/)
    })
    it('are told at length with --debug', async () => {
      const { stderr } = await build({ Dockerfile: 'FROM scratch AS Build\n' }, '--debug')
      assert.match(stderr, /1 warning found:\n[^]*More info: https:\/\/docs\.docker\.com\/go\/dockerfile\/rule\/stage-name-casing\/\nDockerfile:1\n-+\n +1 \| >>> FROM scratch AS Build\n/)
    })
    it('look at the ignore file', async () => {
      const { stderr } = await build({ Dockerfile: 'FROM scratch\nCOPY app *.log /\n', '.dockerignore': '*.log\n', app: 'a' })
      assert.match(stderr, /1 warning found [^]*CopyIgnoredFile: .*"\*\.log"/)
    })
    it('make it fail where the Dockerfile wants that', async () => {
      const { exitCode, stderr } = await build({ Dockerfile: `# check=error=true;skip=StageNameCasing\n${UNTIDY}` })
      assert.equal(exitCode, 1)
      assert.match(stderr, /2 warnings found[^]*ERROR: lint violation found for rules: LegacyKeyValueFormat, JSONArgsRecommended\nDockerfile:1\n-+\n +1 \| >>> # check=/)
    })
    it('are chosen by a build argument', async () => {
      assert.doesNotMatch((await build({ Dockerfile: UNTIDY }, '--build-arg', 'BUILDKIT_DOCKERFILE_CHECK=skip=all')).stderr, /warning/)
    })
  })

  it('take BUILDKIT_SYNTAX in its place', async () => {
    const Dockerfile = '# syntax=example.com/frontend:1\nFROM scratch\n'
    assert.equal((await build({ Dockerfile }, '--build-arg', 'BUILDKIT_SYNTAX=docker/dockerfile:1')).exitCode, 0)
  })
  it('warn of a frontend newer than the one that is built in', async () => {
    assert.match((await build({ Dockerfile: '# syntax=docker/dockerfile:1.99\nFROM scratch\n' })).stderr, /1 warning found[^]*NewerSyntax: docker\/dockerfile:1\.99 is asked for/)
  })

  describe('instead of a build', () => {
    it('tell what they find with its lines, and exit with 1', async () => {
      const { exitCode, stdout, stderr } = await build({ Dockerfile: UNTIDY }, '--check', '-t', 'never-built')
      assert.equal(exitCode, 1)
      assert.match(stdout, /^Check complete, 3 warnings have been found!\n\nWARNING: StageNameCasing - https:\/\/docs\.docker\.com\/go\/dockerfile\/rule\/stage-name-casing\/\n.*\nDockerfile:2\n-+\n {3}1 \| {5}# syntax=docker\/dockerfile:1\n {3}2 \| >>> FROM scratch AS Build\n/)
      assert.doesNotMatch(stderr, /exporting|warning/)
      assert.doesNotMatch((await pelago.succeed(['images'])).stdout, /never-built/)
    })
    it('say so where they find nothing', async () => {
      const { exitCode, stdout } = await build({ Dockerfile: 'FROM scratch\n' }, '--call=check')
      assert.deepEqual([exitCode, stdout], [0, 'Check complete, no warnings found.\n'])
    })
    it('tell the mistake that would end the build, behind what they find', async () => {
      const { exitCode, stdout, stderr } = await build({ Dockerfile: 'FROM scratch AS B\nCOPYY a b\n' }, '--check')
      assert.deepEqual([exitCode, stdout], [1, ''])
      assert.match(stderr, /ERROR: .*unknown instruction: COPYY\nDockerfile:2\n[^]*>>> COPYY a b\n[^]*hint: did you mean COPY\?/)
    })
    it('speak JSON to scripts, as BuildKit does', async () => {
      const { exitCode, stdout } = await build({ Dockerfile: UNTIDY }, '--call=check,format=json')
      const { warnings, sources } = JSON.parse(stdout) as { readonly warnings: readonly { readonly ruleName: string }[]; readonly sources: readonly { readonly filename: string }[] }
      assert.deepEqual(warnings.map(({ ruleName }) => ruleName), ['StageNameCasing', 'LegacyKeyValueFormat', 'JSONArgsRecommended'])
      assert.deepEqual([exitCode, sources[0]?.filename], [1, 'Dockerfile'])
      assert.equal((await build({ Dockerfile: UNTIDY }, '--call=check,ignorestatus=true')).exitCode, 0)
    })
    it('outline what a build takes', async () => {
      const { exitCode, stdout } = await build({ Dockerfile: '# VERSION of the program\nARG VERSION=1\nFROM scratch AS x\nARG VERSION\n' }, '--call=outline')
      assert.deepEqual([exitCode, stdout], [0, 'TARGET: x\n\nBUILD ARG   VALUE   DESCRIPTION\nVERSION     1       of the program\n'])
    })
    it('list the targets, and leave them where scripts look', async () => {
      const path = join(pelago.folder, 'metadata.json')
      const { stdout } = await build({ Dockerfile: '# a compiles\nFROM scratch AS a\nFROM a\n' }, '--call', 'targets', '--metadata-file', path)
      assert.equal(stdout, 'TARGET    DESCRIPTION\na         compiles\n(default)\n')
      const metadata = JSON.parse(await readFile(path, 'utf8')) as { readonly 'result.json': { readonly targets: readonly unknown[] } }
      assert.equal(metadata['result.json'].targets.length, 2)
    })
    it('look at every platform, and say once what they have in common', async () => {
      const Dockerfile = 'FROM scratch AS A\nRUN wget https://example.com/tool-amd64\n'
      const { stdout } = await build({ Dockerfile }, '--check', '--platform', 'linux/amd64,linux/arm64,linux/arm/v7')
      assert.match(stdout, /^Check complete, 2 warnings have been found!\n[^]*WARNING: HardcodedArchInDownload - docs\/checks\.md#hardcodedarchindownload\n[^]*>>> RUN wget/)
      assert.match((await build({ Dockerfile }, '--check', '--platform', 'linux/amd64')).stdout, /^Check complete, 1 warning has been found!\n\nWARNING: StageNameCasing/)
    })
    it('outline the secrets and caches of its steps', async () => {
      const { stdout } = await build({ Dockerfile: 'FROM scratch\nRUN --mount=type=secret,id=token,required --mount=type=cache,target=/c x\n' }, '--call=outline')
      assert.equal(stdout, 'SECRET   REQUIRED\ntoken    true\n\nCACHE MOUNT\n/c\n')
    })
    it('are refused where they are none', async () => {
      const { exitCode, stderr } = await build({ Dockerfile: 'FROM scratch\n' }, '--call=dance')
      assert.equal(exitCode, 2)
      assert.match(stderr, /invalid --call: "dance"\nhint: choose one of build, check, lint, outline/)
    })
  })

  describe('over the wire', () => {
    let socket: EngineSocket
    let engine: EngineClient
    before(async () => {
      socket = await startEngine()
      engine = await createSocketDriver(socket.address).connect(never)
    })
    after(async () => {
      await engine[Symbol.asyncDispose]()
      await socket[Symbol.asyncDispose]()
    })
    const parts = { openFolder: () => createMemoryTree(new Map()), client: { stdout: new PassThrough(), env: {}, cwd: '/' } }
    const question = (requestId: string): BuildRequest => ({
      frontend: 'dockerfile.v0',
      attributes: new Map([['filename', 'Dockerfile'], ['requestid', requestId]]),
      folders: new Map(),
      files: new Map([['dockerfile', new Map([['Dockerfile', Buffer.from(UNTIDY)]])], ['context', new Map()]]),
      outputs: [],
      writableStores: new Set(),
      secrets: new Map(),
      agents: new Map(),
      uploads: new Map(),
      stores: new Map(),
      credentials: { credentials: async () => undefined },
      entitlements: [],
      cacheImports: [],
      cacheExports: [],
    })
    for (const { name, keys } of [
      { name: 'frontend.lint', keys: ['result.json', 'result.statuscode', 'result.txt', 'version'] },
      { name: 'frontend.outline', keys: ['result.json', 'result.txt', 'version'] },
      { name: 'frontend.targets', keys: ['result.json', 'result.txt', 'version'] },
      { name: 'frontend.subrequests.describe', keys: ['result.json', 'result.txt', 'version'] },
    ]) {
      it(`answer ${name} in a build that the client drives, as docker buildx does, and in one call`, async () => {
        const driven = await createAskFrontend(parts)(engine, question(name), () => undefined, never)
        assert.deepEqual([...driven.keys()].sort(), keys)
        assert.deepEqual(await createSolve(parts)(engine, question(name), () => undefined, never), driven)
      })
    }
    it('say what can be asked where something else is', async () => {
      await assert.rejects(createAskFrontend(parts)(engine, question('frontend.dance'), () => undefined, never), { name: 'RemoteError', message: 'unsupported request frontend.dance', hint: /there are frontend\.outline/ })
    })
  })
})

const never = new AbortController().signal
