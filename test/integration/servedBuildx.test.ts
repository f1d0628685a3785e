import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createAuthority } from '../support/certificates.ts'
import { serve, type ServedEngine } from '../support/engine/servedEngine.ts'
import { busyboxContext } from '../support/images/busyboxContext.ts'
import { buildxArgv, missingBuildx, peerPlugin } from '../support/peers/buildx.ts'
import { openPelago, runCommand, type CommandResult, type Pelago, type RunOptions } from '../support/pelago.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { missing } from '../support/requires.ts'
import { startCommand } from '../support/startedCommand.ts'

const compose = peerPlugin('docker-compose')
const noBusybox = !existsSync('/usr/bin/busybox') && 'not installed: busybox'
const POLL_MS = 20

/** Nobody here wrote the client: what it does, and in which order, is Docker's. */
describe('docker buildx on pelago serve', { skip: missingBuildx || missing('crun', 'openssl', 'docker-registry') || noBusybox }, () => {
  let pelago: Pelago
  let registry: DockerRegistry
  let engine: ServedEngine
  let env: Readonly<Record<string, string>>
  /** A context with a shell in it, whose steps print. */
  let app: string
  before(async () => {
    registry = await startDockerRegistry()
    pelago = await openPelago()
    const authority = createAuthority(pelago.folder, 'ca')
    const [server, client] = [authority.issue('server', 'serverAuth'), authority.issue('client', 'clientAuth')]
    engine = await serve(pelago, ['--debug', '--addr', `unix://${pelago.folder}/engine.sock`, '--addr', 'tcp://127.0.0.1:0', '--tlscacert', authority.certificate, '--tlscert', server.certificate, '--tlskey', server.key])
    env = { ...pelago.env, BUILDX_CONFIG: join(pelago.folder, 'buildx'), BUILDX_BUILDER: 'near' }
    await placePlugin(pelago.env['DOCKER_CONFIG'] ?? '')
    const [near = '', far = ''] = engine.addresses
    await buildx(['create', '--name', 'near', '--driver', 'remote', near])
    await buildx(['create', '--name', 'far', '--driver', 'remote', '--driver-opt', `cacert=${authority.certificate},cert=${client.certificate},key=${client.key}`, far])
    app = await pelago.context(busyboxContext(['ARG WORD=one', 'RUN echo "said $WORD" | tee /word'], { 'docker-bake.hcl': BAKE, 'compose.yaml': COMPOSE }))
  })
  after(async () => {
    await engine[Symbol.asyncDispose]()
    await pelago[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })

  /** @throws with all that it printed where the exit code is not 0 */
  async function buildx(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    const result = await runCommand(buildxArgv(args), { cwd: pelago.folder, ...options, env: { ...env, ...options.env } })
    if (result.exitCode !== 0) throw new Error(`docker buildx ${args.join(' ')} exited with ${result.exitCode}:\n${result.stdout}${result.stderr}`)
    return result
  }
  const build = (...args: readonly string[]): Promise<CommandResult> => buildx(['build', '--progress', 'plain', ...args, app])

  it('lists it, near and far', async () => {
    const { stdout } = await buildx(['ls'])
    assert.match(stdout, /near0.*engine\.sock\s+running[^]*linux\/amd64/)
    assert.match((await buildx(['inspect', '--bootstrap', 'far'])).stdout, /Status:\s+running[^]*Platforms:.*linux\/amd64/)
  })

  it('pushes two platforms over mutual TLS, with provenance and packages', async () => {
    const context = await pelago.context({ Dockerfile: 'FROM scratch\nARG TARGETARCH\nCOPY Dockerfile /$TARGETARCH\n' })
    const name = `${registry.host}/two:1`
    await buildx(['build', '--builder', 'far', '--platform', 'linux/amd64,linux/arm64', '--sbom=true', '--metadata-file', join(context, 'meta'), '-t', name, '--push', context])
    const { stdout } = await buildx(['imagetools', 'inspect', name])
    assert.match(stdout, /linux\/amd64[^]*linux\/arm64[^]*attestation-manifest/)
    assert.match((await buildx(['imagetools', 'inspect', name, '--format', '{{json (index .Provenance "linux/arm64")}}'])).stdout, /SLSA/)
    assert.match((await buildx(['imagetools', 'inspect', name, '--format', '{{json (index .SBOM "linux/arm64")}}'])).stdout, /SPDX/)
    assert.match(readFileSync(join(context, 'meta'), 'utf8'), /"containerimage\.digest": "sha256:/)
  })

  it('is called in the order in which buildx calls a buildkitd', async () => {
    const start = engine.command.output().length
    await build('-o', `type=local,dest=${pelago.folder}/order`)
    const calls = [...engine.command.output().slice(start).matchAll(/"path":"[^"]*\.(Control|LLBBridge)\/(\w+)"/g)].map(([, service, method]) => (service === 'Control' ? method : `bridge.${method}`))
    // what is asked one after the other, and before the history: Session, Solve and Status of a build come at once, in any order
    const inOrder = calls.filter((call) => !['Session', 'Solve', 'Status', 'ListenBuildHistory'].includes(call ?? ''))
    assert.deepEqual(inOrder, ['ListWorkers', 'ListWorkers', 'bridge.Ping', 'bridge.Return', 'ListWorkers', 'bridge.Ping', 'bridge.Solve', 'bridge.Return'])
    for (const call of ['Session', 'Solve', 'Status']) assert.equal(calls.filter((name) => name === call).length, 2, call)
  })

  it('takes every kind of output, several at once', async () => {
    const at = (name: string): string => join(app, '..', name)
    await build('-o', `type=local,dest=${at('local')}`, '-o', `type=tar,dest=${at('x.tar')}`, '-o', `type=oci,dest=${at('oci.tar')}`, '-o', `type=oci,tar=false,dest=${at('layout')}`, '-o', `type=docker,dest=${at('docker.tar')}`)
    assert.equal(readFileSync(at('local/word'), 'utf8'), 'said one\n')
    for (const [archive, member] of [['x.tar', 'word'], ['oci.tar', 'index.json'], ['docker.tar', 'manifest.json']] as const) {
      assert.match((await runCommand(['tar', '-tf', at(archive)])).stdout, new RegExp(`^${member}$`, 'm'))
    }
    assert.match(readFileSync(at('layout/index.json'), 'utf8'), /"digest":"sha256:/)
  })

  it('lends a build its secrets and keys', { skip: missing('ssh-keygen') }, async () => {
    const key = join(pelago.folder, 'id')
    await runCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key])
    const context = await pelago.context(busyboxContext(['RUN --mount=type=secret,id=token cp /run/secrets/token /token', 'RUN --mount=type=ssh,required=true test -S "$SSH_AUTH_SOCK"']))
    await buildx(['build', '--secret', 'id=token,env=TOKEN', '--ssh', `default=${key}`, '-o', `type=local,dest=${context}/out`, context], { env: { TOKEN: 's3cret' } })
    assert.equal(readFileSync(join(context, 'out/token'), 'utf8'), 's3cret')
  })

  it('builds upon contexts by name: a folder, an image, an OCI layout', async () => {
    const layout = join(pelago.folder, 'base-layout')
    const base = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY a /from-layout\n', a: 'layout' })
    await buildx(['build', '--provenance=false', '-o', `type=oci,tar=false,dest=${layout}`, base])
    await buildx(['build', '--provenance=false', '-t', `${registry.host}/base`, '--push', base])
    const context = await pelago.context({ Dockerfile: 'FROM lay\nCOPY --from=dir a /from-folder\nCOPY --from=img from-layout /from-image\n' })
    await buildx(['build', '--build-context', `dir=${base}`, '--build-context', `img=docker-image://${registry.host}/base`, '--build-context', `lay=oci-layout://${layout}`, '-o', `type=local,dest=${context}/out`, context])
    for (const name of ['from-layout', 'from-folder', 'from-image']) assert.equal(readFileSync(join(context, 'out', name), 'utf8'), 'layout')
  })

  it('asks about a Dockerfile', async () => {
    assert.match((await build('--call', 'outline')).stdout, /WORD\s+one/)
    assert.match((await build('--call', 'targets')).stdout, /TARGET/)
    assert.match((await build('--call', 'check')).stdout, /no warnings found/)
  })

  it('bakes targets that stand on others', async () => {
    await buildx(['bake', '--progress', 'plain', '--allow', 'fs=*'], { cwd: app })
    assert.equal(readFileSync(join(app, 'baked/from-base'), 'utf8'), 'said two\n')
  })

  const caches = [
    { name: 'a registry', to: (host: string) => `type=registry,ref=${host}/cache,mode=max`, from: (host: string) => `type=registry,ref=${host}/cache` },
    { name: 'a folder', to: (_: string, folder: string) => `type=local,dest=${folder}/cache,mode=max`, from: (_: string, folder: string) => `type=local,src=${folder}/cache` },
  ]
  for (const { name, to, from } of caches) {
    it(`keeps what was built in ${name}, and finds it there`, async () => {
      const folder = await pelago.context({})
      await build('--build-arg', `WORD=${name}`, '--cache-to', to(registry.host, folder))
      await buildx(['prune', '--all', '--force'])
      const { stderr } = await build('--build-arg', `WORD=${name}`, '--cache-from', from(registry.host, folder), '-o', `type=local,dest=${folder}/out`)
      assert.match(stderr, /CACHED/)
      assert.doesNotMatch(stderr, /^#\d+ [\d.]+ said/m)
      assert.equal(readFileSync(join(folder, 'out/word'), 'utf8'), `said ${name}\n`)
    })
  }

  it('keeps what was built in the image itself', async () => {
    const name = `${registry.host}/inline`
    await build('--build-arg', 'WORD=inline', '--cache-to', 'type=inline', '-t', name, '--push')
    await buildx(['prune', '--all', '--force'])
    const { stderr } = await build('--build-arg', 'WORD=inline', '--cache-from', name, '-o', `type=local,dest=${pelago.folder}/inline`)
    assert.match(stderr, /CACHED/)
    assert.doesNotMatch(stderr, /^#\d+ [\d.]+ said/m)
  })

  it('tells what the cache takes, and removes of it what is meant', async () => {
    const context = await pelago.context(busyboxContext(['RUN --mount=type=cache,target=/c touch /c/x']))
    await buildx(['build', context])
    assert.equal((await buildx(['du', '--filter', 'type=exec.cachemount'])).stdout.trimEnd().split('\n').length, 2)
    assert.match((await buildx(['du', '--verbose'])).stdout, /Type:\s+exec\.cachemount/)
    await buildx(['prune', '--force', '--filter', 'type=exec.cachemount'])
    assert.doesNotMatch((await buildx(['du', '--verbose'])).stdout, /exec\.cachemount/)
  })

  it('looks at builds that are over', async () => {
    await build('--build-arg', 'WORD=past', '--no-cache')
    assert.match((await buildx(['history', 'ls'])).stdout, /Completed/)
    assert.match((await buildx(['history', 'inspect'])).stdout, /Build Steps:[^]*WORD\s+past/)
    assert.match((await buildx(['history', 'logs'])).stderr, /said past/)
    await buildx(['history', 'export', '-o', join(pelago.folder, 'past.dockerbuild')])
    assert.equal(existsSync(join(pelago.folder, 'past.dockerbuild')), true)
  })

  it('builds for docker compose', { skip: compose === undefined && 'not fetched by scripts/peers: docker-compose' }, async () => {
    const result = await runCommand([...(compose ?? []), 'build', '--push'], { cwd: app, env: { ...env, NAME: `${registry.host}/composed`, COMPOSE_BAKE: 'true' } })
    assert.equal(result.exitCode, 0, result.stdout + result.stderr)
    await buildx(['imagetools', 'inspect', `${registry.host}/composed`])
  })

  it('ends the steps of a client that is gone', async () => {
    const mark = `${process.pid}.25`
    const context = await pelago.context(busyboxContext([`RUN echo is paused; sleep ${mark}`]))
    await using client = startCommand({ env, folder: context }, buildxArgv(['build', '--progress', 'plain', context]))
    await client.printed(/is paused\n/)
    client.kill('SIGKILL')
    const latest = Date.now() + 30_000
    while ((await runCommand(['pgrep', '-f', `^sleep ${mark.replace('.', '\\.')}`])).exitCode === 0) {
      assert.ok(Date.now() < latest, 'the step runs on')
      await delay(POLL_MS)
    }
  })
})

/** Docker Compose looks for it there. */
async function placePlugin(config: string): Promise<void> {
  const folder = join(config, 'cli-plugins')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'docker-buildx'), `#!/bin/sh\nexec ${buildxArgv([]).join(' ')} "$@"\n`, { mode: 0o755 })
}

const BAKE = `
group "default" { targets = ["top"] }
target "base" { args = { WORD = "two" } }
target "top" {
  contexts = { base = "target:base" }
  dockerfile-inline = "FROM scratch\\nCOPY --from=base /word /from-base\\n"
  output = ["type=local,dest=baked"]
}
`

const COMPOSE = `
services:
  app:
    image: \${NAME}
    build: .
`
