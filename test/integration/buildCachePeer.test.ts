import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { ParityCase } from '../parity/caseFile.ts'
import { missingPeer, startBuildkitPeer, type BuildkitPeer } from '../parity/buildkitPeer.ts'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { openPelago, type ContextFiles } from '../support/pelago.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

/** What one engine has built the other does not build again, in either direction. */
describe('a build cache, and a BuildKit written in Go', { skip: missingForBuilds() || missingPeer }, () => {
  const once = new AsyncDisposableStack()
  let bench: Workbench
  let peer: BuildkitPeer
  before(async () => {
    bench = once.use(await openWorkbench())
    peer = once.use(await startBuildkitPeer())
  })
  after(() => once.disposeAsync())

  const files = (): ContextFiles => ({
    Dockerfile: [
      `FROM ${bench.base} AS build`, 'ARG WHAT=made', 'WORKDIR /src', 'COPY src /src/', 'COPY *.txt /texts/', 'RUN echo $WHAT >/out',
      `FROM ${bench.base}`, 'ENV A=b', 'RUN echo one >/one', 'COPY --from=build /out /bin/out', 'COPY --chown=1:2 --chmod=700 src/a /b',
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

  async function buildByPeer(...args: readonly string[]): Promise<string> {
    const { isBuilt, said } = await peer.build(await bench.pelago.context(files()), asked(args), join(bench.pelago.folder, 'peer.tar'))
    assert.ok(isBuilt, said)
    return said
  }

  it('are found by Pelago', async () => {
    await buildByPeer('--cache-to', `type=registry,ref=${bench.registry.host}/of-buildkit,mode=max`)
    await using other = await openPelago()
    const { stderr } = await other.succeed(['build', '--progress=plain', '--network=none', '--cache-from', `${bench.registry.host}/of-buildkit`, await other.context(files())])
    assert.deepEqual(executed(stderr), [], stderr)
  })

  it('are found by BuildKit', async () => {
    await bench.pelago.succeed(['build', '--network=none', '--cache-to', `type=registry,ref=${bench.registry.host}/of-pelago,mode=max`, await bench.pelago.context(files())])
    await using clean = await startBuildkitPeer()
    const { isBuilt, said } = await clean.build(await bench.pelago.context(files()), asked(['--cache-from', `type=registry,ref=${bench.registry.host}/of-pelago`]), join(bench.pelago.folder, 'peer2.tar'))
    assert.ok(isBuilt, said)
    assert.deepEqual(executed(said), [], said)
  })
})
