import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { digestOf } from '../../src/ground/digest.ts'
import { formatCanonicalJson, type Json } from '../../src/ground/canonicalJson.ts'
import { createPelagoBuilder, type Builder } from '../parity/builder.ts'
import { missingPeer, startBuildkitPeer } from '../parity/buildkitPeer.ts'
import { startEngine } from '../support/engine/engineSocket.ts'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { readBlob, tool, type IndexJson } from '../support/images/unpackedImage.ts'
import { runCommand, type CommandResult, type Pelago } from '../support/pelago.ts'
import { buildxArgv, missingBuildx } from '../support/peers/buildx.ts'
import { startFileServer } from '../support/servers/fileServer.ts'
import { startGitServer } from '../support/servers/gitServer.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

const TWO = 'linux/amd64,linux/arm64'
const DOCKERFILE = `ARG BASE
FROM $BASE AS steps
ARG WHO=nobody
RUN --mount=type=secret,id=token --mount=type=cache,target=/cache uname -m > /machine
FROM scratch
COPY --from=steps /machine /machine
COPY file folder/
`
const PROVENANCE = 'https://slsa.dev/provenance/v1'

/* Loosely typed on purpose: what is looked at is named in the assertions. */
interface StatementJson {
  readonly _type: string
  readonly predicateType: string
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[]
  readonly predicate: PredicateJson
}

interface PredicateJson {
  readonly buildDefinition: {
    readonly externalParameters: { readonly configSource: { readonly path: string }; readonly request: { readonly args?: Readonly<Record<string, string>>; readonly secrets?: readonly unknown[] } }
    readonly internalParameters: { readonly builderPlatform: string; readonly buildConfig?: { readonly llbDefinition: readonly unknown[] } }
    readonly resolvedDependencies: readonly { readonly uri: string; readonly digest: { readonly sha256: string } }[]
  }
  readonly runDetails: {
    readonly builder: { readonly id: string }
    readonly metadata: { readonly buildkit_completeness: unknown; readonly buildkit_reproducible?: boolean; readonly pelago_execution: readonly { readonly platform: string; readonly mode: string }[] }
  }
}

interface AttestationJson {
  readonly artifactType?: string
  readonly config: { readonly mediaType: string; readonly digest: string }
  readonly layers: readonly { readonly mediaType: string; readonly digest: string; readonly annotations: Readonly<Record<string, string>> }[]
  readonly subject?: { readonly digest: string }
}

describe('attestations', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let pelago: Pelago
  let context: string
  before(async () => {
    workbench = await openWorkbench()
    ;({ pelago } = workbench)
    context = await pelago.context({ Dockerfile: DOCKERFILE, file: 'content' })
  })
  after(() => workbench[Symbol.asyncDispose]())

  const place = (name: string): string => join(pelago.folder, name)
  const build = (...args: readonly string[]): Promise<CommandResult> =>
    pelago.succeed(['build', '--build-arg', `BASE=${workbench.base}`, '--secret', 'id=token,env=TOKEN', ...args, context], { env: { TOKEN: 's3cr3t-value' } })

  /** Builds into a layout, and reads the image's index, or its manifest where it has none. */
  async function layoutOf(name: string, args: readonly string[], output = ''): Promise<IndexJson> {
    await build(...args, '-o', `type=oci,tar=false,dest=${place(name)}${output}`)
    const layout = JSON.parse(readFileSync(join(place(name), 'index.json'), 'utf8')) as IndexJson
    return JSON.parse(readBlob(place(name), layout.manifests[0]?.digest ?? '').toString()) as IndexJson
  }
  const readJson = (name: string, digest: string | undefined): unknown => JSON.parse(readBlob(place(name), digest ?? '').toString())

  it('stand in the index behind the images that they speak of, each the subject of its own', async () => {
    const { manifests } = await layoutOf('two', ['--platform', TWO, '--provenance', 'mode=min', '-t', 'example.org/app:1', '-t', 'example.org/other/app'])
    assert.deepEqual(manifests.map(({ platform }) => `${platform?.os ?? ''}/${platform?.architecture ?? ''}`), ['linux/amd64', 'linux/arm64', 'unknown/unknown', 'unknown/unknown'])
    for (const [index, platform] of ['amd64', 'arm64'].entries()) {
      const [image, attestation] = [manifests[index], manifests[index + 2]]
      assert.deepEqual(attestation?.annotations, { 'vnd.docker.reference.digest': image?.digest, 'vnd.docker.reference.type': 'attestation-manifest' })
      const manifest = readJson('two', attestation.digest) as AttestationJson
      assert.equal(manifest.artifactType, 'application/vnd.docker.attestation.manifest.v1+json')
      assert.equal(manifest.subject?.digest, image?.digest)
      assert.deepEqual(readJson('two', manifest.config.digest), {})
      assert.deepEqual(manifest.layers.map(({ mediaType, annotations }) => [mediaType, annotations]), [['application/vnd.in-toto+json', { 'in-toto.io/predicate-type': PROVENANCE }]])
      const statement = readJson('two', manifest.layers[0]?.digest) as StatementJson
      assert.deepEqual(statement.subject.map(({ name }) => name), [`pkg:docker/example.org/app@1?platform=linux%2F${platform}`, `pkg:docker/example.org/other/app@latest?platform=linux%2F${platform}`])
      assert.deepEqual(new Set(statement.subject.map(({ digest }) => `sha256:${digest.sha256}`)), new Set([image?.digest]))
    }
  })

  it('make an index of an image of one platform, or leave it a manifest where they are for pushed images only', async () => {
    assert.equal((await layoutOf('one', ['--provenance', 'true'])).manifests.length, 2)
    assert.equal((await layoutOf('inline', ['--provenance', 'mode=min,inline-only=true'])).manifests, undefined)
    assert.equal((await layoutOf('forced', ['--provenance', 'mode=min,inline-only=true'], ',attestation-inline=true')).manifests.length, 2)
    assert.equal((await layoutOf('none', ['--provenance', 'false'])).manifests, undefined)
  })

  it('have the shape of an image where that is wanted', async () => {
    const { manifests } = await layoutOf('image', ['--provenance', 'mode=min'], ',oci-artifact=false')
    const manifest = readJson('image', manifests[1]?.digest) as AttestationJson
    assert.deepEqual([manifest.artifactType, manifest.subject, manifest.config.mediaType], [undefined, undefined, 'application/vnd.oci.image.config.v1+json'])
    const diffIds = manifest.layers.map(({ digest }) => digest)
    assert.deepEqual(readJson('image', manifest.config.digest), { architecture: 'unknown', os: 'unknown', config: {}, rootfs: { type: 'layers', diff_ids: diffIds } })
  })

  it('are files beside the files of a folder, with these as their subjects', async () => {
    await build('--provenance', 'mode=min', '-o', `type=local,dest=${place('files')},attestation-prefix=app-`)
    const statement = JSON.parse(readFileSync(join(place('files'), 'app-provenance.json'), 'utf8')) as StatementJson
    assert.deepEqual(statement.subject.map(({ name }) => name), ['folder/file', 'machine'])
    assert.equal(statement._type, 'https://in-toto.io/Statement/v0.1')
  })

  it('are left out of Docker\'s archive, which is told', async () => {
    const { stderr } = await build('--provenance', 'mode=min', '-o', `type=docker,dest=${place('docker.tar')}`)
    assert.match(stderr, /attestations are left out of the archive for Docker/)
  })

  it('of provenance tell in min what it stands on, and no argument; in max all but the value of a secret', async () => {
    const statementOf = async (name: string, provenance: string): Promise<StatementJson> => {
      const { manifests } = await layoutOf(name, ['--platform', 'linux/arm64', '--provenance', provenance, '--build-arg', 'WHO=me'])
      return readJson(name, (readJson(name, manifests[1]?.digest) as AttestationJson).layers[0]?.digest) as StatementJson
    }
    const { predicate: min } = await statementOf('min', 'mode=min,reproducible=true,builder-id=https://ci/1')
    assert.equal(min.buildDefinition.externalParameters.request.args, undefined)
    assert.equal(min.buildDefinition.internalParameters.buildConfig, undefined)
    assert.deepEqual(min.buildDefinition.resolvedDependencies.map(({ uri }) => uri), [`pkg:docker/${workbench.registry.host}/busybox@latest?platform=linux%2Farm64`])
    assert.deepEqual(min.runDetails.metadata.buildkit_completeness, { request: false, resolvedDependencies: false })
    assert.equal(min.runDetails.metadata.buildkit_reproducible, true)
    assert.equal(min.runDetails.builder.id, 'https://ci/1')
    assert.match(min.runDetails.metadata.pelago_execution.map(({ platform, mode }) => `${platform} by ${mode}`).join(), /^linux\/arm64 by qemu-aarch64\S* \d/)
    const { predicate: max } = await statementOf('max', 'mode=max')
    assert.equal(max.buildDefinition.externalParameters.request.args?.['build-arg:WHO'], 'me')
    assert.deepEqual(max.buildDefinition.externalParameters.request.secrets, [{ id: 'token', optional: true }])
    assert.equal(max.buildDefinition.internalParameters.buildConfig?.llbDefinition.length, 6)
    assert.doesNotMatch(JSON.stringify(max), /s3cr3t/)
  })

  it('of provenance name repositories by commit, downloads by digest, and layouts; passwords in URLs are not told', async () => {
    await using git = await startGitServer()
    await using files = await startFileServer()
    files.files.set('/data', { content: 'downloaded' })
    git.authorization = `Basic ${Buffer.from('me:s3cr3t').toString('base64')}`
    const remote = git.url.replace('http://', 'http://me:s3cr3t@')
    const commit = await git.commit('app', { Dockerfile: `FROM given\nCOPY file /file\nADD ${files.url}/data /data\n`, file: 'content' })
    await build('-o', `type=oci,tar=false,dest=${place('base')}`)
    const name = `${workbench.registry.host}/remote:1`
    await pelago.succeed(['build', '--provenance=mode=max', '--build-context', `given=oci-layout://${place('base')}`, '-t', name, '--push', `${remote}/app.git#main`])
    const { stdout } = await pelago.succeed(['imagetools', 'inspect', '--format', '{{json .Provenance.SLSA.buildDefinition}}', name])
    const { externalParameters, resolvedDependencies } = JSON.parse(stdout) as PredicateJson['buildDefinition']
    const [layout] = (JSON.parse(readFileSync(join(place('base'), 'index.json'), 'utf8')) as IndexJson).manifests
    const shown = `${git.url.replace('http://', 'http://xxxxx:xxxxx@')}/app.git#main`
    assert.deepEqual(externalParameters.configSource, { uri: shown, digest: { sha1: commit }, path: 'Dockerfile' })
    assert.deepEqual(resolvedDependencies, [
      { uri: shown, digest: { sha1: commit } },
      { uri: `${files.url}/data`, digest: { sha256: digestOf('downloaded').slice('sha256:'.length) } },
      { uri: `pkg:oci/image@${layout?.digest ?? ''}?platform=linux%2Famd64`, digest: { sha256: (layout?.digest ?? '').slice('sha256:'.length) } },
    ].sort((a, b) => (a.uri < b.uri ? -1 : 1)))
    assert.doesNotMatch(stdout, /s3cr3t/)
  })

  it('are read by docker buildx as by us, for one platform and for two', { skip: missingBuildx }, async () => {
    const names = { one: `${workbench.registry.host}/one:1`, two: `${workbench.registry.host}/two:1`, none: `${workbench.registry.host}/none:1` }
    await build('--provenance=mode=min', '-t', names.one, '--push')
    await build('--provenance=mode=max', '--platform', TWO, '-t', names.two, '--push')
    await build('-t', names.none, '--push')
    const differing: string[] = []
    for (const name of Object.values(names)) {
      const only = name === names.one ? ['{{json .Provenance.SLSA}}'] : []
      for (const format of ['{{json .Provenance}}', ...only, '{{json .SBOM}}', '{{json .Image}}', '{{json .}}']) {
        const argv = ['imagetools', 'inspect', '--format', format, name]
        const [theirs, ours] = [await runCommand(buildxArgv(argv), { env: pelago.env }), await pelago.succeed(argv)]
        assert.equal(theirs.exitCode, 0, theirs.stderr)
        if (sortedJson(theirs.stdout) !== sortedJson(ours.stdout)) differing.push(`${format} of ${name}:\n${theirs.stdout}\n${ours.stdout}`)
      }
    }
    assert.deepEqual(differing, [])
    const { stdout } = await pelago.succeed(['imagetools', 'inspect', names.two])
    assert.match(stdout, /Platform: {2}linux\/arm64\n {2}Attested: {2}provenance \(SLSA v1\)\n/)
    const { manifests } = JSON.parse((await pelago.succeed(['imagetools', 'inspect', '--raw', names.one])).stdout) as IndexJson
    await fetch(`http://${workbench.registry.host}/v2/one/manifests/${manifests[1]?.digest ?? ''}`, { method: 'DELETE' })
    assert.match((await pelago.succeed(['imagetools', 'inspect', names.one])).stdout, /Attested: {2}its attestation is named, but not there\n/)
  })

  it('are made for docker buildx, which asks for provenance unless it is told not to', { skip: missingBuildx }, async () => {
    await using engine = await startEngine()
    const env = { ...pelago.env, BUILDX_CONFIG: place('buildx') }
    const buildx = async (...args: readonly string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await runCommand(buildxArgv(args), { env })
      assert.equal(exitCode, 0, stderr)
      return stdout
    }
    await buildx('create', '--name', 'served', '--driver', 'remote', engine.address)
    const name = (tag: string): string => `${workbench.registry.host}/served:${tag}`
    const asked: readonly (readonly [tag: string, flags: readonly string[]])[] = [['default', []], ['max', ['--provenance=mode=max']], ['none', ['--provenance=false']]]
    for (const [tag, flags] of asked) await buildx('build', '--builder', 'served', '--build-arg', `BASE=${workbench.base}`, ...flags, '-t', name(tag), '--push', context)
    const steps = async (tag: string): Promise<string> => (await pelago.succeed(['imagetools', 'inspect', '--format', '{{json .Provenance}}', name(tag)])).stdout
    assert.doesNotMatch(await steps('default'), /llbDefinition/)
    assert.match(await steps('default'), /buildkit_completeness/)
    assert.match(await steps('max'), /llbDefinition/)
    assert.equal((await steps('none')).trim(), '{}')
  })

  it('of provenance have the fields that BuildKit writes, but for what the page on them lists', { skip: missingPeer }, async () => {
    await using buildkit = await startBuildkitPeer()
    const args = ['--build-arg', `BASE=${workbench.base}`, '--build-arg', 'WHO=me', '--label', 'a=b', '--provenance', 'mode=max,version=v1,builder-id=https://ci/1']
    const predicateOf = async (builder: Builder, name: string): Promise<Json> => {
      const { isBuilt, said } = await builder.build(context, { args, output: '' }, place(`${name}.tar`))
      assert.ok(isBuilt, said)
      return await readPredicate(place(`${name}.tar`))
    }
    const [theirs, ours] = [flatten(await predicateOf(buildkit, 'buildkit'), ''), flatten(await predicateOf(createPelagoBuilder(pelago), 'pelago'), '')]
    const differing = [...new Set([...theirs.keys(), ...ours.keys()])].filter((path) => theirs.get(path) !== ours.get(path))
    const known = readListedDifferences()
    assert.deepEqual(differing.filter((path) => !known.some((pattern) => pattern.test(path))), [], 'differences that docs/attestations.md does not list')
    assert.deepEqual(known.filter((pattern) => !differing.some((path) => pattern.test(path))).map(String), [], 'differences that are gone')
    assert.ok(theirs.size > 60)
  })
})

function sortedJson(text: string): string {
  return formatCanonicalJson(JSON.parse(text) as Json)
}

/** The one statement's, of an archive. */
async function readPredicate(archive: string): Promise<Json> {
  const read = (path: string): Promise<string> => tool('tar', '-xOf', archive, path)
  const blob = async (digest: string): Promise<Json> => JSON.parse(await read(`blobs/sha256/${digest.replace('sha256:', '')}`)) as Json
  const layout = JSON.parse(await read('index.json')) as IndexJson
  const index = (await blob(layout.manifests[0]?.digest ?? '')) as unknown as IndexJson
  const manifest = (await blob(index.manifests[1]?.digest ?? '')) as unknown as AttestationJson
  return ((await blob(manifest.layers[0]?.digest ?? '')) as unknown as { readonly predicate: Json }).predicate
}

/** Values by path; mounts of a step in the order of their targets, which means nothing else. */
function flatten(value: Json, path: string): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[path, JSON.stringify(value)]])
  const entries = Array.isArray(value) ? [...(value as readonly Json[]).toSorted(byTarget).entries()] : Object.entries(value)
  return new Map(entries.flatMap(([key, inner]) => (inner === undefined ? [] : [...flatten(inner, `${path}/${key}`)])))
}

function byTarget(a: Json, b: Json): number {
  const target = (value: Json): string => (typeof value === 'object' && value !== null && 'dest' in value && typeof value['dest'] === 'string' ? value['dest'] : '')
  return target(a) < target(b) ? -1 : Number(target(a) > target(b))
}

/** Lines of docs/attestations.md: a path, in which `*` stands for any text. */
function readListedDifferences(): readonly RegExp[] {
  const page = readFileSync(new URL('../../docs/attestations.md', import.meta.url), 'utf8')
  const lines = [...page.matchAll(/^```differences\n([^]*?)^```$/gm)].flatMap(([, block = '']) => block.split('\n').filter((line) => line !== ''))
  return lines.map((line) => new RegExp(`^/${line.split('*').map((part) => part.replace(/[.[\]()+?]/g, '\\$&')).join('.*')}$`))
}
