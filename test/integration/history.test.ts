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

interface Provenance {
  readonly buildDefinition: { readonly internalParameters?: { readonly buildConfig?: object }; readonly resolvedDependencies: readonly object[] }
  readonly runDetails: { readonly metadata?: { readonly invocationId: string } }
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

  const attachment = async (...args: readonly string[]): Promise<Provenance> => JSON.parse((await pelago.succeed(['history', 'inspect', 'attachment', ...args])).stdout) as Provenance

  it('keeps where a build is from, for each platform, and puts it into the metadata', async () => {
    const metadata = join(pelago.folder, 'metadata.json')
    const build = ['build', '--platform', 'linux/amd64,linux/arm64', '--build-arg', 'WORD=told', '--metadata-file', metadata]
    const read = async (env: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>> => {
      await pelago.succeed([...build, context], { env })
      return JSON.parse(await readFile(metadata, 'utf8')) as Readonly<Record<string, unknown>>
    }
    const [min, max, none] = [await read({}), await read({ BUILDX_METADATA_PROVENANCE: 'max' }), await read({ BUILDX_METADATA_PROVENANCE: 'disabled' })]
    const keys = ['buildx.build.provenance/linux/amd64', 'buildx.build.provenance/linux/arm64'] as const
    for (const key of keys) {
      const [short, whole] = [min[key] as Provenance, max[key] as Provenance]
      assert.equal(whole.runDetails.metadata?.invocationId, max['pelago.build.ref'])
      assert.deepEqual([short.runDetails.metadata, short.buildDefinition.internalParameters?.buildConfig], [undefined, undefined])
      assert.deepEqual(short.buildDefinition.resolvedDependencies, whole.buildDefinition.resolvedDependencies)
      assert.ok(none[key] === undefined)
    }
    const refused = await pelago.run([...build, context], { env: { BUILDX_METADATA_PROVENANCE: 'some' } })
    assert.deepEqual([refused.exitCode, refused.stderr.includes('invalid BUILDX_METADATA_PROVENANCE: "some"')], [2, true])
    assert.equal((await inspect('^0')).Ref, none['pelago.build.ref'], 'nothing was built')
    const ref = String(max['pelago.build.ref'])
    assert.deepEqual(await attachment('--type', 'provenance', '--platform', 'linux/arm64', ref), max[keys[1]])
    assert.match((await pelago.succeed(['history', 'inspect', ref])).stdout, /^ATTACHMENT +PLATFORM +TYPE\nsha256:\S+ +linux\/amd64 +https:\/\/slsa\.dev\/provenance\/v1\n[^]*image\.index/m)
    await pelago.succeed(['history', 'rm', '^0', '^1', '^2'])
  })

  it('keeps what an image has attached to it', async () => {
    await pelago.succeed(['build', '--platform', 'linux/amd64', '--sbom=true', '--provenance=mode=min', '-t', 'attested', context])
    assert.equal((await attachment('--type', 'provenance')).buildDefinition.internalParameters?.buildConfig, undefined)
    for (const type of ['sbom', 'index', 'manifest', 'image', 'https://spdx.dev/Document']) assert.ok(Object.keys(await attachment('--type', type)).length > 1)
    const none = await pelago.run(['history', 'inspect', 'attachment', '--type', 'other'])
    assert.match(none.stderr, /has no such attachment\nhint: it has https:\/\/slsa\.dev\/provenance\/v1 \(linux\/amd64\), /)
    await pelago.succeed(['history', 'rm', '^0'])
  })

  it('keeps what it tells though the cache is pruned', async () => {
    await pelago.succeed(['prune', '--all', '--force'])
    assert.match((await pelago.succeed(['history', 'logs', '^2'])).stdout, /says hello/)
    assert.equal((await attachment('--type', 'provenance', '^2')).runDetails.metadata?.invocationId, (await inspect('^2')).Ref)
  })

  for (const { name, args, exitCode, message } of [
    { name: 'a build that it does not know', args: ['logs', 'nowhere'], exitCode: 1, message: /no such build: nowhere/ },
    { name: 'a filter that is none', args: ['ls', '--filter', 'color=red'], exitCode: 2, message: /invalid --filter: "color=red"/ },
    { name: 'to print any attachment', args: ['inspect', 'attachment'], exitCode: 2, message: /nothing says which attachment is meant/ },
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
    const printed = await buildx('history', 'inspect', 'attachment', '--type', 'provenance', '--platform', 'linux/arm64')
    assert.equal((JSON.parse(printed) as Provenance).buildDefinition.resolvedDependencies.length, 1)
    const own = async (...args: string[]): Promise<string> => (await pelago.succeed(['--builder', engine.address, 'history', ...args])).stdout
    await buildx('history', 'rm', (await own('ls', '--format', '{{.Ref}}')).trim())
    assert.equal(await own('ls', '--format', 'json'), '')
  })
})
