import assert from 'node:assert/strict'
import { symlink, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, describe, it } from 'node:test'
import { openPelago, runCommand, type CommandResult, type Pelago } from '../support/pelago.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { missing } from '../support/requires.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/pelago', import.meta.url))
const BUSYBOX = readFileSync('/usr/bin/busybox')

const PROJECT = (registry: string): string => `name: shop
services:
  base:
    build:
      context: .
      dockerfile_inline: |
        FROM scratch
        COPY --chmod=755 busybox /bin/sh
        ENV PATH=/bin
  api:
    image: ${registry}/api:1
    build:
      context: .
      dockerfile_inline: |
        FROM scratch
        ARG TARGETARCH
        COPY busybox /$\${TARGETARCH}
      platforms: [linux/amd64, linux/arm64]
      tags: ["${registry}/api:latest"]
    depends_on: [web]
  web:
    build:
      context: .
      dockerfile_inline: |
        FROM the-base
        ARG TARGETARCH
        RUN echo "web for $$TARGETARCH" > /web
      additional_contexts: { the-base: "service:base" }
  db:
    image: ${registry}/db:1
    platform: linux/arm64
    profiles: [data]
  tools:
    build: { context: ., dockerfile_inline: "FROM scratch\\nCOPY busybox /tools\\n" }
    profiles: [extra]
`

describe('the images of a Compose project', { skip: missing('crun', 'docker-registry'), concurrency: false }, () => {
  let registry: DockerRegistry
  let pelago: Pelago
  let folder: string
  before(async () => {
    registry = await startDockerRegistry()
    pelago = await openPelago()
    folder = await pelago.context({ 'compose.yaml': PROJECT(registry.host), 'override.yaml': 'services:\n  web:\n    build:\n      args:\n        - TARGETARCH=${TARGETARCH:-amd64}\n', busybox: BUSYBOX })
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })
  const compose = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> => pelago.run(['compose', ...args], { cwd: folder, env: { COMPOSE_PROGRESS: 'plain', ...env } })
  const succeed = async (args: readonly string[], env?: Readonly<Record<string, string>>): Promise<CommandResult> => {
    const result = await compose(args, env)
    assert.equal(result.exitCode, 0, result.stdout + result.stderr)
    return result
  }
  const digestOf = async (name: string): Promise<string> => (await pelago.succeed(['imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', name])).stdout.trim()

  it('are built together, named as Compose names them, and stand in the local store', async () => {
    const built = await succeed(['-f', 'compose.yaml', '-f', 'override.yaml', 'build'])
    assert.match(built.stdout, new RegExp(`^api +stored ${registry.host}/api:latest\\n +stored ${registry.host}/api:1\\n[^]*^base +stored shop-base:latest\\n[^]*^web +stored shop-web:latest\\n`, 'm'))
    assert.doesNotMatch(built.stdout, /tools/)
    assert.equal((await pelago.succeed(['run', '--rm', 'shop-web', 'sh', '-c', 'read line < /web; echo $line'])).stdout, 'web for amd64\n')
    assert.match((await pelago.succeed(['image', 'ls', `${registry.host}/api:1`])).stdout, /linux\/amd64 .*linux\/arm64/)
  })

  it('are pushed, those that say where to', async () => {
    const pushed = await succeed(['push'])
    assert.deepEqual(pushed.stdout.split('\n').filter((line) => line !== ''), ['api  pushed ' + `${registry.host}/api:1`, 'api  pushed ' + `${registry.host}/api:latest`])
    assert.match(pushed.stderr, /service base: it has no image[^]*service web: it has no image/)
    assert.equal(await digestOf(`${registry.host}/api:1`), await digestOf(`${registry.host}/api:latest`))
  })

  it('are pushed as they are built, where that is asked for', async () => {
    const built = await succeed(['build', '--push', '--build-arg', 'TARGETARCH=forced', 'api'])
    assert.match(built.stdout, new RegExp(`^pushed ${registry.host}/api:latest\\npushed ${registry.host}/api:1\\n`))
    assert.match(built.stdout, new RegExp(`digest ${await digestOf(`${registry.host}/api:1`)}`))
  })

  it('are built for a service of a profile that is named, and for what it depends on', async () => {
    assert.match((await succeed(['build', 'tools'])).stdout, /^stored shop-tools:latest\n/)
    const all = (await succeed(['build', '--with-dependencies', 'api'])).stdout
    assert.match(all, /^api[^]*^base[^]*^web/m)
  })

  it('are pulled, each for its platform, and told by service where they cannot be', async () => {
    await pelago.succeed(['build', '--platform', 'linux/amd64,linux/arm64', '-t', `${registry.host}/db:1`, '--push', await pelago.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })])
    await pelago.succeed(['image', 'rm', `${registry.host}/db:1`])
    assert.equal((await succeed(['pull', 'db'])).stdout, `db  pulled ${registry.host}/db:1\n`)
    const listed = (await pelago.succeed(['image', 'ls', `${registry.host}/db:1`])).stdout
    assert.ok(listed.includes('linux/arm64'), listed)
    assert.equal((await succeed(['pull', '--policy', 'missing', 'db'])).stdout, '', 'what is here is not asked for')
    assert.equal((await succeed(['pull', '--ignore-buildable', 'api'])).stdout, '')
    const other = { COMPOSE_FILE: 'gone.yaml' }
    await writeFile(join(folder, 'gone.yaml'), `services:\n  lost: { image: "${registry.host}/lost:1" }\n  made: { image: "${registry.host}/made:1", build: . }\n`)
    const failed = await compose(['pull'], other)
    assert.equal(failed.exitCode, 1)
    assert.match(failed.stderr, /note: these can be built instead: pelago compose build made\nERROR: service lost: cannot pull .*lost:1: /)
    assert.match((await succeed(['pull', '--ignore-pull-failures'], other)).stderr, /warning: service lost: cannot pull/)
  })

  it('are printed as a bake file that builds the same', async () => {
    const printed = (await succeed(['build', '--print', 'web'])).stdout
    await writeFile(join(folder, 'printed.json'), printed)
    const baked = await pelago.succeed(['bake', '-f', 'printed.json', '--progress=quiet', '--allow', 'fs.read=*'], { cwd: folder })
    assert.match(baked.stdout, /^web +sha256:/m)
  })

  it('are built and silent about it; checked without being built', async () => {
    assert.deepEqual(await succeed(['build', '-q']), { exitCode: 0, stdout: '', stderr: '' })
    assert.match((await succeed(['build', '--check', 'base'])).stdout, /^base:\nCheck complete, no warnings found\.\n/)
  })

  const refusals = [
    { args: ['build', 'wbe'], exitCode: 2, message: /no such service: "wbe"\nhint: did you mean web\?/ },
    { args: ['build', '--memory', '1g'], exitCode: 2, message: /--memory is not supported/ },
    { args: ['up', '-d'], exitCode: 2, message: /pelago compose up is not supported yet\nhint: Pelago builds the images of a project, and leaves running it to/ },
  ]
  for (const { args, exitCode, message } of refusals) {
    it(`are told what is wrong with ${args.join(' ')}`, async () => {
      const refused = await compose(args)
      assert.deepEqual([refused.exitCode, message.test(refused.stderr)], [exitCode, true], refused.stderr)
    })
  }

  it('are those of the command called docker-compose, and pelago-compose, too', async () => {
    for (const name of ['docker-compose', 'pelago-compose']) {
      const link = join(pelago.folder, name)
      await symlink(PROGRAM, link)
      const said = await runCommand([link, 'build', '--print', 'base'], { env: pelago.env, cwd: folder })
      assert.match(said.stdout, /"shop-base"/, said.stderr)
    }
  })
})
