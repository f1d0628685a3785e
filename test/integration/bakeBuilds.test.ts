import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { findProcesses, untilNone } from '../support/engine/traces.ts'
import { busyboxContext } from '../support/images/busyboxContext.ts'
import { openPelago, type CommandResult, type Pelago } from '../support/pelago.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { missing } from '../support/requires.ts'
import { startPelago } from '../support/startedCommand.ts'

/** The machine's static busybox is the base of every image here: platforms that are built for it alone need no emulation. */
const SHARED = [
  'ARG TARGETARCH',
  'ENV ARCH=$TARGETARCH',
  'RUN echo the shared step | tee /shared',
]

/** A definition; `registry` is where it pushes to. */
const DEFINITION = (registry: string): string => `
group "default" { targets = ["app", "web"] }
target "base" {
  target = "base"
}
target "app" {
  dockerfile-inline = "FROM the-base\\nRUN echo app on $ARCH > /app\\nCMD [\\"app\\"]\\n"
  contexts = { the-base = "target:base" }
  tags = ["${registry}/app:1"]
  output = ["type=registry"]
}
target "web" {
  target = "web"
  tags = ["${registry}/web:1"]
  output = ["type=registry", "type=local,dest=web"]
}
target "both" {
  name = "both-\${n}"
  matrix = { n = ["one", "two"] }
  dockerfile-inline = "FROM the-base AS run\\nARG N\\nRUN --mount=type=secret,id=token cat /run/secrets/token > /token\\nFROM scratch\\nCOPY --from=run /token /shared /\\n"
  contexts = { the-base = "target:base" }
  args = { N = n }
  secret = ["id=token,env=TOKEN_\${n}"]
  output = ["type=local,dest=out-\${n}"]
}
target "many" {
  dockerfile-inline = "FROM --platform=linux/amd64 scratch\\nARG TARGETARCH\\nENV MADE_FOR=$TARGETARCH\\nCOPY busybox /$TARGETARCH\\n"
  platforms = ["linux/amd64", "linux/arm64"]
}
target "on-many" {
  dockerfile-inline = "FROM m\\nARG TARGETARCH\\nCOPY busybox /copied-$\${TARGETARCH}\\n"
  contexts = { m = "target:many" }
  platforms = ["linux/amd64", "linux/arm64"]
  output = ["type=local,dest=many"]
}
target "bad" {
  dockerfile-inline = "FROM the-base\\nRUN echo going wrong; exit 7\\n"
  contexts = { the-base = "target:base" }
}
target "good" {
  dockerfile-inline = "FROM scratch\\nCOPY busybox /good\\n"
  output = ["type=local,dest=good"]
}
target "paused" {
  dockerfile-inline = "FROM the-base\\nARG PAUSE\\nRUN echo is paused; sleep $PAUSE\\n"
  contexts = { the-base = "target:base" }
  args = { PAUSE = "1000" }
}
target "lost" {
  contexts = { x = "target:losst" }
}
target "tar" {
  name = "tar-\${n}"
  matrix = { n = ["one", "two"] }
  dockerfile-inline = "FROM scratch\\nCOPY busybox /\\n"
  output = ["type=tar,dest=out.tar"]
}
target "unclear" {
  dockerfile-inline = "from the-base AS x\\nCOPY busybox /\\n"
  contexts = { the-base = "target:base" }
}
`

describe('targets that are built together', { skip: missing('crun', 'docker-registry'), concurrency: false }, () => {
  let registry: DockerRegistry
  let pelago: Pelago
  let folder: string
  before(async () => {
    registry = await startDockerRegistry()
    pelago = await openPelago()
    const { Dockerfile = '', ...files } = busyboxContext([...SHARED, 'FROM base AS web', 'RUN echo web > /web'])
    const named = String(Dockerfile).replace('FROM scratch', 'FROM scratch AS base')
    folder = await pelago.context({ ...files, Dockerfile: named, 'docker-bake.hcl': DEFINITION(registry.host) })
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })
  const bake = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> => pelago.run(['bake', '--progress=plain', ...args], { cwd: folder, env })
  const file = (path: string): string => readFileSync(join(folder, path), 'utf8')
  const linesOf = ({ stderr }: CommandResult, text: RegExp): readonly string[] => stderr.split('\n').filter((line) => text.test(line))

  it('run what they share once, bring the folder once, and push each', async () => {
    const built = await bake(['--no-cache', '--metadata-file', 'made.json'])
    assert.equal(built.exitCode, 0, built.stderr)
    assert.deepEqual([linesOf(built, /^#\d+ [\d.]+ the shared step/).length, linesOf(built, /load build context/).length], [1, 1])
    assert.match(built.stdout, new RegExp(`^app +pushed ${registry.host}/app:1\\n[^]*^base +built, and kept in the cache\\n[^]*^web +pushed ${registry.host}/web:1\\n`, 'm'))
    const made = JSON.parse(file('made.json')) as Readonly<Record<string, Readonly<Record<string, unknown>>>>
    assert.deepEqual(Object.keys(made), ['app', 'base', 'web'])
    for (const name of ['app', 'web']) {
      const found = await pelago.succeed(['imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', `${registry.host}/${name}:1`])
      assert.equal(found.stdout.trim(), made[name]?.['containerimage.digest'])
    }
    assert.equal(file('web/web'), 'web\n')
    assert.equal((await pelago.succeed(['run', '--rm', `${registry.host}/app:1`, 'cat', '/app', '/shared'])).stdout, 'app on amd64\nthe shared step\n', 'the config of what it stands on is its own')
  })

  it('have each what a name means to it', async () => {
    const built = await bake(['both'], { TOKEN_one: 'first', TOKEN_two: 'second' })
    assert.equal(built.exitCode, 0, built.stderr)
    assert.deepEqual([file('out-one/token'), file('out-two/token'), file('out-two/shared')], ['first', 'second', 'the shared step\n'])
  })

  it('stand on another platform by platform', async () => {
    const built = await bake(['on-many'])
    assert.equal(built.exitCode, 0, built.stderr)
    for (const [platform, architecture] of [['linux_amd64', 'amd64'], ['linux_arm64', 'arm64']] as const) {
      assert.deepEqual([architecture, `copied-${architecture}`].map((name) => existsSync(join(folder, 'many', platform, name))), [true, true])
    }
    const wrong = await bake(['--set', 'many.platform=linux/amd64', '--set', 'on-many.platform=linux/arm64', 'on-many'])
    assert.equal(wrong.exitCode, 1)
    assert.match(wrong.stderr, /target on-many: base image m is for linux\/amd64, not for linux\/arm64\nDockerfile:1\n[^]*hint: build the target that m is for linux\/arm64 too/)
  })

  it('are told by name where one fails, with its lines; what others have made stays', async () => {
    await bake(['good'])
    const failed = await bake(['good', 'bad', 'paused'])
    assert.equal(failed.exitCode, 1)
    assert.match(failed.stderr, /^ERROR: target bad: process "[^"]*exit 7" did not complete successfully: exit code: 7\nDockerfile:2\n[^]*>>> RUN echo going wrong; exit 7/m)
    assert.doesNotMatch(failed.stdout, /bad|paused/)
    assert.ok(existsSync(join(folder, 'good/good')))
  })

  it('leave nothing behind where they are interrupted', async () => {
    await using command = startPelago({ env: pelago.env, folder }, ['bake', '--progress=plain', '--set', 'paused.args.PAUSE=31415', 'paused', 'good'])
    await command.printed(/is paused/)
    command.kill('SIGINT')
    assert.equal((await command.ended).status, 130)
    await untilNone(() => findProcesses('31415'), 60_000)
  })

  const refusals = [
    { name: 'that stand on one which is not there', args: ['lost'], exitCode: 2, message: /losst/ },
    { name: 'that write the same file', args: ['tar'], exitCode: 2, message: /targets tar-one and tar-two both write .*out\.tar/ },
  ]
  for (const { name, args, exitCode, message } of refusals) {
    it(`are refused ${name}`, async () => {
      const refused = await bake(args)
      assert.deepEqual([refused.exitCode, message.test(refused.stderr)], [exitCode, true], refused.stderr)
    })
  }

  it('are checked each, with what they stand on', async () => {
    const checked = await bake(['--check', 'unclear', 'good'])
    assert.equal(checked.exitCode, 1)
    assert.match(checked.stdout, /^good:\nCheck complete, no warnings found\.\n[^]*^unclear:\nCheck complete, \d+ warnings? ha[^]*FromAsCasing/m)
    const json = JSON.parse((await bake(['--call=check,format=json', 'good'])).stdout) as Readonly<Record<string, { readonly warnings: readonly unknown[] }>>
    assert.deepEqual(json['good']?.warnings, [])
  })

  it('say no more than their digests where they are to be quiet', async () => {
    const quiet = await pelago.succeed(['bake', '--progress=quiet'], { cwd: folder })
    assert.match(quiet.stdout, /^app +sha256:[0-9a-f]{64}\nweb +sha256:[0-9a-f]{64}\n$/)
    assert.equal(quiet.stderr, '')
  })
})
