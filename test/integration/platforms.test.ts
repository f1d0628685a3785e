import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Explanation } from '../../src/cli/platforms/explanation.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { pathWithout } from '../support/programPath.ts'
import { missing } from '../support/requires.ts'

describe('pelago platforms explain', { skip: missing('crun', 'qemu-arm-static') }, () => {
  let pelago: Pelago
  before(async () => {
    pelago = await openPelago()
  })
  after(() => pelago[Symbol.asyncDispose]())

  const explain = async (...args: readonly string[]): Promise<Explanation> => JSON.parse((await pelago.succeed(['platforms', 'explain', ...args, '--format', 'json'])).stdout) as Explanation

  it("tells of the machine's own platform where none is named, and of what else runs natively", async () => {
    const { platform, runs, machine } = await explain()
    assert.deepEqual([platform, runs.kind], [machine.native[0], 'native'])
    const listed = (await pelago.succeed(['platforms', '--format', '{{.platform}} {{.runs}}'])).stdout
    assert.deepEqual(machine.native, [...listed.matchAll(/^(\S+) natively$/gm)].map(([, name]) => name))
  })
  it('names emulator and version of what is emulated', async () => {
    const { stdout } = await pelago.succeed(['platforms', 'explain', 'armel'])
    assert.match(stdout, /^linux\/arm\/v6: 32-bit Arm/)
    assert.match(stdout, /written +armel is another way to write linux\/arm\/v6$/m)
    assert.match(stdout, /runs here +emulated by qemu-arm \d+\.\d+\S* \(\/\S+\)/)
  })
  it('ends with 1 where it does not run here, and says what to do', async () => {
    const windows = await pelago.run(['platforms', 'explain', 'windows/amd64'])
    assert.equal(windows.exitCode, 1)
    assert.match(windows.stdout, /runs here +no: .*only programs of linux run here\n +do +choose linux\/amd64/)
  })
  it('names the package of an emulator that is missing', async () => {
    const env = { PATH: await pathWithout(pelago, /^qemu-/), PELAGO_ROOT: join(pelago.folder, 'without-qemu') }
    const found = await pelago.run(['platforms', 'explain', 'linux/s390x', '--format', 'json'], { env })
    assert.equal(found.exitCode, 1)
    const { runs } = JSON.parse(found.stdout) as Explanation
    assert.ok(runs.kind === 'missing' && runs.reason.includes('qemu-s390x is not installed') && runs.remedy.includes('qemu'), found.stdout)
  })
  it("is where a build leads that was given another tool's name", async () => {
    const context = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\nRUN ["/x"]\n' })
    const found = await pelago.run(['build', '--platform', 'linux/ppc64el', context])
    assert.equal(found.exitCode, 1)
    assert.match(found.stderr, /linux\/ppc64el does not run on this machine[^]*hint: write linux\/ppc64le, as Docker calls it/)
  })
  it('ends with 2 on what is no platform, and starts no engine for that', async () => {
    const found = await pelago.run(['platforms', 'explain', 'linux/arm/v99', '--builder', 'unix:///nowhere'])
    assert.deepEqual([found.exitCode, found.stdout], [2, ''])
    assert.match(found.stderr, /no such platform: "linux\/arm\/v99": arm has no variant "v99"[^]*the nearest is linux\/arm\/v7/)
  })
})

describe('the image that a platform gets', { skip: missing('crun', 'docker-registry') }, () => {
  let pelago: Pelago
  let registry: DockerRegistry
  /** The same image in a registry, as a layout, and as an archive: for arm/v6 and arm/v5, each with a file that says which. */
  const places: string[] = []
  before(async () => {
    registry = await startDockerRegistry()
    pelago = await openPelago()
    const context = await pelago.context({ 'linux-arm-v5': 'v5', 'linux-arm-v6': 'v6', Dockerfile: 'FROM scratch\nARG TARGETVARIANT\nCOPY linux-arm-$TARGETVARIANT /is\n' })
    const [layout, archive] = [join(pelago.folder, 'layout'), join(pelago.folder, 'image.tar')]
    places.push(`${registry.host}/arm:1`, layout, archive)
    await pelago.succeed(['build', '--platform', 'linux/arm/v5,linux/arm/v6', '-t', `${registry.host}/arm:1`, '--push', '-o', `type=oci,tar=false,dest=${layout}`, '-o', `type=oci,dest=${archive}`, context])
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })

  const choose = async (platform: string, image: string): Promise<{ readonly exitCode: number; readonly explanation: Explanation }> => {
    const { exitCode, stdout, stderr } = await pelago.run(['platforms', 'explain', platform, image, '--format', 'json'])
    assert.ok(stdout.startsWith('{'), stderr)
    return { exitCode, explanation: JSON.parse(stdout) as Explanation }
  }
  /** What a build over the image finds in it. */
  const builtOver = async (platform: string): Promise<string> => {
    const context = await pelago.context({ Dockerfile: `FROM ${registry.host}/arm:1\n` })
    const folder = join(pelago.folder, platform.replaceAll('/', '-'))
    await pelago.succeed(['build', '--platform', platform, '-o', folder, context])
    return await readFile(join(folder, 'is'), 'utf8')
  }

  const cases = [
    { platform: 'linux/arm/v7', want: 'linux/arm/v6', file: 'v6' },
    { platform: 'linux/arm/v5', want: 'linux/arm/v5', file: 'v5' },
    { platform: 'linux/arm64', want: 'linux/arm/v6', file: 'v6' },
  ]
  for (const { platform, want, file } of cases) {
    it(`for ${platform} is that for ${want}, in every place, and a build takes it`, async () => {
      const chosen = []
      for (const place of places) {
        const { exitCode, explanation } = await choose(platform, place)
        assert.equal(exitCode, 0)
        chosen.push(...(explanation.image?.manifests ?? []).filter(({ isChosen }) => isChosen))
      }
      assert.deepEqual(chosen.map((one) => one.platform), [want, want, want])
      assert.equal(new Set(chosen.map(({ digest }) => digest)).size, 1)
      assert.equal(await builtOver(platform), file)
    })
  }

  it('is none for another architecture: exit code 1, and nothing is near', async () => {
    const { exitCode, explanation } = await choose('linux/s390x', places[1] ?? '')
    assert.equal(exitCode, 1)
    assert.deepEqual(explanation.image?.nearest, [])
    assert.deepEqual(explanation.image.manifests.map(({ why }) => why), ['for another architecture', 'for another architecture'])
  })
  it('is none for a lower level: the nearest is named', async () => {
    const context = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    await pelago.succeed(['build', '--platform', 'linux/arm/v7', '-t', 'lone', context])
    const found = await pelago.run(['platforms', 'explain', 'linux/arm/v5', 'lone'])
    assert.equal(found.exitCode, 1)
    assert.match(found.stdout, /^linux\/arm\/v5 gets nothing of lone \(local store\)\n[^]*the nearest is linux\/arm\/v7\n[^]*needs a newer CPU: v7$/m)
  })
})
