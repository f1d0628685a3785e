import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createGraphBuilder } from '../../graph/graphBuilder.ts'
import type { Vertex } from '../../graph/vertex.ts'
import { digestOf } from '../../ground/digest.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { describeRequest } from './buildRequest.ts'
import { findBuildSources } from './buildSources.ts'
import { formatProvenance } from './predicate.ts'
import type { ProvenanceFacts } from './provenanceFacts.ts'
import { parseProvenanceOrder } from './provenanceOrder.ts'

const SOURCE = { filename: 'Dockerfile', text: 'FROM alpine:3\n' }
const AMD64 = parsePlatform('linux/amd64')
const SHA = digestOf('image')
const COMMIT = 'c'.repeat(40)

function sourceVertices(): { readonly vertices: readonly Vertex[]; readonly git: Vertex } {
  const graph = createGraphBuilder()
  const note = { name: '', ignoreCache: false, span: undefined }
  graph.add({ op: { kind: 'source', source: { kind: 'image', reference: `docker.io/library/alpine:3@${SHA}`, manifest: digestOf('manifest') } }, inputs: [], platform: AMD64 }, note)
  const git = graph.add(
    { op: { kind: 'source', source: { kind: 'git', remote: 'https://user:password@example.org/a.git', ref: 'main', folder: '', checksum: '', keepGitFolder: false, submodules: true, mtime: 'checkout', fetchByCommit: false, authHeaderSecret: '', authTokenSecret: 'GIT_AUTH_TOKEN', knownSshHosts: '', sshAgent: '' } }, inputs: [], platform: undefined }, note)
  const vertices = [...graph.build().values()]
  const found = vertices.find(({ digest }) => digest === git.vertex)
  assert.ok(found !== undefined)
  return { vertices, git: found }
}

function facts(order: string, attributes: Readonly<Record<string, string>> = {}): ProvenanceFacts {
  const parsed = parseProvenanceOrder(order)
  assert.ok(parsed !== undefined)
  const { vertices, git } = sourceVertices()
  const sources = findBuildSources(vertices, new Map([[git.digest, COMMIT]]))
  return {
    order: parsed, builderPlatform: AMD64, builderVersion: '1.0', ...describeRequest(new Map(Object.entries(attributes)), SOURCE, sources), sources,
    invocationId: 'ref', startedAtMs: 0, finishedAtMs: 1500, execution: [{ platform: 'linux/arm64', mode: 'qemu-aarch64 10.0', executed: 2, emulated: 2, cached: 1 }],
    definition: { source: SOURCE, vertices, baseLayerCount: 0, layers: [] },
  }
}

type Fields = Readonly<Record<string, unknown>>

function read(made: ProvenanceFacts): Fields {
  return JSON.parse(Buffer.from(formatProvenance(made)).toString()) as Fields
}

function at(value: unknown, path: string): unknown {
  return path.split('/').reduce<unknown>((inner, key) => (inner as Fields | undefined)?.[key], value)
}

/** Fields of SLSA's predicates by the object they are in; what others add is named `vendor_field`, and in v0.2 by a URL. */
const SCHEMAS = {
  v1: {
    '': ['buildDefinition', 'runDetails'],
    buildDefinition: ['buildType', 'externalParameters', 'internalParameters', 'resolvedDependencies'],
    'buildDefinition/resolvedDependencies/0': ['uri', 'digest', 'name', 'downloadLocation', 'mediaType', 'content', 'annotations'],
    runDetails: ['builder', 'metadata', 'byproducts'],
    'runDetails/builder': ['id', 'version', 'builderDependencies'],
    'runDetails/metadata': ['invocationId', 'startedOn', 'finishedOn'],
  },
  'v0.2': {
    '': ['builder', 'buildType', 'invocation', 'buildConfig', 'metadata', 'materials'],
    builder: ['id'],
    invocation: ['configSource', 'parameters', 'environment'],
    'invocation/configSource': ['uri', 'digest', 'entryPoint'],
    metadata: ['buildInvocationID', 'buildStartedOn', 'buildFinishedOn', 'completeness', 'reproducible'],
    'metadata/completeness': ['parameters', 'environment', 'materials'],
    'materials/0': ['uri', 'digest'],
  },
} as const

describe('formatProvenance', () => {
  for (const [version, schema] of Object.entries(SCHEMAS)) {
    it(`has in ${version} the fields that the predicate has, and extensions that are named as such`, () => {
      const predicate = read(facts(`mode=max,version=${version},reproducible=true`, { 'vcs:revision': COMMIT }))
      const unknown = Object.entries(schema).flatMap(([path, known]) => {
        const object = path === '' ? predicate : at(predicate, path)
        assert.ok(typeof object === 'object' && object !== null, `there is no ${path}`)
        return Object.keys(object).filter((key) => !(known as readonly string[]).includes(key) && !/^(?:buildkit|pelago)_|^https:/.test(key))
      })
      assert.deepEqual(unknown, [])
    })
  }

  it('tells images by package URL, and commits without credentials', () => {
    assert.deepEqual(at(read(facts('mode=min')), 'buildDefinition/resolvedDependencies'), [
      { uri: 'https://xxxxx:xxxxx@example.org/a.git#main', digest: { sha1: COMMIT } },
      { uri: 'pkg:docker/alpine@3?platform=linux%2Famd64', digest: { sha256: SHA.slice('sha256:'.length) } },
    ])
  })

  it('tells arguments, labels and secrets in max only, and says where the request is not told whole', () => {
    const attributes = { 'build-arg:HTTP_PROXY': 'http://me:secret@proxy:3128', 'label:a': 'b', target: 'app', platform: 'linux/arm64', 'attest:provenance': '', 'pelago.audit': 'off' }
    const [min, max] = [read(facts('mode=min', attributes)), read(facts('mode=max', attributes))]
    assert.deepEqual(at(min, 'buildDefinition/externalParameters/request'), { frontend: 'dockerfile.v0', args: { target: 'app' }, locals: [{ name: 'dockerfile' }] })
    assert.equal(at(min, 'runDetails/metadata/buildkit_completeness/request'), false)
    assert.deepEqual(at(max, 'buildDefinition/externalParameters/request/args'), { 'build-arg:HTTP_PROXY': 'http://xxxxx:xxxxx@proxy:3128', 'label:a': 'b', target: 'app' })
    assert.deepEqual(at(max, 'buildDefinition/externalParameters/request/secrets'), [{ id: 'GIT_AUTH_TOKEN', optional: true }])
    assert.equal(at(max, 'runDetails/metadata/buildkit_completeness/request'), true)
    assert.doesNotMatch(JSON.stringify(max), /password|me:secret/)
  })

  it('names the context that is a repository, with its commit', () => {
    const source = at(read(facts('mode=min', { context: 'https://user:password@example.org/a.git#main', filename: 'app.Dockerfile' })), 'buildDefinition/externalParameters/configSource')
    assert.deepEqual(source, { uri: 'https://xxxxx:xxxxx@example.org/a.git#main', digest: { sha1: COMMIT }, path: 'app.Dockerfile' })
  })

  it('says that a build without folders and network was hermetic', () => {
    assert.equal(at(read(facts('mode=min', { context: 'https://example.org/a.git#main' })), 'runDetails/metadata/buildkit_hermetic'), true)
    assert.equal(at(read(facts('mode=min')), 'runDetails/metadata/buildkit_hermetic'), undefined)
  })

  it('tells by what steps were run', () => {
    assert.deepEqual(at(read(facts('mode=min')), 'runDetails/metadata/pelago_execution'), [{ platform: 'linux/arm64', mode: 'qemu-aarch64 10.0', executed: 2, emulated: 2, cached: 1 }])
  })
})
