import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { busyboxContext } from '../support/images/busyboxContext.ts'
import { startDockerRegistry } from '../support/registry/dockerRegistry.ts'
import { startFileServer, type FileServer } from '../support/servers/fileServer.ts'
import { startGitServer, type GitServer } from '../support/servers/gitServer.ts'
import { createOrdinaryUser, reasonAgainstUsers, type OrdinaryUser } from '../support/ordinaryUser.ts'
import { writeContext, type CommandResult } from '../support/pelago.ts'
import { findLeftovers, findMounts, findProcesses, untilNone } from '../support/engine/traces.ts'

const PLATFORMS = [
  { platform: 'linux/amd64', machine: 'x86_64' },
  { platform: 'linux/arm64', machine: 'aarch64' },
  { platform: 'linux/arm/v7', machine: 'armv7l' },
] as const
const DOCKERFILE = (base: string): string => `FROM ${base}
RUN mkdir /data && chown 1000:1001 /data && echo x > /data/file && chown 4242:65534 /data/file && uname -m > /machine
COPY --chown=33:34 note.txt /data/note.txt
USER 1000:1001
RUN id -u > /data/own
`
const OWNERS = '0:0 /machine\n1000:1001 /data\n1000:1001 /data/own\n33:34 /data/note.txt\n4242:65534 /data/file\n'

/** All that is registered with the host's own binfmt_misc. */
function readBinfmt(): ReadonlyMap<string, string> {
  const folder = '/proc/sys/fs/binfmt_misc'
  return new Map(readdirSync(folder).filter((name) => name !== 'register').map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

function assertDone({ exitCode, stdout, stderr }: CommandResult): void {
  assert.equal(exitCode, 0, stdout + stderr)
}

async function assertNothingLeft(user: OrdinaryUser): Promise<void> {
  await untilNone(() => findProcesses(user.store), 60_000)
  assert.deepEqual(findMounts(user.home), [])
  assert.deepEqual(findLeftovers(user.store), [])
}

/** What comes from elsewhere is written by programs and folders of the store that root never meets. */
async function startSources(): Promise<{ readonly git: GitServer; readonly files: FileServer } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const git = stack.use(await startGitServer())
  const files = stack.use(await startFileServer())
  await git.commit('app', { file: 'of git' })
  files.files.set('/file', { content: 'of http' })
  const held = stack.move()
  return { git, files, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

describe('an ordinary user', { skip: reasonAgainstUsers() || missingForBuilds('busybox', 'useradd', 'newuidmap', 'setpriv') }, () => {
  it('adds files of the network and of git repositories', async () => {
    await using sources = await startSources()
    await using user = createOrdinaryUser({ hasIdRange: true })
    const dockerfile = `FROM scratch\nADD ${sources.git.url}/app.git /git\nADD --keep-git-dir ${sources.git.url}/app.git#main /kept\nADD ${sources.files.url}/file /http\nCOPY --from=named /file /named\n`
    const context = await writeContext(join(user.home, 'context'), { Dockerfile: dockerfile })
    const out = join(user.home, 'out')
    assertDone(await user.pelago('build', '--build-context', `named=${sources.git.url}/app.git`, '-o', out, context))
    assert.deepEqual(['git/file', 'kept/file', 'http', 'named'].map((path) => readFileSync(join(out, path), 'utf8')), ['of git', 'of git', 'of http', 'of git'])
    await assertNothingLeft(user)
  })

  it('builds for three platforms with files of other users, pushes, and runs each', async () => {
    await using registry = await startDockerRegistry()
    const base = await pushBaseImage(registry.host)
    await using user = createOrdinaryUser({ hasIdRange: true })
    const binfmt = readBinfmt()
    const context = await writeContext(join(user.home, 'context'), { Dockerfile: DOCKERFILE(base), 'note.txt': 'note\n' })
    const image = `${registry.host}/rootless:1`
    assertDone(await user.pelago('build', '--platform', PLATFORMS.map(({ platform }) => platform).join(','), '--tag', image, '--push', context))
    for (const { platform, machine } of PLATFORMS) {
      const result = await user.pelago('run', '--rm', '--platform', platform, image, 'sh', '-c', 'cat /machine /data/own; stat -c "%u:%g %n" /machine /data /data/own /data/note.txt /data/file')
      assertDone(result)
      assert.equal(result.stdout, `${machine}\n1000\n${OWNERS}`)
    }
    assertDone(await user.pelago('pull', image))
    assert.match((await user.pelago('image', 'ls')).stdout, /rootless[^]*linux\/amd64[^]*linux\/arm64[^]*linux\/arm\/v7/)
    assert.deepEqual(readBinfmt(), binfmt)
    await assertNothingLeft(user)
  })

  it('without ids besides its own builds what needs one only, and is told what the rest needs', async () => {
    await using user = createOrdinaryUser({ hasIdRange: false })
    const simple = await writeContext(join(user.home, 'simple'), busyboxContext(['RUN id -u > result']))
    assertDone(await user.pelago('build', '--output', 'out', simple))
    assert.equal(readFileSync(join(user.home, 'out/work/result'), 'utf8'), '0\n')
    const other = await writeContext(join(user.home, 'other'), busyboxContext(['COPY --chown=33:34 note.txt .'], { 'note.txt': '' }))
    const refused = await user.pelago('build', other)
    assert.notEqual(refused.exitCode, 0)
    assert.match(refused.stderr, /subuid|range of ids|ids/)
    assert.doesNotMatch(refused.stderr, /bug in Pelago|^ +at /m)
    await assertNothingLeft(user)
  })
})
