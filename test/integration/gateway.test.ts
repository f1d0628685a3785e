import assert from 'node:assert/strict'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ChecksumRequest_ChecksumAlgo, type ExecMessageSchema } from '../../src/api/gen/gateway_pb.ts'
import { MountType } from '../../src/api/gen/ops_pb.ts'
import { GrpcStatusError } from '../../src/api/grpc/status.ts'
import { digestOf } from '../../src/ground/digest.ts'
import { parsePolicyFile } from '../../src/api/policy/policyFile.ts'
import { missingPeer, startBuildkitPeer } from '../parity/buildkitPeer.ts'
import { createDrivenClient, statusOf, type DrivenCall, type DrivenClient } from '../support/engine/drivenClient.ts'
import { startEngine } from '../support/engine/engineSocket.ts'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { startFileServer } from '../support/servers/fileServer.ts'
import { startGitServer } from '../support/servers/gitServer.ts'
import { startDockerRegistry } from '../support/registry/dockerRegistry.ts'

const AMD64 = { OS: 'linux', Architecture: 'amd64' }
const FRONTEND = { Frontend: 'dockerfile.v0', allowResultReturn: true, allowResultArrayRef: true }

interface Question {
  readonly name: string
  /** `base` is an image for amd64 and others. */
  readonly ask: (call: DrivenCall, base: string) => Promise<unknown>
  /** Where Pelago says more than BuildKit does. */
  readonly says?: RegExp
}

/** Each fails, by the same code, with the same details and, but for what is said more, the same words. */
const questions: readonly Question[] = [
  { name: 'a call that names no build', ask: ({ bridge }) => bridge.ping({}) },
  { name: 'a call of a build that there is not', ask: ({ bridge }) => bridge.ping({}, { headers: { 'buildkit-controlapi-buildid': 'nope' } }) },
  { name: 'an image that is not for the platform', ask: ({ bridge, options }, base) => bridge.resolveImageConfig({ Ref: base, Platform: { OS: 'linux', Architecture: 'riscv64' } }, options), says: /^failed to resolve source metadata for [^]*busybox:latest: there is no image for linux\/riscv64: it has linux\/amd64, / },
  { name: 'an image that is not there', ask: ({ bridge, options }, base) => bridge.resolveImageConfig({ Ref: `${base}x`, Platform: AMD64 }, options), says: /^failed to resolve source metadata for [^]*busybox:latestx: there is no such image / },
  { name: 'a way to resolve that there is not', ask: ({ bridge, options }, base) => bridge.resolveImageConfig({ Ref: base, Platform: AMD64, ResolveMode: 'often' }, options), says: /: invalid resolvemode: often: one of / },
  { name: 'an image that a policy denies', ask: ({ bridge, options }, base) => bridge.resolveImageConfig({ Ref: base, Platform: AMD64, SourcePolicies: [{ rules: [{ action: 1, selector: { identifier: 'docker-image://*' } }] }] }, options), says: /: source "docker-image:\/\/[^]*busybox:latest" denied by policy: rule 1 is DENY docker-image:/ },
  { name: 'a capability that the frontend has not', ask: ({ bridge, options }) => bridge.solve({ ...FRONTEND, FrontendOpt: { 'frontend.caps': 'moby.buildkit.frontend.wonder' } }, options) },
  { name: 'a frontend that there is not', ask: ({ bridge, options }) => bridge.solve({ ...FRONTEND, Frontend: 'wonder.v0' }, options) },
  { name: 'a frontend that is an image without a name', ask: ({ bridge, options }) => bridge.solve({ ...FRONTEND, Frontend: 'gateway.v0' }, options) },
  { name: 'a file of a reference that was not given', ask: ({ bridge, options }) => bridge.readFile({ Ref: 'nope', FilePath: '/a' }, options) },
  { name: 'a result of a reference that was not given', ask: ({ bridge, options }) => bridge.return({ result: { result: { case: 'ref', value: { id: 'nope' } } } }, options) },
  { name: 'a request that the frontend does not know', ask: ({ bridge, options }) => bridge.solve({ ...FRONTEND, FrontendOpt: { requestid: 'frontend.wonder' } }, options) },
]

describe('calls of a client’s own frontend', { skip: missingForBuilds() }, () => {
  let pelago: Pelago
  let client: DrivenClient
  let base: string
  const opened = new AsyncDisposableStack()
  before(async () => {
    pelago = opened.use(await openPelago())
    const registry = opened.use(await startDockerRegistry())
    base = await pushBaseImage(registry.host)
    client = opened.use(await open(opened.use(await startEngine()).address))
  })
  after(() => opened[Symbol.asyncDispose]())

  it('tell what an image is', async () => {
    await client.drive(async ({ bridge, options }) => {
      const { Ref, Digest, Config } = await bridge.resolveImageConfig({ Ref: base, Platform: { OS: 'linux', Architecture: 'arm64' } }, options)
      const config = JSON.parse(Buffer.from(Config).toString()) as { readonly architecture: string }
      assert.deepEqual({ Ref, architecture: config.architecture }, { Ref: base, architecture: 'arm64' })
      const pinned = await bridge.resolveImageConfig({ Ref: `${base}@${Digest}`, Platform: { OS: 'linux', Architecture: 'arm64' } }, options)
      assert.deepEqual([pinned.Digest, Buffer.from(pinned.Config).equals(Buffer.from(Config))], [Digest, true])
    })
  })

  it('convert what is looked up, as a policy of the whole build says', async () => {
    const sourcePolicy = parsePolicyFile(JSON.stringify({ rules: [{ action: 'CONVERT', selector: { identifier: 'docker-image://docker.io/library/*:latest' }, updates: { identifier: `docker-image://${base.replace(/busybox.*/, '')}$1:latest` } }] }), 'a policy')
    await client.drive(async ({ bridge, options }) => {
      assert.equal((await bridge.resolveImageConfig({ Ref: 'busybox', Platform: AMD64 }, options)).Ref, base)
    }, { sourcePolicy })
  })

  it('run processes in containers of what was built, and read what these have left', async () => {
    await client.drive(async ({ bridge, options }) => {
      const { result } = await bridge.solve({ ...FRONTEND, FrontendOpt: { platform: 'linux/amd64' } }, options)
      const ref = result?.result.case === 'ref' ? result.result.value.id : ''
      await bridge.newContainer({ ContainerID: 'box', hostname: 'boxed', extraHosts: [{ Host: 'there', IP: '192.0.2.7' }], Mounts: [{ dest: '/', resultID: ref }, { dest: '/mem', mountType: MountType.TMPFS }] }, options)
      assert.deepEqual(await exec({ bridge, options }, 'cat /made; echo new > /new; grep -c " /mem " /proc/mounts; hostname; grep there /etc/hosts'), { said: 'made\n1\nboxed\n192.0.2.7\tthere\n', code: 0 })
      assert.deepEqual(await exec({ bridge, options }, 'cat /new; exit 4'), { said: 'new\n', code: 4 }) // another, over the same files
      assert.equal(Buffer.from((await bridge.readFileContainer({ Ref: 'box', FilePath: '/new' }, options)).Data).toString(), 'new\n')
      assert.deepEqual(await statusOf(bridge.newContainer({ ContainerID: 'box', Mounts: [{ dest: '/' }] }, options)), { code: 6, message: 'Container box already exists', details: [] })
      assert.equal((await statusOf(bridge.newContainer({ ContainerID: 'host', Mounts: [{ dest: '/' }], Network: 1 }, options)))?.message, 'network.host is not allowed')
      assert.match((await statusOf(bridge.newContainer({ ContainerID: 'elsewhere', Mounts: [{ dest: '/' }], constraints: { filter: ['big'] } }, options)))?.message ?? '', /no worker is as it is wanted: big/)
      await bridge.releaseContainer({ ContainerID: 'box' }, options)
      assert.equal((await statusOf(bridge.readFileContainer({ Ref: 'box', FilePath: '/new' }, options)))?.message, 'container details for box@0 not found')
    }, { files: filesOf(`FROM ${base}\nRUN echo made > /made\n`) })
  })

  it('enter what a failed step has left, by the ids that its error tells', async () => {
    await client.drive(async ({ bridge, options }) => {
      const failure: unknown = await bridge.solve({ ...FRONTEND, Evaluate: true, FrontendOpt: { platform: 'linux/amd64' } }, options).catch((error: unknown) => error)
      const { mountIDs, op } = solveDetail(failure)
      assert.deepEqual(op.exec.meta.args, ['/bin/sh', '-c', 'echo half > /half; exit 7'])
      await bridge.newContainer({ ContainerID: 'box', Mounts: op.exec.mounts.map(({ dest }, index) => ({ dest, resultID: mountIDs[index] ?? '' })) }, options)
      assert.deepEqual(await exec({ bridge, options }, 'cat /half'), { said: 'half\n', code: 0 })
    }, { files: filesOf(`FROM ${base}\nRUN echo half > /half; exit 7\n`) })
  })

  it('tell what other sources are', async () => {
    await using server = await startFileServer()
    server.files.set('/d/a.txt', { content: 'content' })
    await client.drive(async ({ bridge, options }) => {
      const file = await bridge.resolveSourceMeta({ Source: { identifier: `${server.url}/d/a.txt` } }, options)
      assert.deepEqual([file.HTTP?.Checksum, file.HTTP?.Filename], [digestOf('content'), 'a.txt'])
      const image = await bridge.resolveSourceMeta({ Source: { identifier: `docker-image://${base}` }, Platform: AMD64, Image: { NoConfig: true } }, options)
      assert.deepEqual([image.Source?.identifier, image.Image?.Config.byteLength], [`docker-image://${base}`, 0])
      assert.deepEqual((await bridge.resolveSourceMeta({ Source: { identifier: 'local://context' } }, options)).Source?.identifier, 'local://context')
    })
  })

  it('tell what other sources are made of', async () => {
    await using server = await startFileServer()
    await using git = await startGitServer()
    server.files.set('/a', { content: 'content' })
    const commit = await git.commit('app', { a: 'a' }, 'the message')
    await git.git('app', 'tag', '-a', 'v1', '-m', 'the first')
    await git.git('app', 'push', '--quiet', 'origin', 'v1')
    await client.drive(async ({ bridge, options }) => {
      const file = await bridge.resolveSourceMeta({ Source: { identifier: `${server.url}/a` }, HTTP: { ChecksumRequest: { Algo: ChecksumRequest_ChecksumAlgo.SHA512, Suffix: Buffer.from('!') } } }, options)
      assert.equal(file.HTTP?.ChecksumResponse?.Digest, `sha512:${createHash('sha512').update('content!').digest('hex')}`)
      const repository = { 'git.fullurl': `${git.url}/app.git` }
      const ask = (ref: string): ReturnType<typeof bridge.resolveSourceMeta> => bridge.resolveSourceMeta({ Source: { identifier: `git://app.git#${ref}`, attrs: repository }, Git: { ReturnObject: true } }, options)
      const [{ Git: branch }, { Git: tag }] = [await ask('main'), await ask('v1')]
      assert.ok(branch !== undefined && tag !== undefined)
      assert.deepEqual([branch.CommitChecksum, gitDigest('commit', branch.CommitObject), branch.TagObject.byteLength], ['', commit, 0])
      assert.deepEqual([tag.CommitChecksum, gitDigest('commit', tag.CommitObject), gitDigest('tag', tag.TagObject)], [commit, commit, tag.Checksum])
      const { Image: image } = await bridge.resolveSourceMeta({ Source: { identifier: `docker-image://${base}` }, Platform: AMD64, Image: { AttestationChain: true } }, options)
      assert.ok(image?.AttestationChain !== undefined)
      const { Root, ImageManifest, AttestationManifest, Blobs } = image.AttestationChain
      assert.deepEqual([Root, AttestationManifest, Object.keys(Blobs).sort()], [image.Digest, '', [Root, ImageManifest].sort()])
      for (const [digest, { data }] of Object.entries(Blobs)) assert.equal(digestOf(data), digest)
    })
  })

  it('show their warnings with the build', async () => {
    const events = await client.drive(async ({ bridge, options }) => {
      await bridge.warn({ short: Buffer.from('careful'), info: { filename: 'site.hcl', data: Buffer.from('one\ntwo\n') }, ranges: [{ start: { line: 2 }, end: { line: 2 } }] }, options)
    })
    assert.deepEqual(events.flatMap((event) => (event.kind === 'warning' ? [[event.message, event.span?.source.filename, event.span?.startLine]] : [])), [['careful', 'site.hcl', 2]])
  })

  describe('fail as those of BuildKit do', { skip: missingPeer }, () => {
    let peer: DrivenClient
    before(async () => {
      peer = opened.use(await open(opened.use(await startBuildkitPeer()).address))
    })
    for (const { name, ask, says } of questions) {
      it(name, async () => {
        const [own, theirs] = [await failureOf(client, ask), await failureOf(peer, ask)]
        const common = theirs?.details.filter((detail) => COMPARED.has(detail))
        assert.deepEqual({ code: own?.code, details: own?.details.filter((detail) => COMPARED.has(detail)) }, { code: theirs?.code, details: common })
        if (says === undefined) assert.equal(own?.message, theirs?.message)
        else assert.match(own?.message ?? '', says)
      })
    }
  })

  const failureOf = async (of: DrivenClient, ask: Question['ask']): ReturnType<typeof statusOf> => {
    let failure: Awaited<ReturnType<typeof statusOf>>
    await of.drive(async (call) => {
      failure = await statusOf(ask(call, base))
    }, { files: filesOf('FROM scratch\n') })
    return failure
  }

  describe('under a source policy', () => {
    const build = async (dockerfile: string, rules: readonly object[]): ReturnType<Pelago['run']> => {
      const policy = join(pelago.folder, 'policy.json')
      await writeFile(policy, JSON.stringify({ version: 1, rules }))
      return await pelago.run(['build', '--platform', 'linux/amd64', '--progress', 'plain', '--output', 'type=cacheonly', await pelago.context({ Dockerfile: dockerfile })], { env: { EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: policy } })
    }

    const denied = [
      { name: 'an image', dockerfile: () => `FROM ${base}\n`, identifier: 'docker-image://*/busybox:*', line: 1 },
      { name: 'an image that files are taken from', dockerfile: () => `FROM scratch\nCOPY --from=${base} /bin /bin\n`, identifier: 'docker-image://*', line: 2 },
      { name: 'a file', dockerfile: () => `FROM scratch\n\nADD https://files.invalid/a /a\n`, identifier: 'https://files.invalid/*', line: 3 },
      { name: 'a repository', dockerfile: () => `FROM scratch\nADD https://git.invalid/a.git#v1 /a\n`, identifier: 'git://git.invalid/a.git#v1', line: 2 },
    ]
    for (const { name, dockerfile, identifier, line } of denied) {
      it(`${name} is denied before it is fetched, with the line and the rule`, async () => {
        const { exitCode, stderr } = await build(dockerfile(), [{ action: 'DENY', selector: { identifier } }])
        assert.equal(exitCode, 1, stderr)
        assert.match(stderr, new RegExp(`Dockerfile:${line}\n`))
        assert.ok(stderr.includes(`denied by policy: rule 1 is DENY ${identifier}`), stderr)
      })
    }

    it('the client’s folder is denied', async () => {
      const { exitCode, stderr } = await build('FROM scratch\nCOPY Dockerfile /\n', [{ action: 'DENY', selector: { identifier: 'local://context' } }])
      assert.equal(exitCode, 1, stderr)
      assert.match(stderr, /source "local:\/\/context" denied by policy/)
    })

    it('an image is taken from elsewhere', async () => {
      const { exitCode, stderr } = await build('FROM nowhere.invalid/tools/busybox:latest\nRUN echo made\n', [{ action: 'CONVERT', selector: { identifier: 'docker-image://nowhere.invalid/tools/*' }, updates: { identifier: `docker-image://${base.replace(/busybox.*/, '')}$1` } }])
      assert.equal(exitCode, 0, stderr)
    })

    it('that is none is an error', async () => {
      const { exitCode, stderr } = await build('FROM scratch\n', [{ action: 'FORBID' }])
      assert.equal(exitCode, 2)
      assert.match(stderr, /policy\.json is no source policy/)
    })
  })
})

/** By which git knows an object. */
function gitDigest(kind: string, bytes: Uint8Array): string {
  return createHash('sha1').update(`${kind} ${bytes.byteLength}\0`).update(bytes).digest('hex')
}

function filesOf(dockerfile: string): ReadonlyMap<string, ReadonlyMap<string, Uint8Array>> {
  return new Map([['dockerfile', new Map([['Dockerfile', Buffer.from(dockerfile)]])], ['context', new Map()]])
}

/** A shell in the container `box`, and what it prints. */
async function exec({ bridge, options }: DrivenCall, script: string): Promise<{ readonly said: string; readonly code: number | undefined }> {
  const done = Promise.withResolvers<undefined>()
  async function* messages(): AsyncGenerator<MessageInitShape<typeof ExecMessageSchema>> {
    yield { ProcessID: 'p', Input: { case: 'Init', value: { ContainerID: 'box', Fds: [1], Meta: { args: ['/bin/sh', '-c', script], cwd: '/' } } } }
    await done.promise
  }
  let said = ''
  let code: number | undefined
  for await (const { Input: told } of bridge.execProcess(messages(), options)) {
    if (told.case === 'File') said += Buffer.from(told.value.Data).toString()
    if (told.case === 'Exit') code = told.value.Code
    if (told.case === 'Done') done.resolve(undefined)
  }
  return { said, code }
}

interface SolveDetail {
  readonly mountIDs: readonly string[]
  readonly op: { readonly exec: { readonly meta: { readonly args: readonly string[] }; readonly mounts: readonly { readonly dest: string }[] } }
}

function solveDetail(error: unknown): SolveDetail {
  assert.ok(error instanceof Error && error.cause instanceof GrpcStatusError)
  const detail = error.cause.status.details.find(({ typeUrl }) => typeUrl.endsWith('errdefs.Solve+json'))
  return JSON.parse(Buffer.from(detail?.value ?? []).toString()) as SolveDetail
}

/** Details that both send; of others one has more than it says. */
const COMPARED: ReadonlySet<string> = new Set(['errdefs.FrontendCap+json', 'errdefs.Subrequest+json', 'errdefs.Vertex+json', 'errdefs.Source+json'])

async function open(address: string): Promise<DrivenClient> {
  const socket = connect(address.replace('unix://', ''))
  await once(socket, 'connect')
  return createDrivenClient(socket)
}
