import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { link, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { buildxArgv, missingBuildx } from '../support/peers/buildx.ts'
import { busyboxContext } from '../support/images/busyboxContext.ts'
import { startDockerRegistry, REGISTRY_LOGIN } from '../support/registry/dockerRegistry.ts'
import { startBuildkitd, startEngine, type EngineSocket } from '../support/engine/engineSocket.ts'
import { openPelago, runCommand, type CommandResult, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'

const noBusybox = !existsSync('/usr/bin/busybox') && 'not installed: busybox'

interface Client {
  readonly name: string
  readonly skip: string | false
  /** The command line of a build of a folder, by the engine. */
  argv(folder: string, output: string): readonly string[]
  /** Once, before the first build. */
  setUp(address: string, env: Readonly<Record<string, string>>): Promise<void>
}

const clients: readonly Client[] = [
  {
    name: 'buildctl',
    skip: missing('buildctl'),
    argv: (folder, output) => ['buildctl', 'build', '--progress', 'plain', '--frontend', 'dockerfile.v0', '--local', `context=${folder}`, '--local', `dockerfile=${folder}`, '--output', output],
    setUp: async () => undefined,
  },
  {
    name: 'docker buildx',
    skip: missingBuildx,
    argv: (folder, output) => buildxArgv(['build', '--builder', 'pelago', '--progress', 'plain', '--output', output, folder]),
    async setUp(address, env) {
      const { exitCode, stderr } = await runCommand(buildxArgv(['create', '--name', 'pelago', '--driver', 'remote', address]), { env })
      assert.equal(exitCode, 0, stderr)
    },
  },
]

for (const client of clients) {
  describe(`${client.name} as client of Pelago's engine`, { skip: client.skip || missing('crun') || noBusybox }, () => {
    let engine: EngineSocket
    let pelago: Pelago
    let env: Readonly<Record<string, string>>
    before(async () => {
      engine = await startEngine()
      pelago = await openPelago()
      env = { ...pelago.env, BUILDKIT_HOST: engine.address, BUILDX_CONFIG: join(pelago.folder, 'buildx') }
      await client.setUp(engine.address, env)
    })
    after(async () => {
      await pelago[Symbol.asyncDispose]()
      await engine[Symbol.asyncDispose]()
    })
    const build = (folder: string, output: string): Promise<CommandResult> => runCommand(client.argv(folder, output), { env })

    it('sends its folder, has a step run, and takes the files', async () => {
      const folder = await pelago.context(busyboxContext(['COPY files /files', 'RUN cat /files/* > /all']))
      await writeOddFiles(join(folder, 'files'))
      const out = join(pelago.folder, 'out')
      const { exitCode, stderr } = await build(folder, `type=local,dest=${out}`)
      assert.equal(exitCode, 0, stderr)
      const all = await readFile(join(out, 'all'), 'utf8')
      assert.equal(all.length, ODD_NAMES.join('').length + 'one'.length * 3)
      for (const name of ODD_NAMES) assert.equal(await readFile(join(out, 'files', name), 'utf8'), name)
      assert.equal((await stat(join(out, 'files/hard'))).ino, (await stat(join(out, 'files/one'))).ino)
    })

    it('takes an image as OCI archive', async () => {
      const folder = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
      const path = join(pelago.folder, 'image.tar')
      const { exitCode, stderr } = await build(folder, `type=oci,dest=${path}`)
      assert.equal(exitCode, 0, stderr)
      assert.match((await readFile(path)).toString('latin1'), /oci-layout/)
    })

    it('draws the lines of a Dockerfile that is wrong, as from a buildkitd', async () => {
      const folder = await pelago.context({ Dockerfile: 'FROM scratch\nCOPYY a b\n' })
      const { exitCode, stderr } = await build(folder, 'type=tar,dest=/dev/null')
      assert.equal(exitCode, 1)
      assert.match(stderr, /Dockerfile:2\n-+\n {3}1 \| {5}FROM scratch\n {3}2 \| >>> COPYY a b\n/)
      assert.match(stderr, /failed to solve: dockerfile parse error on line 2: unknown instruction: COPYY/)
    })

    it('tells how a step failed, with what it printed', async () => {
      const folder = await pelago.context(busyboxContext(['RUN echo before; exit 7']))
      const { exitCode, stderr } = await build(folder, 'type=tar,dest=/dev/null')
      assert.equal(exitCode, 1)
      assert.match(stderr, /\d before\n/)
      assert.match(stderr, /failed to solve: process "\/bin\/sh -c echo before; exit 7" did not complete successfully: exit code: 7/)
    })

    it('is told of a source that is not there', async () => {
      const folder = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY nothere /\n' })
      const { stderr } = await build(folder, 'type=tar,dest=/dev/null')
      assert.match(stderr, /failed to solve: failed to .*"\/nothere": not found/)
    })

    it('ends a step when it is interrupted', async () => {
      const folder = await pelago.context(busyboxContext(['RUN echo begun; sleep 600']))
      const [program = '', ...args] = client.argv(folder, 'type=tar,dest=/dev/null')
      const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
      const exited = once(child, 'exit')
      let said = ''
      for await (const chunk of child.stderr) {
        said += String(chunk)
        if (!child.killed && /\d begun\n/.test(said)) child.kill('SIGINT')
      }
      assert.notDeepEqual(await exited, [0, null], said)
      assert.match(said, /CANCELED/) // told by the engine, when the step has ended
    })

    it('pushes with the login of its user, and not without', { skip: missing('docker-registry') }, async () => {
      await using registry = await startDockerRegistry({ asksForLogin: true })
      const folder = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
      const output = `type=image,name=${registry.host}/app:1,push=true`
      const denied = await build(folder, output)
      assert.equal(denied.exitCode, 1)
      assert.match(denied.stderr, /asks for a login/)
      const auth = Buffer.from(`${REGISTRY_LOGIN.username}:${REGISTRY_LOGIN.password}`).toString('base64')
      await mkdir(env['DOCKER_CONFIG'] ?? '', { recursive: true })
      await writeFile(join(env['DOCKER_CONFIG'] ?? '', 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }))
      const pushed = await build(folder, output)
      assert.equal(pushed.exitCode, 0, pushed.stderr)
    })
  })
}

describe('docker buildx bake as client of Pelago’s engine', { skip: missingBuildx || missing('crun') || noBusybox }, () => {
  it('builds targets that stand on others, for two platforms, and does what they share once', async () => {
    await using engine = await startEngine()
    await using pelago = await openPelago()
    const env = { ...pelago.env, BUILDX_CONFIG: join(pelago.folder, 'buildx') }
    const buildx = (...args: readonly string[]): Promise<CommandResult> => runCommand(buildxArgv(args), { env, cwd: folder })
    const definition = `
target "base" {
  dockerfile-inline = "FROM scratch AS run\\nCOPY --chmod=755 busybox /bin/sh\\nRUN echo the shared step; echo shared > /shared\\nFROM scratch\\nARG TARGETARCH\\nENV FOR=$TARGETARCH\\nCOPY --from=run /shared /\\n"
  platforms = ["linux/amd64", "linux/arm64"]
}
target "app" {
  name = "app-\${n}"
  matrix = { n = ["one", "two"] }
  dockerfile-inline = "FROM the-base\\nWORKDIR /\${n}\\nCOPY small $FOR\\n"
  contexts = { the-base = "target:base" }
  platforms = ["linux/amd64", "linux/arm64"]
  output = ["type=local,dest=out-\${n}"]
}`
    const folder = await pelago.context({ ...busyboxContext([]), small: 'small', 'docker-bake.hcl': definition })
    const created = await buildx('create', '--name', 'pelago', '--driver', 'remote', engine.address)
    assert.equal(created.exitCode, 0, created.stderr)
    const { exitCode, stderr } = await buildx('bake', '--builder', 'pelago', '--progress', 'plain', '--no-cache', '--set', '*.attest=type=provenance,disabled=true', 'app')
    assert.equal(exitCode, 0, stderr)
    // a step that several targets have is headed by the name of any of them, and again where it goes on
    const contextLoads = new Set(stderr.match(/^#\d+ (?=\[.* load build context$)/gm))
    assert.deepEqual([stderr.match(/^#\d+ [\d.]+ the shared step/gm)?.length, contextLoads.size], [2, 2], 'once for each platform; and the files that each takes of the folder')
    for (const name of ['one', 'two']) assert.equal(await readFile(join(folder, `out-${name}`, 'linux_arm64', name, 'arm64'), 'utf8'), 'small')
  })
})

describe('buildctl asks Pelago’s engine', { skip: missing('buildctl') }, () => {
  it('what it is, what it holds, and to prune it', async () => {
    await using engine = await startEngine()
    const ask = (...args: readonly string[]): Promise<CommandResult> => runCommand(['buildctl', '--addr', engine.address, ...args])
    assert.match((await ask('debug', 'info')).stdout, /BuildKit:\s+pelago/)
    assert.match((await ask('debug', 'workers')).stdout, /linux\/amd64/)
    assert.match((await ask('du')).stdout, /Total:\s+0B/)
    assert.match((await ask('prune', '--all')).stdout, /Total:\s+0B/)
  })
})

describe('pelago as client of a buildkitd', { skip: missing('buildkitd', 'runc', 'unshare') || (process.getuid?.() !== 0 && 'buildkitd needs root') || noBusybox }, () => {
  let engine: EngineSocket
  let pelago: Pelago
  before(async () => {
    engine = await startBuildkitd()
    pelago = await openPelago()
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await engine[Symbol.asyncDispose]()
  })
  const build = (...args: readonly string[]): Promise<CommandResult> => pelago.run(['--builder', engine.address, 'build', '--progress', 'plain', ...args])

  it('sends its folder, has a step run, and takes the files', async () => {
    const folder = await pelago.context(busyboxContext(['COPY files /files', 'RUN cat /files/* > /all']))
    await writeOddFiles(join(folder, 'files'))
    const out = join(pelago.folder, 'out')
    const { exitCode, stderr } = await build('-o', out, folder)
    assert.equal(exitCode, 0, stderr)
    assert.equal((await readFile(join(out, 'all'), 'utf8')).length, ODD_NAMES.join('').length + 'one'.length * 3)
    assert.match(stderr, /^#\d+ transferring context: /m)
  })

  it('takes archives', async () => {
    const folder = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const path = join(pelago.folder, 'image.tar')
    for (const type of ['oci', 'docker', 'tar']) {
      const { exitCode, stderr } = await build('-o', `type=${type},dest=${path}`, folder)
      assert.equal(exitCode, 0, stderr)
      assert.match((await readFile(path)).toString('latin1'), type === 'tar' ? /Dockerfile/ : /oci-layout/)
    }
  })

  it('tells what is wrong, with the lines', async () => {
    const folder = await pelago.context(busyboxContext(['RUN echo before; exit 7']))
    const { exitCode, stderr } = await build(folder)
    assert.equal(exitCode, 1)
    assert.match(stderr, /ERROR: process "\/bin\/sh -c echo before; exit 7" did not complete successfully: exit code: 7/)
    assert.match(stderr, />>> RUN echo before; exit 7/)
  })
})

const ODD_NAMES = ['a b', 'tab\tx', 'new\nline', 'ünï', '日本語', '-dash', 'quote"\'', 'back\\slash', 'star*', 'br[a]ck', 'x'.repeat(200), 'per%41', 'comma,x']

/** Files named so and holding their names, one with a hard and a symbolic link to it. */
async function writeOddFiles(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const name of ODD_NAMES) await writeFile(join(folder, name), name)
  await writeFile(join(folder, 'one'), 'one')
  await link(join(folder, 'one'), join(folder, 'hard'))
  await symlink('one', join(folder, 'soft'))
}
