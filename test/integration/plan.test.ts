import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { BuildPlan, PlanRun } from '../../src/engine/plan/buildPlan.ts'
import { parsePlan } from '../../src/cli/plan/parsePlan.ts'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { openPelago, type CommandResult, type ContextFiles, type Pelago } from '../support/pelago.ts'
import { pathWithout } from '../support/programPath.ts'
import { parseSteps } from '../support/engine/rawProgress.ts'

/** What a plan tells, and what the build after it does. */
describe('a plan', { skip: missingForBuilds() }, () => {
  let registry: DockerRegistry
  let pelago: Pelago
  /** Another store, which pulls nothing before the tests that are about that. */
  let fresh: Pelago
  let base: string
  before(async () => {
    registry = await startDockerRegistry()
    base = await pushBaseImage(registry.host)
    pelago = await openPelago()
    fresh = await openPelago()
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await fresh[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })

  const BOTH = ['--platform', 'linux/amd64,linux/arm64'] as const
  const context = (files: ContextFiles): Promise<string> => pelago.context(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, typeof text === 'string' ? text.replaceAll('BASE', base) : text])))
  const planOf = async (folder: string, ...flags: readonly string[]): Promise<BuildPlan & Pick<CommandResult, 'exitCode'>> => {
    const { exitCode, stdout, stderr } = await pelago.run(['plan', '--format', 'json', ...flags, folder])
    assert.notEqual(stdout, '', stderr)
    return { ...parsePlan(stdout), exitCode }
  }
  const namesOf = ({ vertices }: BuildPlan, state: PlanRun['state']): ReadonlySet<string> => new Set(vertices.filter((vertex) => vertex.state === state && isStep(vertex.name)).map(({ name }) => name))

  /** Plans and builds, and compares the two step by step; gives the plan. */
  async function agree(folder: string, ...flags: readonly string[]): Promise<BuildPlan> {
    const plan = await planOf(folder, ...flags)
    const { stderr } = await pelago.succeed(['build', '--progress', 'rawjson', ...flags, folder])
    const { executed, cached } = parseSteps(stderr)
    const known = new Set(plan.vertices.map(({ name }) => name).filter(isStep))
    const [runs, unknown, kept] = [namesOf(plan, 'runs'), namesOf(plan, 'unknown'), namesOf(plan, 'cached')]
    const decided = (names: readonly string[]): readonly string[] => names.filter((name) => known.has(name) && !unknown.has(name)).toSorted()
    assert.deepEqual(decided(executed), [...runs].toSorted())
    assert.deepEqual(decided(cached), [...kept].toSorted())
    return plan
  }

  const APP: ContextFiles = {
    Dockerfile: [
      'FROM --platform=$BUILDPLATFORM BASE AS build', 'WORKDIR /src', 'COPY app.txt .', 'ARG TARGETARCH', 'RUN cat app.txt > out; echo $TARGETARCH >> out', '',
      'FROM BASE AS unused', 'RUN false', '',
      'FROM BASE', 'RUN uname -m > /machine', 'COPY other.txt /other', 'COPY --from=build /src/out /out', 'RUN cat /out',
    ].join('\n'),
    'app.txt': 'app',
    'other.txt': 'other',
    'README.md': 'not copied',
  }

  it('tells of each step of a new Dockerfile how it would run, and of its base images what would be pulled', async () => {
    const { stdout } = await pelago.succeed(['plan', ...BOTH, await context(APP)])
    assert.match(stdout, /^Plan for linux\/amd64, linux\/arm64 on linux\/amd64: 12 steps run \(2 emulated\), 0 cached\n/)
    assert.match(stdout, /\nbuild +1 +FROM --platform=\$BUILDPLATFORM .* pull \d\.\d+MB\n/)
    assert.match(stdout, /\n +3 +COPY app\.txt \. +runs, once for all +\?\n/)
    assert.match(stdout, /\n +5 +RUN cat app\.txt > out; echo \$TARGETARCH >> out +runs natively, for each platform +\?\n/)
    assert.match(stdout, /\nunused +7 +FROM .* not needed for the target\n/)
    assert.match(stdout, /\n +11 +RUN uname -m > \/machine +runs natively \(amd64\); emulated by qemu-aarch64 \(arm64\) +\?\n/)
    assert.match(stdout, /\n\S+busybox:latest +linux\/arm64 +1 +\d\.\d+MB +none +\d\.\d+MB\n/)
    assert.match(stdout, /\nTime: not known/)
  })

  it('is what the build then does; and all is cached after it, until a file is changed', async () => {
    const folder = await context(APP)
    const first = await agree(folder, ...BOTH)
    assert.equal(namesOf(first, 'unknown').size, 0)
    const second = await agree(folder, ...BOTH)
    assert.deepEqual([namesOf(second, 'runs').size, namesOf(second, 'unknown').size], [0, 0])
    await writeFile(join(folder, 'README.md'), 'changed')
    assert.equal(namesOf(await agree(folder, ...BOTH), 'runs').size, 0)
    await writeFile(join(folder, 'other.txt'), 'changed')
    assert.deepEqual([...namesOf(await agree(folder, ...BOTH), 'runs')].map((name) => name.replace(/^\[\S+ \S+ /, '[')).toSorted(), ['[3/5] COPY other.txt /other', '[3/5] COPY other.txt /other', '[4/5] COPY --from=build /src/out /out', '[4/5] COPY --from=build /src/out /out', '[5/5] RUN cat /out', '[5/5] RUN cat /out'])
    await writeFile(join(folder, 'app.txt'), 'changed')
    const last = await agree(folder, ...BOTH)
    const copy = last.stages[2]?.steps.find(({ text }) => text.startsWith('COPY --from'))
    assert.deepEqual(copy?.runs.map(({ state, until }) => [state, until.map(({ line }) => line)]), [['unknown', [5]], ['unknown', [5]]])
  })

  it('is what the build does with the cache left out, for a part of the stages too', async () => {
    const folder = await context(APP)
    await pelago.succeed(['build', folder])
    assert.equal(namesOf(await agree(folder, '--no-cache'), 'runs').size, 6)
    assert.ok(namesOf(await agree(folder, '--no-cache-filter', 'build'), 'unknown').size > 0)
    await agree(folder, '--build-arg', 'TARGETARCH=other', '--target', 'build')
  })

  it('is what the build does of linked copies, named contexts, mounts, heredocs and ONBUILD', async () => {
    const more = await context({ 'more.txt': 'more' })
    const flags = ['--build-context', `more=${more}`, ...BOTH]
    const folder = await context({
      ...APP,
      Dockerfile: [
        'FROM BASE AS tools', 'COPY --link app.txt /tools/', 'ONBUILD RUN echo triggered > /triggered', '',
        'FROM tools AS work', 'COPY --from=more more.txt /', 'COPY <<EOF /heredoc', 'text', 'EOF', 'RUN --mount=type=bind,from=tools,source=/tools,target=/t --mount=type=cache,target=/c cat /t/app.txt > /copied', '',
        'FROM scratch', 'COPY --link --from=work /copied /heredoc /', 'COPY --from=BASE /bin/busybox /busybox',
      ].join('\n'),
    })
    await agree(folder, ...flags)
    assert.deepEqual([...namesOf(await agree(folder, ...flags), 'runs')], [])
    await writeFile(join(more, 'more.txt'), 'changed')
    await agree(folder, ...flags)
    await writeFile(join(folder, 'app.txt'), 'changed')
    await agree(folder, ...flags)
  })

  it('pulls nothing, and says which images no step needs the files of', async () => {
    const folder = await context({ Dockerfile: 'FROM BASE AS idle\nENV A=b\nFROM BASE\nCOPY --link a /a\n', a: 'a' })
    const plan = async (...flags: readonly string[]): Promise<BuildPlan> => parsePlan((await fresh.succeed(['plan', '--format', 'json', ...flags, folder])).stdout)
    const [image] = (await plan()).images
    assert.deepEqual([image?.need, image?.layersHere, image?.pullBytes], ['not-needed', 0, 0])
    const outputs = [['--output', 'type=tar,dest=out.tar'], ['--push', '-t', `${registry.host}/app`]]
    const needs = await Promise.all(outputs.map(async (flags) => (await plan(...flags)).images[0]?.need))
    assert.deepEqual(needs, ['needed', 'unknown'])
    await fresh.succeed(['build', folder])
    assert.equal((await plan()).images[0]?.layersHere, 0)
    assert.match((await fresh.succeed(['plan', folder])).stdout, /not pulled: no step needs its files/)
  })

  it('leaves nothing in the cache but the context, and is no use of what prune may remove', async () => {
    const folder = await context(APP)
    const usage = async (): Promise<string> => (await fresh.succeed(['du'])).stdout
    await fresh.succeed(['plan', folder])
    assert.doesNotMatch(await usage(), /MB/)
    await fresh.succeed(['build', folder])
    await writeFile(join(folder, 'app.txt'), 'changed')
    await fresh.succeed(['plan', folder])
    await fresh.succeed(['prune', '--force', '--filter', 'until=0s'])
    assert.ok(namesOf(parsePlan((await fresh.succeed(['plan', '--format', 'json', folder])).stdout), 'runs').size > 0)
  })

  it('tells every platform that base images lack at once, with what there is, and exits with 1', async () => {
    const folder = await context({ Dockerfile: 'FROM BASE AS a\nRUN true\nFROM BASE\nCOPY --from=a /etc /etc\nRUN true\n' })
    const { exitCode, problems, stages } = await planOf(folder, '--platform', 'linux/riscv64,linux/arm/v6,linux/amd64')
    assert.equal(exitCode, 1)
    assert.deepEqual(problems.map(({ kind, platforms, lines }) => [kind, platforms, lines?.startLine]), [['platform-missing', ['linux/riscv64'], 1], ['platform-missing', ['linux/arm/v6'], 1]])
    assert.match(problems[1]?.hint ?? '', /it has linux\/amd64, .*; the nearest is linux\/arm\/v7/)
    assert.deepEqual(stages[0]?.steps[1]?.runs.map(({ state, platforms }) => [state, platforms]), [['blocked', ['linux/riscv64']], ['blocked', ['linux/arm/v6']], ['runs', ['linux/amd64']]])
    assert.equal((await pelago.run(['build', '--platform', 'linux/arm/v6', folder])).exitCode, 1)
  })

  it('tells images that are not there, and files that a COPY will not find', async () => {
    const gone = await planOf(await context({ Dockerfile: `FROM BASE AS a\nFROM ${registry.host}/none\nCOPY --from=${registry.host}/neither:1 a b\n` }))
    assert.deepEqual(gone.problems.map(({ kind }) => kind), ['image-missing', 'image-missing'])
    const { problems, exitCode, stages: [stage] } = await planOf(await context({ Dockerfile: 'FROM BASE\nCOPY nowhere /\nCOPY here /\n', here: '' }))
    assert.deepEqual([exitCode, problems.map(({ kind, lines }) => [kind, lines?.startLine])], [1, [['step', 2]]])
    assert.deepEqual(stage?.steps.map(({ runs: [run] }) => run?.failure !== undefined), [false, true, false])
    assert.match(problems[0]?.message ?? '', /nowhere/)
  })

  it('tells which emulator is missing and what to install, and takes the variant that serves', async () => {
    await using bare = await openPelago({ PATH: await pathWithout(pelago, /^qemu-/) })
    const folder = await context({ Dockerfile: 'FROM BASE\nRUN true\n' })
    const { exitCode, stdout } = await bare.run(['plan', '--platform', 'linux/s390x,linux/arm64', folder])
    assert.equal(exitCode, 1, stdout)
    assert.match(stdout, /^A build would fail:\n +line 2: linux\/s390x does not run on this machine, .*\n +hint: .*qemu-user-static.*\n +line 2: linux\/arm64 does not run/)
    assert.match(stdout, /RUN true +cannot run here/)
    const { images } = await planOf(folder, '--platform', 'linux/amd64/v2')
    assert.deepEqual(images.map(({ platform, found }) => [platform, found]), [['linux/amd64/v2', 'linux/amd64']])
  })

  it('tells how long steps took the last time, native and emulated ones apart, and the longest chain', async () => {
    const folder = await context({ Dockerfile: 'FROM BASE AS slow\nRUN sleep 1; echo A > /a\nFROM BASE\nRUN sleep 0.2\nCOPY --from=slow /a /a\n' })
    await pelago.succeed(['build', ...BOTH, folder])
    assert.equal((await planOf(folder, ...BOTH)).time.timedSteps, 0)
    await pelago.run(['build', '--no-cache', ...BOTH, folder])
    const { time, stages } = await planOf(folder, '--no-cache', ...BOTH)
    assert.deepEqual([time.timedSteps, time.untimedSteps], [6, 0])
    assert.ok(time.nativeMs >= 1200 && time.emulatedMs >= 1200, JSON.stringify(time))
    assert.ok(time.criticalPathMs >= 1000 && time.criticalPathMs < time.sumMs, JSON.stringify(time))
    assert.deepEqual(time.criticalPath.map(({ line }) => line), [2, 5])
    assert.deepEqual(expectedOf(stages).map((ms) => ms >= 1000), [true, true])
    const reworded = await context({ Dockerfile: 'FROM BASE AS slow\nENV B=c\nRUN sleep 1; echo A > /a\n' })
    assert.deepEqual(expectedOf((await planOf(reworded)).stages).map((ms) => ms >= 1000), [true])
  })

  it('gives advice by what is in the folder and what took long, and none of a good Dockerfile', async () => {
    const files = { 'package.json': '{"name":"app"}', 'package-lock.json': '{}', '.git/objects/pack': 'x'.repeat(2_000_000), 'node_modules/a/index.js': 'y'.repeat(3_000_000) }
    const folder = await context({ ...files, Dockerfile: 'FROM BASE\nWORKDIR /app\nCOPY . .\nRUN npm ci\n' })
    const { edits } = await planOf(folder)
    assert.deepEqual(edits.map(({ id, lines, savesBytes }) => [id, lines.startLine, savesBytes]), [['ignore-folder', 3, 3_000_000], ['ignore-folder', 3, 2_000_000], ['copy-before-install', 3, undefined]])
    assert.match((await pelago.succeed(['plan', folder])).stdout, /\nWhat would help:\n {2}line 3: node_modules is read .*\(saves 3MB\)\n {6}node_modules\n[^]*\n {6}COPY package\.json package-lock\.json \.\/\n/)
    await writeFile(join(folder, '.dockerignore'), '.git\nnode_modules\n')
    assert.deepEqual((await planOf(folder)).edits.map(({ id }) => id), ['copy-before-install'])
    await writeFile(join(folder, 'Dockerfile'), `FROM ${base}\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n`)
    assert.deepEqual((await planOf(folder)).edits, [])
  })

  it('is refused with a mistake in the Dockerfile, and in the command line', async () => {
    const { exitCode, stderr } = await pelago.run(['plan', await context({ Dockerfile: 'FROM BASE\nRUNN x\n' })])
    assert.equal(exitCode, 1)
    assert.match(stderr, /unknown instruction: RUNN\nDockerfile:2\n/)
    assert.equal((await pelago.run(['plan', '--check', '.'])).exitCode, 2)
    assert.equal((await pelago.run(['plan'])).exitCode, 2)
  })
})

/** What reads the client's folders is not told to be cached. */
function isStep(name: string): boolean {
  return !/^\[(?:internal\]|context )/.test(name)
}

/** Of the first RUN. */
function expectedOf([stage]: BuildPlan['stages']): readonly number[] {
  return (stage?.steps[1]?.runs ?? []).map(({ expectedMs = 0 }) => expectedMs)
}
