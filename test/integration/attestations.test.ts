import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { readBlob, type IndexJson } from '../support/images/unpackedImage.ts'
import type { CommandResult, Pelago } from '../support/pelago.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

const TWO = 'linux/amd64,linux/arm64'
const DOCKERFILE = `ARG BASE
FROM $BASE AS steps
ARG WHO=nobody
RUN --mount=type=secret,id=token uname -m > /machine; cat /run/secrets/token > /dev/null
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
})
