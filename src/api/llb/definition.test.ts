import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { digestOf, type Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { DefinitionSchema, MountContentCache, MountType, NetMode, OpSchema, SecurityMode, WorkerConstraintsSchema, type Definition } from '../gen/ops_pb.ts'
import type { ClientOp, ClientVertex } from './clientGraph.ts'
import { parseDefinition } from './definition.ts'

type OpInit = NonNullable<MessageInitShape<typeof OpSchema>['op']>
type Metadata = NonNullable<MessageInitShape<typeof DefinitionSchema>['metadata']>[string]
type MountInit = NonNullable<Extract<OpInit, { case: 'exec' }>['value']['mounts']>[number]

interface Step {
  readonly op: OpInit
  readonly inputs?: readonly (readonly [step: number, index: number])[]
  readonly metadata?: Metadata
  readonly platform?: { readonly OS: string; readonly Architecture: string; readonly Variant: string }
}

/** Its steps in their order; the last one's output `root` is the result. */
function define(steps: readonly Step[], root = 0): Definition {
  const digests: Digest[] = []
  const def: Uint8Array[] = []
  const metadata: Record<string, Metadata> = {}
  for (const { op, inputs = [], metadata: about = {}, platform } of steps) {
    const bytes = toBinary(OpSchema, create(OpSchema, { op, ...(platform !== undefined && { platform }), inputs: inputs.map(([step, index]) => ({ digest: digests[step] ?? '', index: BigInt(index) })) }))
    def.push(bytes)
    digests.push(digestOf(bytes))
    metadata[digestOf(bytes)] = about
  }
  def.push(toBinary(OpSchema, create(OpSchema, { inputs: [{ digest: digests.at(-1) ?? '', index: BigInt(root) }] })))
  return create(DefinitionSchema, { def, metadata })
}

function parse(steps: readonly Step[], root = 0): ClientVertex {
  const graph = parseDefinition(define(steps, root))
  const vertex = graph.root === undefined ? undefined : graph.vertices.get(graph.root.vertex)
  assert.ok(vertex !== undefined)
  return vertex
}

const source = (identifier: string, attrs: Record<string, string> = {}): Step => ({ op: { case: 'source', value: { identifier, attrs } } })
const BASE = source('docker-image://docker.io/library/busybox:1')
const ROOT: MountInit = { input: 0n, dest: '/', output: 0n }
const run = (mounts: readonly MountInit[], more: object = {}): Step => ({ op: { case: 'exec', value: { meta: { args: ['sh', '-c', 'true'], cwd: '/w' }, mounts: [...mounts], ...more } }, inputs: [[0, 0]] })
const build = (more: object = {}): Step => ({ op: { case: 'build', value: { builder: -1n, inputs: { 'buildkit.llb.definition': { input: 0n } }, ...more } }, inputs: [[0, 0]] })
const mkfile = (path: string, more: object = {}): object => ({ input: -1n, secondaryInput: -1n, output: 0n, action: { case: 'mkfile', value: { path, mode: 0o640, timestamp: -1n, ...more } } })
const file = (actions: readonly object[], inputs: Step['inputs'] = []): Step => ({ op: { case: 'file', value: { actions: actions as never } }, inputs })

function opOf<K extends ClientOp['kind']>(vertex: ClientVertex, kind: K): Extract<ClientOp, { kind: K }> {
  assert.equal(vertex.op.kind, kind)
  return vertex.op as Extract<ClientOp, { kind: K }>
}

describe('a definition of a client’s own', () => {
  const sources: readonly { readonly name: string; readonly step: Step; readonly expected: object }[] = [
    { name: 'an image', step: source('docker-image://a/b:1', { 'image.resolvemode': 'pull', 'image.recordtype': 'internal', 'image.layerlimit': '2' }), expected: { kind: 'image', reference: 'a/b:1', resolveMode: 'pull', layerLimit: 2 } },
    { name: 'an image with a checksum', step: source('docker-image://a/b:1', { 'image.checksum': digestOf('x') }), expected: { kind: 'image', reference: `a/b:1@${digestOf('x')}`, resolveMode: 'default', layerLimit: undefined } },
    { name: 'a layout', step: source(`oci-layout://store@${digestOf('x')}`, { 'oci.session': 's', 'oci.store': 'mine' }), expected: { kind: 'layout', reference: `oci-layout://mine@${digestOf('x')}`, sessionId: 's', layerLimit: undefined } },
    {
      name: 'a folder',
      step: source('local://src', { 'local.session': 's', 'local.unique': 'u', 'local.includepattern': '["a"]', 'local.excludepatterns': '["b"]', 'local.followpaths': '["c"]', 'local.sharedkeyhint': 'h', 'local.differ': 'none' }),
      expected: { kind: 'local', name: 'src', sessionId: 's', includePatterns: ['a'], excludePatterns: ['b'], followPaths: ['c'], sharedKeyHint: 'h', isCompared: false },
    },
    {
      name: 'a repository',
      step: source('git://example.com/a.git#main:sub', { 'git.keepgitdir': 'true', 'git.authtokensecret': 'T', 'git.authheadersecret': 'H', 'git.skipsubmodules': 'true', 'git.checksum': 'abc', 'git.mtime': 'commit' }),
      expected: { kind: 'git', remote: 'https://example.com/a.git', ref: 'main', folder: 'sub', checksum: 'abc', keepGitFolder: true, submodules: false, mtime: 'commit', fetchByCommit: false, authHeaderSecret: 'H', authTokenSecret: 'T', knownSshHosts: '', sshAgent: '' },
    },
    {
      name: 'a repository by ssh',
      step: source('git://example.com/a.git', { 'git.fullurl': 'git@example.com:a.git', 'git.knownsshhosts': 'example.com key', 'git.mountsshsock': 'default', 'git.fetchbycommit': 'true' }),
      expected: { kind: 'git', remote: 'git@example.com:a.git', ref: '', folder: '', checksum: '', keepGitFolder: false, submodules: true, mtime: 'checkout', fetchByCommit: true, authHeaderSecret: '', authTokenSecret: '', knownSshHosts: 'example.com key', sshAgent: 'default' },
    },
    { name: 'a URL', step: source('https://example.com/f', { 'http.filename': 'x', 'http.perm': '0755', 'http.uid': '1', 'http.gid': '2', 'http.checksum': digestOf('x') }), expected: { kind: 'http', url: 'https://example.com/f', checksum: digestOf('x'), filename: 'x', mode: 0o755, uid: 1, gid: 2, authHeaderSecret: '' } },
    { name: 'a URL asked with headers', step: source('https://example.com/f', { 'http.authheadersecret': 'H', 'http.header.accept': 'text/plain', 'http.header.User-Agent': 'me' }), expected: { kind: 'http', url: 'https://example.com/f', checksum: undefined, filename: '', mode: 0o600, uid: 0, gid: 0, authHeaderSecret: 'H', headers: { 'user-agent': 'me', accept: 'text/plain' } } },
    { name: 'a blob of an image', step: source(`docker-image+blob://busybox@${digestOf('x')}`, { 'http.filename': 'x', 'http.perm': '0755', 'http.uid': '1', 'http.gid': '2', 'image.recordtype': 'regular' }), expected: { kind: 'image-blob', place: 'docker.io/library/busybox', sessionId: undefined, digest: digestOf('x'), filename: 'x', mode: 0o755, uid: 1, gid: 2 } },
    { name: 'a blob of a layout', step: source(`oci-layout+blob://name@${digestOf('x')}`, { 'oci.store': 'mine', 'oci.session': 's' }), expected: { kind: 'image-blob', place: 'mine', sessionId: 's', digest: digestOf('x'), filename: '', mode: 0o600, uid: 0, gid: 0 } },
    { name: 'a result of the engine', step: source('pelago-result://id'), expected: { kind: 'result', id: 'id' } },
  ]
  for (const { name, step, expected } of sources) it(`names ${name} as source`, () => assert.deepEqual(opOf(parse([step]), 'source').source, expected))

  it('has a process with its mounts, and outputs in their order', () => {
    const vertex = parse([BASE, run([
      ROOT,
      { input: 0n, dest: 'rel', output: 1n, readonly: true, selector: 'etc' },
      { input: -1n, dest: '/rw', output: 2n },
      { input: -1n, dest: '/c', output: -1n, mountType: MountType.CACHE, cacheOpt: { ID: 'id', sharing: 2 } },
      { input: -1n, dest: '/t', output: -1n, mountType: MountType.TMPFS, TmpfsOpt: { size: 5n } },
      { input: -1n, dest: '/s', output: -1n, mountType: MountType.SECRET, secretOpt: { ID: 'a', uid: 1, gid: 2, mode: 0o400, optional: true } },
      { input: -1n, dest: '/a', output: -1n, mountType: MountType.SSH, SSHOpt: { mode: 0o600 } },
      { input: 0n, dest: '/o', output: -1n, contentCache: MountContentCache.OFF },
    ], { network: NetMode.NONE, cdiDevices: [{ name: 'v.com/c=d', optional: true }], meta: { args: ['x'], cwd: '/w', validExitCodes: [3], proxyEnv: { httpProxy: 'p' } } })])
    assert.deepEqual(vertex.outputs, [{ kind: 'own', index: 0 }, { kind: 'input', index: 0 }, { kind: 'own', index: 1 }])
    const { mounts, network, devices, validExitCodes, proxyEnv } = opOf(vertex, 'exec')
    assert.deepEqual({ network, devices, validExitCodes, proxyEnv }, { network: 'none', devices: [{ name: 'v.com/c=d', isOptional: true }], validExitCodes: [3], proxyEnv: ['HTTP_PROXY=p', 'http_proxy=p'] })
    assert.deepEqual(mounts, [
      { kind: 'bind', input: 0, selector: '', target: '/', readonly: false, isOutput: true },
      { kind: 'bind', input: 0, selector: 'etc', target: '/w/rel', readonly: true, isOutput: false },
      { kind: 'bind', input: undefined, selector: '', target: '/rw', readonly: false, isOutput: true },
      { kind: 'cache', input: undefined, selector: '', target: '/c', readonly: false, cacheId: 'id', sharing: 'locked' },
      { kind: 'tmpfs', target: '/t', readonly: false, sizeBytes: 5 },
      { kind: 'secret', target: '/s', secretId: 'a', uid: 1, gid: 2, mode: 0o400, isOptional: true },
      { kind: 'ssh', target: '/a', agentId: 'default', uid: 0, gid: 0, mode: 0o600, isOptional: false },
      { kind: 'bind', input: 0, selector: '', target: '/o', readonly: false, isOutput: false, contentCache: 'off' },
    ])
  })

  it('is for the platform that it names, in its usual form', () => {
    const { platform, op } = parse([BASE, { ...run([ROOT], { security: SecurityMode.INSECURE }), platform: { OS: 'linux', Architecture: 'aarch64', Variant: 'v8' } }])
    assert.deepEqual([platform, op.kind === 'exec' ? op.security : undefined], [{ os: 'linux', architecture: 'arm64', variant: '', osVersion: '' }, 'insecure'])
  })

  it('has actions that stand on inputs, on each other and on nothing', () => {
    const byName = { user: { user: { case: 'byName', value: { name: 'u', input: 0n } } }, group: { user: { case: 'byName', value: { name: 'g', input: 1n } } } }
    const copy = { input: 1n, secondaryInput: 0n, output: 0n, action: { case: 'copy', value: { src: 'a/../b', dest: '/d/.', mode: -1, modeStr: 'u=rw', timestamp: 7n, owner: byName } } }
    const { actions } = opOf(parse([BASE, file([mkfile('x', { owner: { user: { user: { case: 'byID', value: 5 } } } }), { ...mkfile('y'), input: 1n, output: 1n }].map((action, index) => (index === 0 ? { ...action, output: -1n } : { ...action, output: 0n })), [[0, 0]]), file([copy], [[0, 0], [1, 0]])]), 'file')
    const [mapped] = actions
    assert.ok(mapped?.kind === 'copy' && mapped.mode?.kind === 'symbolic')
    assert.deepEqual({ ...mapped, mode: mapped.mode.text }, {
      kind: 'copy', base: { kind: 'input', index: 1 }, from: { kind: 'input', index: 0 }, output: 0, source: '/b', target: '/d/.', mode: 'u=rw', timestampNs: 7n,
      owner: { user: 'u', group: 'g', lookup: { kind: 'input', index: 0 }, groupLookup: { kind: 'input', index: 1 } },
      followSymlinks: false, copyFolderContents: false, unpackArchives: false, createTargetPath: false, allowWildcard: false, allowEmptyWildcard: false, includePatterns: [], excludePatterns: [], requiredPaths: [], replacesTargets: false,
    })
  })

  it('may be in a file of an input', () => {
    const ops = [{}, { attrs: { 'llbbuild.filename': '/d/inner' } }].map((more) => opOf(parse([BASE, build(more)]), 'build'))
    assert.deepEqual(ops, ['buildkit.llb.definition', '/d/inner'].map((filename) => ({ kind: 'build', input: 0, filename })))
  })

  it('is called as its client says, else as BuildKit does', () => {
    const names = [parse([BASE, run([ROOT])]), parse([file([mkfile('/a')])]), parse([{ ...BASE, metadata: { description: { 'llb.customname': 'mine' }, ignoreCache: true } }])].map(({ note }) => [note.name, note.ignoreCache])
    assert.deepEqual(names, [['sh -c true', false], ['mkfile /a', false], ['mine', true]])
  })

  it('has what its client says of it besides', () => {
    const about = (metadata: Metadata): object => parse([{ ...BASE, metadata }]).note
    const plain = { name: 'docker-image://docker.io/library/busybox:1', ignoreCache: false, span: undefined }
    assert.deepEqual(about({ exportCache: { Value: true } }), plain)
    assert.deepEqual(about({ exportCache: { Value: false }, progressGroup: { id: 'g', name: 'all', weak: true } }), { ...plain, isCacheExported: false, group: { id: 'g', name: 'all', isWeak: true } })
  })

  it('says whether what was made for its mounts stays', () => {
    const kept = [true, false].map((removeMountStubsRecursive) => opOf(parse([BASE, run([ROOT], { meta: { args: ['x'], removeMountStubsRecursive } })]), 'exec').keepsMountParents)
    assert.deepEqual(kept, [undefined, true])
  })

  it('says which worker it wants', () => {
    const [bytes = new Uint8Array()] = define([BASE]).def
    const wanting = toBinary(OpSchema, create(OpSchema, { ...fromBinary(OpSchema, bytes), constraints: create(WorkerConstraintsSchema, { filter: ['labels.a==b'] }) }))
    const last = toBinary(OpSchema, create(OpSchema, { inputs: [{ digest: digestOf(wanting) }] }))
    assert.deepEqual([...parseDefinition(create(DefinitionSchema, { def: [wanting, last] })).vertices.values()].map(({ constraints }) => constraints), [['labels.a==b']])
  })

  it('is an empty file system where it is empty, and only what its result stands on', () => {
    assert.deepEqual(parseDefinition(create(DefinitionSchema)), { vertices: new Map(), root: undefined })
    assert.equal(parseDefinition(define([BASE, file([mkfile('/a')])])).vertices.size, 1)
  })

  it('says where a step is from', () => {
    const definition = define([BASE])
    const [digest = ''] = Object.keys(definition.metadata)
    const located = { ...definition, Source: create(DefinitionSchema, { Source: { infos: [{ filename: 'a.hcl', data: Buffer.from('one\ntwo\n') }], locations: { [digest]: { locations: [{ sourceIndex: 9 }, { sourceIndex: 0, ranges: [{ start: { line: 2 }, end: { line: 2 } }] }] } } } }).Source }
    assert.deepEqual([...parseDefinition(located).vertices.values()].map(({ note }) => note.span), [{ source: { filename: 'a.hcl', text: 'one\ntwo\n' }, startLine: 2, endLine: 2 }])
    const wrong = { ...located, def: located.def.slice(1).concat(located.def.slice(1)) }
    assert.throws(() => parseDefinition(wrong), /missing input digest/)
  })

  const refusals: readonly { readonly name: string; readonly steps: readonly Step[]; readonly root?: number; readonly message: RegExp }[] = [
    { name: 'an output that is not there', steps: [BASE], root: 1, message: /output 1 is asked of/ },
    { name: 'an unknown source', steps: [source('ftp://a')], message: /unknown source: "ftp:\/\/a"/ },
    { name: 'an attribute that it does not know', steps: [source('docker-image://a', { 'image.colour': 'red' })], message: /attribute image.colour of source/ },
    { name: 'a mode that is none', steps: [source('docker-image://a', { 'image.resolvemode': 'often' })], message: /invalid attribute image.resolvemode="often"/ },
    { name: 'a layout without digest', steps: [source('oci-layout://a')], message: /has no digest/ },
    { name: 'a blob without digest', steps: [source('docker-image+blob://a')], message: /image blob "a" has no digest/ },
    { name: 'a header that says who asks', steps: [source('https://a/b', { 'http.header.cookie': 'x' })], message: /header "cookie" of a download cannot be set/ },
    { name: 'a header of several lines', steps: [source('https://a/b', { 'http.header.accept': 'x\r\ny: z' })], message: /invalid value of the header accept/ },
    { name: 'a file name that leads elsewhere', steps: [source('https://a/b', { 'http.filename': '../x' })], message: /invalid filename/ },
    { name: 'an op of no kind', steps: [{ op: { case: undefined } }], message: /no known kind/ },
    { name: 'a process without words', steps: [BASE, { op: { case: 'exec', value: { meta: {}, mounts: [ROOT] } }, inputs: [[0, 0]] }], message: /no args/ },
    { name: 'a process without root', steps: [BASE, run([{ input: 0n, dest: '/x', output: 0n }])], message: /no rootfs/ },
    { name: 'a mount of an input that is not there', steps: [BASE, run([{ ...ROOT, input: 3n }])], message: /invalid input index 3 in exec op with 1 inputs/ },
    { name: 'a root in memory', steps: [BASE, run([{ ...ROOT, mountType: MountType.TMPFS }])], message: /invalid mount type/ },
    { name: 'a secret without name', steps: [BASE, run([ROOT, { input: -1n, dest: '/s', output: -1n, mountType: MountType.SECRET, secretOpt: {} }])], message: /secret ID missing/ },
    { name: 'a control group', steps: [BASE, run([ROOT], { meta: { args: ['x'], cgroupParent: 'c' } })], message: /control group/ },
    { name: 'an action that stands on itself', steps: [file([{ ...mkfile('/a'), input: 0n }])], message: /loop from index 0/ },
    { name: 'an action that stands on nothing there', steps: [file([{ ...mkfile('/a'), input: 4n }])], message: /invalid input index 4/ },
    { name: 'no outputs', steps: [file([{ ...mkfile('/a'), output: -1n }])], message: /no outputs/ },
    { name: 'one output twice', steps: [file([mkfile('/a'), mkfile('/b')])], message: /duplicate output 0/ },
    { name: 'outputs with a gap', steps: [file([{ ...mkfile('/a'), output: 1n }])], message: /missing output index 0/ },
    { name: 'a merge of other inputs than it has', steps: [BASE, { op: { case: 'merge', value: { inputs: [] } }, inputs: [[0, 0]] }], message: /0 inner inputs and 1 outer/ },
    { name: 'a difference of nothing', steps: [BASE, { op: { case: 'diff', value: {} }, inputs: [[0, 0]] }], message: /nil lower or upper/ },
    { name: 'a build by another builder', steps: [BASE, build({ builder: 0n })], message: /only LLB builder/ },
    { name: 'a build that names no input', steps: [BASE, build({ inputs: {} })], message: /no llb definition input buildkit.llb.definition/ },
    { name: 'a build of an input that is not there', steps: [BASE, build({ inputs: { 'buildkit.llb.definition': { input: 3n } } })], message: /invalid input index 3 in build op/ },
    { name: 'a build with an attribute that it does not know', steps: [BASE, build({ attrs: { colour: 'red' } })], message: /attribute colour of a build op/ },
    { name: 'a build with a definition of its own', steps: [BASE, build({ def: { def: [Uint8Array.of(1)] } })], message: /definition within a build op/ },
    { name: 'a capability that is not there', steps: [{ ...BASE, metadata: { caps: { 'exec.teleport': true } } }], message: /unsupported capability of LLB: exec.teleport/ },
    { name: 'limits of resources', steps: [{ ...BASE, metadata: { linuxResources: { memory: 1n } } }], message: /limit of a step’s resources is not supported: memory/ },
  ]
  for (const { name, steps, root, message } of refusals) it(`refuses ${name}`, () => assert.throws(() => parseDefinition(define(steps, root)), { name: 'DefinitionError', message }))

  it('refuses what has no end, and more vertices than anybody makes', () => {
    const { def } = define([BASE])
    assert.throws(() => parseDefinition(create(DefinitionSchema, { def: [...def, ...def.slice(0, 1)] })), /no terminal op/)
    assert.throws(() => parseDefinition(create(DefinitionSchema, { def: Array.from({ length: 20_001 }, () => Uint8Array.of(1)) })), /more than 20000/)
  })

  it('is not held up by depth', () => {
    const chain = Array.from({ length: 19_000 }, (_, index) => file([{ ...mkfile(`/${index}`), input: index === 0 ? -1n : 0n }], index === 0 ? [] : [[index - 1, 0]]))
    assert.equal(parseDefinition(define(chain)).vertices.size, 19_000)
  })

  it('gives short names to merges and differences of one another', () => {
    const merge: OpInit = { case: 'merge', value: { inputs: [{ input: 0n }, { input: 1n }] } }
    const diff: OpInit = { case: 'diff', value: { lower: { input: 0n }, upper: { input: 1n } } }
    const nested = Array.from({ length: 64 }, (_, below): Step => ({ op: below % 2 === 0 ? merge : diff, inputs: [[below, 0], [below, 0]] }))
    const { vertices } = parseDefinition(define([BASE, ...nested]))
    assert.equal(vertices.size, 65)
    assert.ok([...vertices.values()].every(({ note }) => note.name.length < 600))
    assert.equal([...vertices.values()][1]?.note.name, 'merge (docker-image://docker.io/library/busybox:1, docker-image://docker.io/library/busybox:1)')
  })

  it('gives an error of its own whatever bytes come', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }), (def) => {
      try {
        parseDefinition(create(DefinitionSchema, { def }))
      } catch (error) {
        assert.ok(error instanceof BuildError, String(error))
      }
    }))
  })
})
