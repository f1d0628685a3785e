import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { buildxArgv, missingBuildx } from '../support/peers/buildx.ts'
import { startEngine } from '../support/engine/engineSocket.ts'
import { runCommand, type Pelago } from '../support/pelago.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

interface Described {
  readonly Ref: string
  readonly Name: string
  readonly Status: string
  readonly Error: string
  readonly Platform: readonly string[]
  readonly BuildArgs: readonly { readonly Name: string; readonly Value: string }[]
  readonly NumCachedSteps: number
  readonly PlatformTimes: readonly { readonly Platform: string; readonly EmulatedMs: number }[]
}

describe('pelago history', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let pelago: Pelago
  let context: string
  before(async () => {
    ({ pelago } = workbench = await openWorkbench())
    const { base } = workbench
    await pelago.succeed(['history', 'rm', '--all']) // that of the base image
    context = await pelago.context({ Dockerfile: `FROM ${base}\nARG WORD\nRUN echo "says $WORD"\n`, Failing: `FROM ${base}\nRUN echo before && exit 3\n` })
    await pelago.succeed(['build', '--platform', 'linux/amd64,linux/arm64', '--build-arg', 'WORD=hello', '-t', 'app', context])
    await pelago.succeed(['build', '--platform', 'linux/amd64,linux/arm64', '--build-arg', 'WORD=hello', '-t', 'app', context])
    await pelago.run(['build', '-f', join(context, 'Failing'), context])
    await pelago.succeed(['build', '--check', context])
  })
  after(() => workbench[Symbol.asyncDispose]())

  const inspect = async (...build: string[]): Promise<Described> => JSON.parse((await pelago.succeed(['history', 'inspect', '--format', 'json', ...build])).stdout) as Described

  it('lists builds, the last one first, and not what builds nothing', async () => {
    const { stdout } = await pelago.succeed(['history', 'ls'])
    const name = context.slice(context.lastIndexOf('/') + 1)
    assert.match(stdout, new RegExp(`^BUILD ID +NAME +STATUS +CREATED AT +DURATION\\n\\S+ +${name}/Failing +Error .* ago +\\S+\\n\\S+ +${name} +Completed .*\\n\\S+ +${name} +Completed .*\\n$`))
    assert.equal((await pelago.succeed(['buildx', 'history', 'ls', '--filter', 'status=completed', '--format', '{{.Status}}'])).stdout, 'Completed\nCompleted\n')
  })

  it('tells inputs, platforms, times and what came from the cache', async () => {
    const [first, second] = [await inspect('^2'), await inspect('^1')]
    assert.deepEqual([first.Status, first.Platform, first.BuildArgs], ['completed', ['linux/amd64', 'linux/arm64'], [{ Name: 'WORD', Value: 'hello' }]])
    assert.deepEqual(first.PlatformTimes.map(({ Platform, EmulatedMs }) => [Platform, EmulatedMs > 0]), [['linux/amd64', false], ['linux/arm64', true]])
    assert.equal(first.NumCachedSteps, 0)
    assert.equal(second.NumCachedSteps, 4)
    const { stdout } = await pelago.succeed(['history', 'inspect', first.Ref.slice(0, 8)])
    assert.match(stdout, /^PLATFORM +NATIVE +EMULATED +STEPS +CACHED\nlinux\/amd64 [^\n]*\nlinux\/arm64 [^\n]*s +3 +0$/m)
    assert.match(stdout, /RUN echo "says hello" +linux\/arm64 +\S+s +emulated by qemu-aarch64$/m)
  })

  it('tells of a failed build why it failed, and what it printed', async () => {
    const { Status, Error: message } = await inspect()
    assert.deepEqual([Status, message.endsWith('did not complete successfully: exit code: 3')], ['error', true])
    const { stdout } = await pelago.succeed(['history', 'logs'])
    assert.match(stdout, /^#\d+ [0-9.]+ before$[^]*^#\d+ ERROR: process .* exit code: 3$/m)
  })

  it('writes builds with their logs to a file', async () => {
    const file = join(pelago.folder, 'builds.dockerbuild')
    await pelago.succeed(['history', 'export', '--all', '-o', file])
    const archive = gunzipSync(await readFile(file)).toString('latin1')
    assert.equal(archive.match(/"mediaType": ?"application\/vnd\.buildkit\.historyrecord\.v0"/g)?.length, 3)
    assert.match(archive, /says hello/)
  })

  it('keeps what it tells though the cache is pruned', async () => {
    await pelago.succeed(['prune', '--all', '--force'])
    assert.match((await pelago.succeed(['history', 'logs', '^2'])).stdout, /says hello/)
  })

  for (const { name, args, exitCode, message } of [
    { name: 'a build that it does not know', args: ['logs', 'nowhere'], exitCode: 1, message: /no such build: nowhere/ },
    { name: 'a filter that is none', args: ['ls', '--filter', 'color=red'], exitCode: 2, message: /invalid --filter: "color=red"/ },
    { name: 'to forget nothing', args: ['rm'], exitCode: 2, message: /no build is named/ },
  ]) {
    it(`refuses ${name}`, async () => {
      const result = await pelago.run(['history', ...args])
      assert.match(result.stderr, message)
      assert.equal(result.exitCode, exitCode)
    })
  }

  it('forgets builds', async () => {
    const { Ref } = await inspect('^1')
    assert.equal((await pelago.succeed(['history', 'rm', '^1'])).stdout, `${Ref}\n`)
    assert.equal((await pelago.run(['history', 'logs', Ref])).exitCode, 1)
    await pelago.succeed(['history', 'rm', '--all'])
    assert.equal((await pelago.succeed(['history', 'ls', '--format', 'json'])).stdout, '')
  })

  it('is what docker buildx lists, inspects, shows and removes', { skip: missingBuildx }, async () => {
    await using engine = await startEngine()
    const buildx = async (...args: string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await runCommand(buildxArgv(args), { env: { ...pelago.env, PATH: process.env['PATH'] ?? '' }, cwd: pelago.folder })
      assert.equal(exitCode, 0, stderr)
      return `${stdout}${stderr}`
    }
    await buildx('create', '--name', 'served', '--driver', 'remote', '--use', engine.address)
    await buildx('build', '--platform', 'linux/amd64,linux/arm64', '--build-arg', 'WORD=two', context)
    assert.match(await buildx('history', 'ls'), /^\S+ +\S+ +Completed /m)
    assert.match(await buildx('history', 'inspect'), /^Platforms:\s+linux\/amd64, linux\/arm64$[^]*^Build Steps:\s+\d+\/\d+ \(\d+% cached\)$/m)
    assert.match(await buildx('history', 'logs'), /says two/)
    const own = async (...args: string[]): Promise<string> => (await pelago.succeed(['--builder', engine.address, 'history', ...args])).stdout
    await buildx('history', 'rm', (await own('ls', '--format', '{{.Ref}}')).trim())
    assert.equal(await own('ls', '--format', 'json'), '')
  })
})
