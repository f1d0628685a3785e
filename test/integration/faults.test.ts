import assert from 'node:assert/strict'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { digestOf } from '../../src/ground/digest.ts'
import { busyboxContext } from '../support/images/busyboxContext.ts'
import { startFakeRegistry, type FakeRegistry, type Faults } from '../support/registry/fakeRegistry.ts'
import { noFaults } from '../support/registry/fake/faults.ts'
import { openPelago, type CommandResult, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { startPelago } from '../support/startedCommand.ts'
import { findLeftovers, findProcesses, untilFound, untilNone } from '../support/engine/traces.ts'

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
const LIE = digestOf('something else')
const SETTINGS = { PELAGO_LINGER: '0.5', PELAGO_WARM: '0' }
/** More than any number of attempts. */
const FOR_EVER = 10_000

/** What a build survives. */
interface Trouble {
  readonly name: string
  readonly faults: Partial<Faults>
}

/** What it cannot survive. */
interface Failure extends Trouble {
  readonly error: RegExp
}

const failing = (count: number, status: number, retryAfter?: string): Partial<Faults> => ({ failing: { count, status, retryAfter } })

const troubles: readonly Trouble[] = [
  { name: 'is told 500 twice', faults: failing(2, 500) },
  { name: 'is told 429 and to come back in a second', faults: failing(2, 429, '1') },
  { name: 'is told wrong digests of what is right', faults: { toldDigest: LIE } },
]

const failures: readonly Failure[] = [
  { name: 'is told 429 and to come back in an hour', faults: failing(FOR_EVER, 429, '3600'), error: /refuses more requests/ },
  { name: 'is told 500 for ever', faults: failing(FOR_EVER, 500), error: /500/ },
]

const failedPulls: readonly Failure[] = [
  ...failures,
  { name: 'finds connections broken, and a registry that cannot resume', faults: { dropAfterBytes: 300_000, ignoresRange: true }, error: /broke|ended|closed|terminated/ },
  { name: 'is sent other bytes than the digest says', faults: { corrupts: true }, error: /sha256:\w+/ },
]

const failedPushes: readonly Failure[] = [
  ...failures,
  { name: 'finds uploads broken for ever', faults: { uploads: { ...noFaults().uploads, dropped: FOR_EVER } }, error: /broke|ended|closed|reset|answer/ },
  { name: 'is told another digest for what it sent, which is not there', faults: { toldDigest: LIE, uploads: { ...noFaults().uploads, losesBlobs: true } }, error: /sha256:\w+/ },
]

/** An image of busybox as an OCI layout, made once. */
interface BaseImage {
  readonly layout: string
  readonly manifest: Uint8Array
}

async function makeBase(pelago: Pelago): Promise<BaseImage> {
  const layout = join(pelago.folder, 'base')
  await pelago.succeed(['build', '--output', `type=oci,tar=false,dest=${layout}`, await pelago.context(busyboxContext([]))])
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { readonly manifests: readonly { readonly digest: string }[] }
  return { layout, manifest: readFileSync(join(layout, 'blobs/sha256', manifests[0]?.digest.replace('sha256:', '') ?? '')) }
}

async function serve({ layout, manifest }: BaseImage): Promise<FakeRegistry> {
  const registry = await startFakeRegistry()
  const blobs = join(layout, 'blobs/sha256')
  for (const name of readdirSync(blobs)) registry.putBlob('base', readFileSync(join(blobs, name)))
  registry.putManifest('base', '1', { mediaType: MANIFEST_TYPE, bytes: manifest })
  return registry
}

function contextOver(pelago: Pelago, registry: FakeRegistry): Promise<string> {
  return pelago.context({ Dockerfile: `FROM ${registry.host}/base:1\nRUN echo built > /result\n` })
}

async function tagStatus({ host, faults }: FakeRegistry): Promise<number> {
  Object.assign(faults, { failing: { count: 0, status: 500, retryAfter: undefined } })
  return (await fetch(`http://${host}/v2/app/manifests/1`)).status
}

function assertClearError({ exitCode, stderr }: CommandResult, error: RegExp): void {
  assert.ok(exitCode === 1 || exitCode === 125, `exit code ${exitCode}`)
  assert.match(stderr, /ERROR: /)
  assert.match(stderr, error)
  assert.doesNotMatch(stderr, /bug in Pelago|^ +at /m)
}

async function assertClean(pelago: Pelago): Promise<void> {
  const store = pelago.env['PELAGO_ROOT'] ?? ''
  await untilNone(() => findProcesses(store), 60_000)
  assert.deepEqual(findLeftovers(store).filter((name) => !name.startsWith('ingest/resumable-')), [])
}

/** Of the layers that are in the store, one. */
function damageLayer(pelago: Pelago): void {
  const folder = join(pelago.env['PELAGO_ROOT'] ?? '', 'blobs/sha256')
  const layer = readdirSync(folder).map((name) => join(folder, name)).find((path) => statSync(path).size > 100_000) ?? ''
  const bytes = readFileSync(layer)
  chmodSync(layer, 0o600)
  writeFileSync(layer, bytes.fill(0xaa, 50_000, 50_100))
}

/** First byte asked for of each ranged request. */
function resumedAt({ requests }: Pick<FakeRegistry, 'requests'>): readonly number[] {
  return requests.flatMap(({ range }) => (range === undefined ? [] : [Number(/^bytes=(\d+)-/.exec(range)?.[1])]))
}

describe('a registry with faults', { skip: missing('crun', 'busybox') }, () => {
  const once = new AsyncDisposableStack()
  let base: BaseImage
  before(async () => {
    base = await makeBase(once.use(await openPelago(SETTINGS)))
  })
  after(() => once.disposeAsync())

  for (const { name, faults } of troubles) {
    it(`a pull that ${name} succeeds`, async () => {
      await using pelago = await openPelago(SETTINGS)
      await using registry = await serve(base)
      Object.assign(registry.faults, structuredClone(faults))
      await pelago.succeed(['build', '--output', 'out', await contextOver(pelago, registry)])
      assert.equal(readFileSync(join(pelago.folder, 'out/result'), 'utf8'), 'built\n')
      assert.equal(registry.faults.failing.count, 0)
    })
  }

  for (const { name, faults } of [...troubles, { name: 'finds uploads broken twice', faults: { uploads: { ...noFaults().uploads, dropped: 2 } } }]) {
    it(`a push that ${name} succeeds`, async () => {
      await using pelago = await openPelago(SETTINGS)
      await using registry = await serve(base)
      const context = await contextOver(pelago, registry)
      await pelago.succeed(['build', context])
      Object.assign(registry.faults, structuredClone(faults))
      await pelago.succeed(['build', '--tag', `${registry.host}/app:1`, '--push', context])
      assert.deepEqual([registry.faults.failing.count, registry.faults.uploads.dropped], [0, 0])
      assert.equal(await tagStatus(registry), 200)
    })
  }

  it('a blob that the disk has changed is told, and fetched again by the next build', async () => {
    await using pelago = await openPelago(SETTINGS)
    await using registry = await serve(base)
    await pelago.succeed(['pull', `${registry.host}/base:1`])
    damageLayer(pelago)
    const build = ['build', '--output', 'out', await contextOver(pelago, registry)]
    assertClearError(await pelago.run(build), /blob sha256:\w+ has the bytes of sha256:\w+/)
    await pelago.succeed(build)
    assert.equal(readFileSync(join(pelago.folder, 'out/result'), 'utf8'), 'built\n')
  })

  for (const { name, faults, error } of failedPulls) {
    it(`a pull that ${name} says so, and the next one succeeds`, async () => {
      await using pelago = await openPelago(SETTINGS)
      await using registry = await serve(base)
      const build = ['build', '--output', 'out', await contextOver(pelago, registry)]
      const healthy = structuredClone(registry.faults)
      Object.assign(registry.faults, structuredClone(faults))
      const result = await pelago.run(build)
      assertClearError(result, error)
      Object.assign(registry.faults, healthy)
      await pelago.succeed(build)
      assert.equal(readFileSync(join(pelago.folder, 'out/result'), 'utf8'), 'built\n')
      await assertClean(pelago)
    })
  }

  for (const { name, faults, error } of failedPushes) {
    it(`a push that ${name} says so and leaves no tag, and the next one succeeds`, async () => {
      await using pelago = await openPelago(SETTINGS)
      await using registry = await serve(base)
      const context = await contextOver(pelago, registry)
      const push = ['build', '--tag', `${registry.host}/app:1`, '--push', context]
      await pelago.succeed(['build', '--output', 'out', context])
      const healthy = structuredClone(registry.faults)
      Object.assign(registry.faults, structuredClone(faults))
      const result = await pelago.run(push)
      assertClearError(result, error)
      Object.assign(registry.faults, healthy)
      assert.equal(await tagStatus(registry), 404)
      await pelago.succeed(push)
      assert.equal(await tagStatus(registry), 200)
      await assertClean(pelago)
    })
  }

  it('a pull over broken connections succeeds, and asks each time for what is missing', async () => {
    await using pelago = await openPelago(SETTINGS)
    await using registry = await serve(base)
    registry.faults.dropAfterBytes = 300_000
    await pelago.succeed(['build', await contextOver(pelago, registry)])
    assert.ok(resumedAt(registry).length > 0)
    const blobs = new Set(registry.requests.map(({ path }) => path))
    for (const blob of blobs) {
      const offsets = resumedAt({ requests: registry.requests.filter(({ path }) => path === blob) })
      assert.deepEqual(offsets, [...new Set(offsets)].toSorted((one, other) => one - other)) // each further than the one before
    }
  })

  it('a pull goes on where that of a command that was killed broke off', async () => {
    await using pelago = await openPelago(SETTINGS)
    await using registry = await serve(base)
    const context = await contextOver(pelago, registry)
    Object.assign(registry.faults, { dropAfterBytes: 300_000, holdsRanges: true })
    {
      await using command = startPelago(pelago, ['build', context])
      await untilFound(() => resumedAt(registry)[0], 30_000)
      command.kill('SIGKILL')
      await command.ended
    }
    await untilNone(() => findProcesses(pelago.env['PELAGO_ROOT'] ?? ''), 60_000)
    const before = resumedAt(registry).length
    Object.assign(registry.faults, { dropAfterBytes: undefined, holdsRanges: false })
    await pelago.succeed(['build', '--output', 'out', context])
    assert.ok((resumedAt(registry)[before] ?? 0) > 0, 'it begins with what the other one has left') // a kill costs what is being written
    assert.equal(readFileSync(join(pelago.folder, 'out/result'), 'utf8'), 'built\n')
  })
})
