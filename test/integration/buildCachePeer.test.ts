import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { ParityCase } from '../parity/caseFile.ts'
import { missingPeer, startBuildkitPeer, type BuildkitPeer } from '../parity/buildkitPeer.ts'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { openPelago, runCommand, type ContextFiles, type Pelago } from '../support/pelago.ts'
import { startEngine } from '../support/engine/engineSocket.ts'
import { buildxArgv } from '../support/peers/buildx.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

/** What one engine has built the other does not build again, in either direction. */
describe('a build cache, and a BuildKit written in Go', { skip: missingForBuilds() || missingPeer }, () => {
  const once = new AsyncDisposableStack()
  let bench: Workbench
  let peer: BuildkitPeer
  let clean: BuildkitPeer
  before(async () => {
    bench = once.use(await openWorkbench())
    peer = once.use(await startBuildkitPeer())
    clean = once.use(await startBuildkitPeer())
  })
  after(() => once.disposeAsync())

  /** With another `mark` no step is found in a cache of other builds. */
  const files = (mark = ''): ContextFiles => ({
    Dockerfile: [
      `FROM ${bench.base} AS build`, 'ARG WHAT=made', `ENV MARK=${mark}`, 'WORKDIR /src', 'COPY src /src/', 'COPY *.txt /texts/', 'RUN echo $WHAT >/out',
      `FROM ${bench.base}`, `ENV A=b${mark}`, 'RUN echo one >/one', 'COPY --from=build /out /bin/out', 'COPY --chown=1:2 --chmod=700 src/a /b',
      'RUN --mount=type=cache,target=/c echo two >/two', 'RUN --mount=type=bind,source=src,target=/m cat /m/a >/three', 'RUN --mount=type=tmpfs,target=/t --mount=type=secret,id=s true', 'USER 3', 'COPY . /all/',
    ].join('\n'),
    'src/a': 'hello\n', 'src/deep/b': 'x', 'one.txt': '1', 'two.txt': '2',
  })

  /** The steps of the Dockerfile, of a build's own plain progress, that were not cached. */
  function executed(said: string): readonly string[] {
    const names = new Map([...said.matchAll(/^#(\d+) \[(?:build|stage-1) +\d+\/\d+\] (.*)$/gm)].map(([, number = '', name = '']) => [number, name]))
    const cached = new Set([...said.matchAll(/^#(\d+) CACHED$/gm)].map(([, number = '']) => number))
    assert.ok(names.size >= 12, said)
    return [...names].flatMap(([number, name]) => (cached.has(number) || name.startsWith('FROM ') ? [] : [name]))
  }

  const asked = (args: readonly string[]): ParityCase => ({ name: 'cache', since: '1.0', args, output: '', setup: [], fails: undefined, files: [] })

  async function buildByPeer(on: BuildkitPeer, context: ContextFiles, ...args: readonly string[]): Promise<string> {
    const { isBuilt, said } = await on.build(await bench.pelago.context(context), asked(args), join(bench.pelago.folder, 'peer.tar'))
    assert.ok(isBuilt, said)
    return said
  }
  async function build(on: Pelago, context: ContextFiles, ...args: readonly string[]): Promise<string> {
    return (await on.succeed(['build', '--progress=plain', '--network=none', ...args, await bench.pelago.context(context)])).stderr
  }
  const folder = (name: string): string => join(bench.pelago.folder, name)
  const folderTo = (name: string): readonly string[] => ['--cache-to', `type=local,dest=${folder(name)},mode=max`]
  const folderFrom = (name: string): readonly string[] => ['--cache-from', `type=local,src=${folder(name)}`]

  it('are found by Pelago', async () => {
    await buildByPeer(peer, files(), '--cache-to', `type=registry,ref=${bench.registry.host}/of-buildkit,mode=max`)
    await using other = await openPelago()
    const { stderr } = await other.succeed(['build', '--progress=plain', '--network=none', '--cache-from', `${bench.registry.host}/of-buildkit`, await other.context(files())])
    assert.deepEqual(executed(stderr), [], stderr)
  })

  it('are found by BuildKit', async () => {
    await bench.pelago.succeed(['build', '--network=none', '--cache-to', `type=registry,ref=${bench.registry.host}/of-pelago,mode=max`, await bench.pelago.context(files())])
    const said = await buildByPeer(clean, files(), '--cache-from', `type=registry,ref=${bench.registry.host}/of-pelago`)
    assert.deepEqual(executed(said), [], said)
  })

  it('are found by either in the folders that the other has filled', async () => {
    await buildByPeer(peer, files('buildkit'), ...folderTo('of-buildkit'))
    const byPelago = await build(bench.pelago, files('buildkit'), ...folderFrom('of-buildkit'))
    assert.deepEqual(executed(byPelago), [], byPelago)
    await build(bench.pelago, files('pelago'), ...folderTo('of-pelago'))
    const byPeer = await buildByPeer(clean, files('pelago'), ...folderFrom('of-pelago'))
    assert.deepEqual(executed(byPeer), [], byPeer)
  })

  it('are kept in folders by the command whose builder is a BuildKit', async () => {
    await build(bench.pelago, files('command'), '--builder', peer.address, ...folderTo('of-command'))
    const said = await build(bench.pelago, files('command'), '--builder', clean.address, ...folderFrom('of-command'))
    assert.deepEqual(executed(said), [], said)
  })

  it('are kept in folders by docker buildx whose builder is Pelago', async () => {
    await using one = await startEngine()
    await using other = await startEngine()
    const env = { ...bench.pelago.env, BUILDX_CONFIG: folder('buildx') }
    const buildx = async (...args: readonly string[]): Promise<string> => {
      const { exitCode, stderr } = await runCommand(buildxArgv(args, 'peer'), { env })
      assert.equal(exitCode, 0, stderr)
      return stderr
    }
    for (const [name, { address }] of [['one', one], ['other', other]] as const) await buildx('create', '--name', name, '--driver', 'remote', address)
    const context = await bench.pelago.context(files('buildx'))
    await buildx('build', '--builder', 'one', '--network=none', ...folderTo('of-buildx'), context)
    const said = await buildx('build', '--builder', 'other', '--progress=plain', '--network=none', ...folderFrom('of-buildx'), context)
    assert.deepEqual(executed(said), [], said)
  })
})
