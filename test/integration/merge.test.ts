import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { CommandContext } from '../../src/cli/command.ts'
import { mergeEntries, mergeIndex } from '../../src/cli/merge/mergeParts.ts'
import { publishIndex } from '../../src/cli/merge/publishIndex.ts'
import { parsePart } from '../../src/cli/part/buildPart.ts'
import { digestOf } from '../../src/ground/digest.ts'
import { describeBlob } from '../../src/ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../../src/ground/oci/mediaType.ts'
import { parseReference } from '../../src/ground/reference.ts'
import { formatIndex } from '../../src/image/manifestJson.ts'
import type { Registry } from '../../src/registry/registry.ts'
import { createRegistry, DEFAULT_RETRIES } from '../../src/registry/registryClient.ts'
import { TagMovedError } from '../../src/registry/registryError.ts'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { openPelago, type CommandResult, type Pelago } from '../support/pelago.ts'
import { TEST_CLIENT } from '../support/registry/registryClient.ts'

interface PartJson {
  repository: string
  platforms: string[]
  index: { mediaType: string; manifests: { digest: string; platform: { architecture: string } }[]; annotations?: Record<string, string> }
  source: { contexts: { name: string; kind: string; digest: string; revision?: { kind: string; commit: string; isDirty: boolean; folder: string; remote: string } }[]; buildArgs: Record<string, string>; secretArgs: string[] }
}

interface IndexJson {
  mediaType: string
  manifests: { digest: string; platform: { os: string; architecture: string; variant?: string } }[]
  annotations?: Record<string, string>
}

const ACCEPT = { headers: { accept: 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json' } }

/** A context in a repository of its own, as a CI machine has checked it out. */
async function openCheckout(pelago: Pelago, base: string): Promise<string> {
  const folder = await pelago.context({ Dockerfile: `FROM ${base}\nARG VERSION=none\nARG TOKEN\nLABEL version=$VERSION\nCOPY app /app\n`, app: 'app\n', '.gitignore': 'ignored\n' })
  git(folder, 'init', '-q')
  git(folder, 'add', '.')
  git(folder, 'commit', '-q', '-m', 'first')
  git(folder, 'remote', 'add', 'origin', 'https://x-access-token:hidden@example.com/app.git')
  return folder
}

function git(folder: string, ...words: readonly string[]): string {
  return execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false', ...words], { encoding: 'utf8' }).trim()
}

/** Another machine's checkout of the same: a shallow clone, with other times and other permissions. */
function cloneOf(folder: string): string {
  const clone = `${folder}-clone`
  execFileSync('git', ['clone', '-q', '--depth', '1', `file://${folder}`, clone])
  utimesSync(join(clone, 'app'), 1_000_000, 1_000_000)
  execFileSync('chmod', ['g+w', join(clone, 'app')])
  return clone
}

describe('build --part and merge', { skip: missingForBuilds('git'), concurrency: false }, () => {
  let registry: DockerRegistry
  let pelago: Pelago
  let checkout: string
  let clone: string
  before(async () => {
    registry = await startDockerRegistry()
    pelago = await openPelago()
    checkout = await openCheckout(pelago, await pushBaseImage(registry.host))
    clone = cloneOf(checkout)
    await build(checkout, 'linux/amd64', 'amd64.json')
    await build(clone, 'linux/arm64,linux/arm/v7,linux/s390x', 'others.json')
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })

  const app = (tag: string): string => `${registry.host}/app:${tag}`
  const build = (context: string, platform: string, part: string, ...more: readonly string[]): Promise<CommandResult> => pelago.succeed(['build', '--platform', platform, '-t', app('never'), '--push', '--part', part, ...more, context])
  const merge = (...args: readonly string[]): Promise<CommandResult> => pelago.run(['merge', ...args])
  const readPart = (name: string): PartJson => JSON.parse(readFileSync(join(pelago.folder, name), 'utf8')) as PartJson
  const fetchJson = async (repository: string, reference: string): Promise<IndexJson> => (await (await fetch(`http://${registry.host}/v2/${repository}/manifests/${reference}`, ACCEPT)).json()) as IndexJson
  const tags = async (): Promise<readonly string[]> => ((await (await fetch(`http://${registry.host}/v2/app/tags/list`)).json()) as { tags: string[] | null }).tags ?? []
  const digestIn = ({ stdout }: CommandResult): string => /^digest (sha256:[0-9a-f]{64})$/m.exec(stdout)?.[1] ?? assert.fail(stdout)

  it('pushes a part by digest, and tells what it was built from', async () => {
    const part = readPart('others.json')
    assert.equal(part.repository, `${registry.host}/app`)
    assert.deepEqual(part.platforms, ['linux/arm64', 'linux/arm/v7', 'linux/s390x'])
    assert.deepEqual(part.source.contexts.map(({ name, kind, revision }) => ({ name, kind, revision })), [
      { name: 'context', kind: 'folder', revision: { kind: 'git', commit: git(clone, 'rev-parse', 'HEAD'), isDirty: false, folder: '', remote: `file://${checkout}` } },
    ])
    assert.equal((await tags()).includes('never'), false)
    for (const { digest } of part.index.manifests) assert.equal((await fetch(`http://${registry.host}/v2/app/manifests/${digest}`, ACCEPT)).status, 200)
  })

  it('merges parts of two checkouts, in any order to the same index, and says where it is there already', async () => {
    const first = await merge('amd64.json', 'others.json', '-t', app('one'))
    assert.equal(first.exitCode, 0, first.stderr)
    assert.match(first.stdout, new RegExp(`^pushed ${app('one')}\n`))
    const second = await merge('others.json', 'amd64.json', 'amd64.json', '-t', app('one'), '-t', app('two'), '--expect', 'linux/amd64,linux/arm64')
    assert.equal(digestIn(second), digestIn(first))
    assert.match(second.stdout, new RegExp(`^already there: ${app('one')}\npushed ${app('two')}\n`))
    const index = await fetchJson('app', 'two')
    assert.deepEqual(index.manifests.map(({ platform: { architecture } }) => architecture), ['amd64', 'arm', 'arm64', 's390x'])
    assert.equal((await pelago.succeed(['run', '--platform', 'linux/s390x', app('two'), 'uname', '-m'])).stdout, 's390x\n')
  })

  it('writes down no secret', async () => {
    git(checkout, 'remote', 'set-url', 'origin', 'https://x-access-token:hidden@example.com/app.git')
    await build(checkout, 'linux/amd64', 'secret.json', '--build-arg', 'TOKEN=hidden', '--build-arg', 'VERSION=1', '--build-arg', 'HTTPS_PROXY=http://u:hidden@p:1')
    const { source } = readPart('secret.json')
    assert.doesNotMatch(readFileSync(join(pelago.folder, 'secret.json'), 'utf8'), /hidden|HTTPS_PROXY/)
    assert.deepEqual([source.buildArgs, source.secretArgs, source.contexts[0]?.revision?.remote], [{ VERSION: '1' }, ['TOKEN'], 'https://xxxxx:xxxxx@example.com/app.git'])
  })

  it('refuses parts of different sources, names what differs, and obeys who wants them all the same', async () => {
    const refused = await merge('secret.json', 'others.json', '-t', app('mixed'))
    assert.equal(refused.exitCode, 1)
    assert.match(refused.stderr, /not built from the same source:\n {2}build argument VERSION: 1 in secret\.json, not given in others\.json\n {2}build argument TOKEN: given, its value not told in secret\.json, not given in others\.json\n/)
    const merged = await merge('secret.json', 'others.json', '-t', app('mixed'), '--allow-different-sources')
    assert.equal(merged.exitCode, 0, merged.stderr)
    assert.match(merged.stderr, /note: the parts were not built from the same source/)
  })

  it('knows equal files without git, and other files by their content', async () => {
    const plain = `${checkout}-plain`
    cpSync(checkout, plain, { recursive: true })
    rmSync(join(plain, '.git'), { recursive: true })
    const commit = git(checkout, 'rev-parse', 'HEAD')
    await pelago.succeed(['build', '-q', '--platform', 'linux/arm64', '-t', app('never'), '--part', 'plain.json', plain], { env: { GITHUB_SHA: commit } })
    assert.deepEqual(readPart('plain.json').source.contexts[0]?.revision, { kind: 'told', commit, variable: 'GITHUB_SHA' })
    assert.equal((await merge('amd64.json', 'plain.json', '-t', app('plain'))).exitCode, 0)
    writeFileSync(join(plain, 'app'), 'changed\n')
    await build(plain, 'linux/arm64', 'plain.json')
    assert.match((await merge('amd64.json', 'plain.json', '-t', app('plain'))).stderr, /context: files: sha256:[0-9a-f]+ in amd64\.json, sha256:[0-9a-f]+ in plain\.json/)
  })

  it('tells a changed checkout from its commit, and takes no notice of ignored files and of parts in it', async () => {
    writeFileSync(join(clone, 'ignored'), 'x')
    await build(clone, 'linux/arm64', join(clone, 'part.json'))
    await build(clone, 'linux/s390x', 'clean.json')
    assert.equal(readPart('clean.json').source.contexts[0]?.revision?.isDirty, false)
    writeFileSync(join(clone, 'app'), 'changed\n')
    await build(clone, 'linux/s390x', 'dirty.json')
    const { exitCode, stderr } = await merge('amd64.json', 'dirty.json', '-t', app('dirty'))
    assert.equal(exitCode, 1)
    assert.match(stderr, /context: files: .* in amd64\.json, sha256:[0-9a-f]+ \(changed since its commit\) in dirty\.json/)
    git(clone, 'commit', '-q', '-a', '-m', 'second')
    await build(clone, 'linux/s390x', 'second.json')
    assert.match((await merge('amd64.json', 'second.json', '-t', app('dirty'))).stderr, /context: git revision: [0-9a-f]{40} in amd64\.json, [0-9a-f]{40} in second\.json/)
    assert.equal((await tags()).includes('dirty'), false)
  })

  it('refuses two images for one platform', async () => {
    const { exitCode, stderr } = await merge('amd64.json', 'secret.json', '-t', app('twice'), '--allow-different-sources')
    assert.equal(exitCode, 1)
    assert.match(stderr, /two parts give linux\/amd64 differently: sha256:\w+ in amd64\.json, sha256:\w+ in secret\.json/)
  })

  it('does not publish without a platform that is expected, nor without one that the tag has', async () => {
    const expected = await merge('amd64.json', '-t', app('two'), '--expect', 'linux/amd64,linux/arm64')
    assert.equal(expected.exitCode, 1)
    assert.match(expected.stderr, /no part has linux\/arm64/)
    const before = await fetchJson('app', 'two')
    const fewer = await merge('amd64.json', '-t', app('two'))
    assert.equal(fewer.exitCode, 1)
    assert.match(fewer.stderr, /two has linux\/arm\/v7, linux\/arm64, linux\/s390x now, and no part has/)
    assert.deepEqual(await fetchJson('app', 'two'), before)
    const allowed = await merge('amd64.json', '-t', app('two'), '--allow-fewer-platforms')
    assert.match(allowed.stdout, /^pushed .*:two \(was sha256:[0-9a-f]{64}\)\n/)
  })

  it('carries annotations for the index from the builds, and from its own command line', async () => {
    await build(checkout, 'linux/amd64', 'noted.json', '--annotation', 'index:from=build', '--annotation', 'plain=manifest')
    const dry = await merge('noted.json', 'others.json', '--dry-run', '--annotation', 'index:own=merge', '-t', app('noted'))
    assert.deepEqual((JSON.parse(dry.stdout) as IndexJson).annotations, { from: 'build', own: 'merge' })
    assert.equal((await tags()).includes('noted'), false)
    const told = await merge('noted.json', 'others.json', '--format', 'json', '-t', app('noted'), '--metadata-file', 'meta.json')
    const json = JSON.parse(told.stdout) as Record<string, string>
    assert.deepEqual(json, JSON.parse(readFileSync(join(pelago.folder, 'meta.json'), 'utf8')))
    assert.equal(json['image.name'], app('noted'))
    assert.equal((await fetch(`http://${registry.host}/v2/app/manifests/${json['containerimage.digest'] ?? ''}`, ACCEPT)).status, 200)
  })

  it('names the part whose manifest is gone', async () => {
    const copy = readPart('amd64.json')
    const digest = copy.index.manifests[0]?.digest ?? ''
    const gone = `sha256:${'0'.repeat(64)}`
    writeFileSync(join(pelago.folder, 'gone.json'), JSON.stringify(copy).replaceAll(digest, gone))
    const { exitCode, stderr } = await merge('gone.json', '-t', app('gone'))
    assert.deepEqual([exitCode, stderr.includes(`gone.json: ${registry.host}/app no longer has linux/amd64 (${gone})`)], [1, true])
  })

  it('copies what is in other repositories, and in other registries', async () => {
    await using other = await startDockerRegistry()
    await pelago.succeed(['build', '--platform', 'linux/arm64', '-t', `${other.host}/elsewhere`, '--part', 'elsewhere.json', '--build-arg', 'VERSION=9', checkout])
    const target = `${registry.host}/team/copy:1`
    const args = ['amd64.json', 'elsewhere.json', '-t', target, '--allow-different-sources']
    const { exitCode, stdout, stderr } = await merge(...args)
    assert.equal(exitCode, 0, stderr)
    assert.match(stderr, /mounted/)
    assert.match(stdout, new RegExp(`^pushed ${target}\n`))
    assert.deepEqual((await fetchJson('team/copy', '1')).manifests.map(({ platform: { architecture } }) => architecture), ['amd64', 'arm64'])
    assert.equal((await pelago.succeed(['run', '--platform', 'linux/arm64', target, 'cat', '/app'])).stdout, 'app\n')
    assert.match((await merge(...args)).stdout, /^already there: /)
  })

  it('notices that a tag is moved while it merges', async () => {
    await pelago.succeed(['merge', 'amd64.json', '-t', app('raced')])
    const client = createRegistry({ ...TEST_CLIENT, retries: DEFAULT_RETRIES })
    await using _ = client
    let isMoved = false
    const racing: Registry = {
      ...client,
      async resolve(reference, signal) {
        const found = await client.resolve(reference, signal)
        if (reference.digest !== undefined && !isMoved) {
          isMoved = true // the tag was looked at before, and is to be pushed after
          await pelago.succeed(['merge', 'others.json', '-t', app('raced'), '--allow-fewer-platforms'])
        }
        return found
      },
    }
    const parts = [{ name: 'secret.json', part: parsePart(readFileSync(join(pelago.folder, 'secret.json'), 'utf8'), 'secret.json') }]
    const entries = mergeEntries(parts)
    const bytes = formatIndex(mergeIndex({ entries, parts, annotations: new Map() }))
    const merged = { root: describeBlob(MEDIA_TYPE.ociIndex, digestOf(bytes), bytes.byteLength), bytes, entries }
    const publication = { merged, tags: [parseReference(app('raced'))], allowsFewer: false, isDry: false }
    await assert.rejects(publishIndex(racing, publication, { env: {} } as CommandContext, new AbortController().signal), TagMovedError)
    assert.deepEqual((await fetchJson('app', 'raced')).manifests.map(({ platform: { architecture } }) => architecture), ['arm', 'arm64', 's390x'])
  })

  it('leaves no part of a build that failed, and no tag', async () => {
    const failing = await pelago.context({ Dockerfile: 'FROM scratch\nCOPY nowhere /\n' })
    writeFileSync(join(pelago.folder, 'failed.json'), readFileSync(join(pelago.folder, 'amd64.json')))
    const { exitCode } = await pelago.run(['build', '-t', app('failed'), '--part', 'failed.json', failing])
    assert.deepEqual([exitCode, existsSync(join(pelago.folder, 'failed.json'))], [1, false])
  })

  const refused: readonly { readonly name: string; readonly args: readonly string[]; readonly message: RegExp }[] = [
    { name: 'a part without a repository', args: ['build', '--part', 'x.json', '.'], message: /--part needs a repository to push to/ },
    { name: 'a part that is loaded', args: ['build', '--part', 'x.json', '-t', 'a', '--load', '.'], message: /--part and --load exclude each other/ },
    { name: 'a part that is an archive', args: ['build', '--part', 'x.json', '-t', 'a', '-o', 'type=oci,dest=x.tar', '.'], message: /--part and --output type=oci exclude each other/ },
    { name: 'a part of two repositories', args: ['build', '--part', 'x.json', '-t', 'h.io/a', '-t', 'h.io/b', '.'], message: /--part goes with one repository/ },
    { name: 'a part of a check', args: ['build', '--part', 'x.json', '-t', 'a', '--check', '.'], message: /--part and --check exclude each other/ },
    { name: 'to write a part over another file', args: ['build', '--part', 'other.txt', '-t', 'a', '.'], message: /file that is no part/ },
    { name: 'to merge into nothing', args: ['merge', 'amd64.json'], message: /nothing says where to publish/ },
    { name: 'to merge what is no part', args: ['merge', '-t', 'a', 'other.txt'], message: /other\.txt is not JSON/ },
    { name: 'to merge a file that is not there', args: ['merge', '-t', 'a', 'nowhere.json'], message: /cannot read the part nowhere\.json/ },
    { name: 'an annotation of a manifest', args: ['merge', '-t', 'a', '--annotation', 'manifest:a=b', 'amd64.json'], message: /the parts have their manifests already/ },
  ]
  for (const { name, args, message } of refused) {
    it(`refuses ${name}`, async () => {
      writeFileSync(join(pelago.folder, 'other.txt'), 'mine')
      writeFileSync(join(pelago.folder, 'Dockerfile'), 'FROM scratch\n')
      const { exitCode, stderr } = await pelago.run(args)
      assert.equal(exitCode, 2)
      assert.match(stderr, message)
      assert.equal(readFileSync(join(pelago.folder, 'other.txt'), 'utf8'), 'mine')
    })
  }
})
