import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { openPelago, type Pelago, writeContext } from '../support/pelago.ts'
import { type DockerRegistry, startDockerRegistry } from '../support/registry/dockerRegistry.ts'

const FILES = {
  'compose.yaml': 'name: shop\nservices:\n  web:\n    build: ./web\n    depends_on: [db]\n    environment: {PRICE: "5$$"}\n    volumes: ["data:/data"]\n  db:\n    image: postgres:${TAG:-16}\n    networks: [back]\n  tools:\n    image: tools\n    profiles: [debug]\nvolumes: {data: }\nnetworks: {back: }\n',
  '.env': 'TAG=17\n',
}

describe('pelago compose config', () => {
  let pelago: Pelago
  let folder: string
  before(async () => {
    pelago = await openPelago()
    folder = await pelago.context(FILES)
    await mkdir(join(folder, 'deep/er'), { recursive: true })
  })
  after(() => pelago[Symbol.asyncDispose]())

  const config = async (...args: readonly string[]): Promise<string> => (await pelago.succeed(['compose', 'config', ...args], { cwd: folder })).stdout

  it('finds the project from a folder below it, with flags before and behind the verb', async () => {
    const below = await pelago.succeed(['compose', '--profile', 'debug', 'config', '--services'], { cwd: join(folder, 'deep/er') })
    const named = await pelago.succeed(['compose', '-f', join(folder, 'compose.yaml'), 'config', '--services', '--profile', 'debug'])
    assert.deepEqual([below.stdout, named.stdout], ['db\ntools\nweb\n', 'db\ntools\nweb\n'])
  })

  const lists = [
    { args: ['--services'], want: 'db\nweb\n' },
    { args: ['--images'], want: 'postgres:17\nshop-web\n' },
    { args: ['--volumes'], want: 'data\n' },
    { args: ['--networks'], want: 'back\ndefault\n' },
    { args: ['--profiles'], want: 'debug\n' },
    { args: ['--hash', 'db'], want: 'db 671de407\n' },
    { args: ['--variables'], want: 'NAME   REQUIRED   DEFAULT VALUE   ALTERNATE VALUE\nTAG    false      16\n' },
    { args: ['-q'], want: '' },
  ]
  for (const { args, want } of lists) it(`lists by ${args.join(' ')}`, async () => assert.equal((await config(...args)).replace(/(?<=^db [0-9a-f]{8})[0-9a-f]{56}$/m, ''), want))

  it('lists the environment, with what .env adds', async () => assert.match(await config('--environment'), /^COMPOSE_PROJECT_NAME=shop$[^]*^TAG=17$/m))
  it('prints what Compose reads again to the same', async () => {
    const once = await config()
    const again = await pelago.succeed(['compose', '-f', '-', '--project-directory', folder, 'config'], { cwd: folder, input: once })
    assert.match(once, /PRICE: 5\$\$\n/)
    assert.equal(again.stdout, once)
  })
  it('leaves out what it is asked to', async () => {
    const text = await config('--no-interpolate', '--no-path-resolution', '--no-normalize')
    assert.match(text, /context: \.?\/?web\n/)
    assert.match(text, /image: postgres:\$\{TAG:-16\}\n/)
    assert.doesNotMatch(text, /default|Dockerfile/)
  })
  it('is JSON where that is asked for', async () => {
    const project = JSON.parse(await config('--format', 'json')) as { readonly services: Readonly<Record<string, { readonly image?: string; readonly command: null }>> }
    assert.deepEqual(project.services['db']?.image, 'postgres:17')
  })
  it('writes to a file', async () => {
    assert.equal(await config('-o', 'out.yaml'), '')
    assert.match(await readFile(join(folder, 'out.yaml'), 'utf8'), /^name: shop\n/)
  })

  const refused = [
    { name: 'a mistake, with its lines', args: ['-f', 'wrong.yaml', 'config'], exitCode: 1, stderr: /^ERROR: \S+wrong\.yaml:3:5: services\.web\.imge is no field.*\n\S+wrong\.yaml:3\n-+\n[^]*>>> {5}imge: a\n-+\nhint: did you mean image\?\n$/ },
    { name: 'a file that is not there', args: ['-f', 'none.yaml', 'config'], exitCode: 1, stderr: /^ERROR: no such Compose file: \S+none\.yaml\n$/ },
    { name: 'a folder without a project', args: ['--project-directory', '/', 'config'], exitCode: 1, cwd: '/', stderr: /no such Compose file in this folder, or above it/ },
    { name: 'lists that exclude each other', args: ['config', '--services', '--images'], exitCode: 2, stderr: /--images and --services exclude each other/ },
    { name: 'what is not there', args: ['up', '-d'], exitCode: 2, stderr: /compose up is not supported yet\nhint: Pelago builds/ },
    { name: 'a flag that is not there', args: ['--ansi', 'never', 'config'], exitCode: 2, stderr: /--ansi is not supported yet/ },
    { name: 'a file from elsewhere', args: ['-f', 'oci://example.com/app', 'config'], exitCode: 2, stderr: /Compose files from elsewhere are not supported/ },
    { name: 'an env file with a mistake, whose content is not shown', args: ['--env-file', 'bad.env', 'config'], exitCode: 1, stderr: /^ERROR: \S+bad\.env:2:8: a quote that does not end\n$/ },
  ]
  for (const { name, args, exitCode, stderr, cwd } of refused) {
    it(`refuses ${name}`, async () => {
      await writeContext(folder, { 'wrong.yaml': 'services:\n  web:\n    imge: a\n', 'bad.env': 'A=1\nSECRET="hunter2\n' })
      const found = await pelago.run(['compose', ...args], { cwd: cwd ?? folder })
      assert.deepEqual([found.exitCode, found.stdout], [exitCode, ''])
      assert.match(found.stderr, stderr)
    })
  }
})

describe('pelago compose config --resolve-image-digests', { skip: missingForBuilds() }, () => {
  it('pins images by the digests of their registry', async () => {
    await using registry: DockerRegistry = await startDockerRegistry()
    await using pelago = await openPelago()
    await pushBaseImage(registry.host)
    const folder = await pelago.context({ 'compose.yaml': `services:\n  a: {image: "${registry.host}/busybox"}\n  b: {build: .}\n` })
    const pinned = new RegExp(`image: ${registry.host}/busybox:latest@sha256:[0-9a-f]{64}\n`)
    for (const flag of ['--resolve-image-digests', '--lock-image-digests']) assert.match((await pelago.succeed(['compose', 'config', flag], { cwd: folder })).stdout, pinned)
  })
})
