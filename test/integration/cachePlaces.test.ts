import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingPeer, startBuildkitPeer } from '../parity/buildkitPeer.ts'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { parseSteps, type BuildSteps } from '../support/engine/rawProgress.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { openPelago, type ContextFiles, type Pelago } from '../support/pelago.ts'
import { startActionsCacheServer, type ActionsCacheServer } from '../support/servers/actionsCacheServer.ts'
import { startS3Server, type S3Server } from '../support/servers/s3Server.ts'

type Env = Readonly<Record<string, string>>

/** A kind of place, as a command line and its environment name it. */
interface Kind {
  readonly name: string
  /** `type=…,…`; caches of another `label` are others. */
  readonly cache: (label: string) => string
  readonly env: () => Env
  /** So many layers were sent to it since the last call. */
  readonly countUploads: () => number
}

/** Machines that share nothing but a bucket, or GitHub's cache service. */
describe('a build cache beside registries', { skip: missingForBuilds() }, () => {
  const once = new AsyncDisposableStack()
  let registry: DockerRegistry
  let github: ActionsCacheServer
  let enterprise: ActionsCacheServer
  let s3: S3Server
  let machine: Pelago
  let base: string
  before(async () => {
    registry = once.use(await startDockerRegistry())
    github = once.use(await startActionsCacheServer())
    enterprise = once.use(await startActionsCacheServer())
    s3 = once.use(await startS3Server())
    machine = once.use(await openPelago())
    base = await pushBaseImage(registry.host)
  })
  after(() => once.disposeAsync())

  const s3Keys = (): Env => ({ AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey, AWS_REGION: 'us-east-1' })
  const token = (of: ActionsCacheServer): string => of.attributes(2).get('token') ?? ''
  const counter = (log: () => string[], layer: RegExp) => (): number => log().splice(0).filter((line) => layer.test(line)).length
  const bucket: Kind = { name: 'S3', cache: (label) => `type=s3,bucket=${s3.bucket},endpoint_url=${s3.url},use_path_style=true,name=${label}`, env: s3Keys, countUploads: counter(() => s3.log, /^PUT .*\/blobs\//) }
  const workflow: Kind = { name: "GitHub's service", cache: (label) => `type=gha,scope=${label}`, env: () => ({ ACTIONS_CACHE_SERVICE_V2: 'True', ACTIONS_RESULTS_URL: `${github.url}/`, ACTIONS_RUNTIME_TOKEN: token(github) }), countUploads: counter(() => github.log, /^PUT \/storage\//) }
  const firstService: Kind = { name: "GitHub's first service", cache: (label) => `type=gha,scope=${label}`, env: () => ({ ACTIONS_CACHE_URL: `${enterprise.url}/`, ACTIONS_RUNTIME_TOKEN: token(enterprise) }), countUploads: counter(() => enterprise.log, /^PATCH /) }

  const files = (changes: ContextFiles = {}): ContextFiles => ({
    Dockerfile: [`FROM ${base} AS build`, 'COPY src /src/', 'RUN cat /src/a >/out', `FROM ${base}`, 'COPY tools /tools/', 'RUN echo one >/one', 'COPY --from=build /out /bin/out'].join('\n'),
    'src/a': 'hello', 'tools/b': 'tool', ...changes,
  })

  async function build(on: Pelago, context: ContextFiles, args: readonly string[], env: Env): Promise<BuildSteps & { readonly stderr: string }> {
    const { stderr } = await on.succeed(['build', '--progress=rawjson', '--network=none', ...args, await on.context(context)], { env })
    for (const secret of [env['ACTIONS_RUNTIME_TOKEN'] ?? 'S3RVER', 'S3RVER']) assert.ok(!stderr.includes(secret), 'a credential is shown')
    return { ...parseSteps(stderr), stderr }
  }
  async function onNewMachine<T>(use: (on: Pelago) => Promise<T>): Promise<T> {
    await using on = await openPelago()
    return await use(on)
  }
  const ran = ({ executed }: BuildSteps): readonly string[] => executed.filter((name) => /\] (RUN|COPY) /.test(name)).map((name) => name.replace(/^\[.*?\] /, '')).sort()

  // what is counted of GitHub's has the index, which is sent each time
  for (const { kind, indexes } of [{ kind: bucket, indexes: 0 }, { kind: workflow, indexes: 1 }]) {
    const { name, cache, env, countUploads } = kind
    it(`in ${name} has other machines run nothing but what changed, and send that alone`, async () => {
      await build(machine, files(), ['--cache-to', `${cache('app')},mode=max`], env())
      assert.equal(countUploads(), 6 + indexes, 'the base and five steps')
      await onNewMachine(async (on) => {
        const all = await build(on, files(), ['--cache-from', cache('app'), '--cache-to', `${cache('copy')},mode=max`, '-t', 'app:1'], env())
        assert.deepEqual(ran(all), [])
        assert.match(all.stderr, /importing cache manifest from (s3|gha):/)
        assert.equal((await on.succeed(['run', '--rm', 'app:1', 'cat', '/bin/out', '/one', '/tools/b'])).stdout, 'helloone\ntool')
        assert.equal(countUploads(), indexes, 'what is there is not sent again')
        const changed = await build(on, files({ 'tools/b': 'other' }), ['--cache-from', cache('app'), '--cache-to', `${cache('app')},mode=max`], env())
        assert.deepEqual(ran(changed), ['COPY --from=build /out /bin/out', 'COPY tools /tools/', 'RUN echo one >/one'])
        assert.ok(countUploads() <= 3 + indexes)
      })
      await onNewMachine(async (on) => {
        assert.deepEqual(ran(await build(on, files(), ['--target=build', '--cache-from', cache('copy')], env())), [], 'a machine hands on what it has not needed itself')
      })
    })
  }

  it("in GitHub's first service does the same, and runs the steps again where the layers are gone", async () => {
    const { cache, env, countUploads } = firstService
    await build(machine, files(), ['--cache-to', `${cache('app')},mode=max`], env())
    assert.equal(countUploads(), 7)
    await onNewMachine(async (on) => {
      for (const key of enterprise.keys().filter((one) => one.startsWith('buildkit-blob'))) enterprise.forget(key)
      assert.deepEqual(ran(await build(on, files(), ['--cache-from', cache('app')], env())), ['COPY --from=build /out /bin/out', 'COPY src /src/', 'COPY tools /tools/', 'RUN cat /src/a >/out', 'RUN echo one >/one'])
    })
  })

  const unusable: { name: string; cache: () => string; env: () => Env; want: RegExp }[] = [
    { name: 'a wrong secret', cache: () => bucket.cache('app'), env: () => ({ ...s3Keys(), AWS_SECRET_ACCESS_KEY: 'wrong' }), want: /access is denied/ },
    { name: 'a bucket that is not there', cache: () => `type=s3,bucket=elsewhere,endpoint_url=${s3.url},use_path_style=true`, env: s3Keys, want: /NoSuchBucket/ },
    { name: 'a server that is not there', cache: () => 'type=s3,bucket=elsewhere,endpoint_url=http://127.0.0.1:1', env: s3Keys, want: /the connection was refused/ },
    { name: 'a token of another', cache: () => 'type=gha', env: () => ({ ACTIONS_CACHE_URL: github.url, ACTIONS_RUNTIME_TOKEN: token(enterprise) }), want: /access is denied \(unauthenticated/ },
  ]
  for (const { name, cache, env, want } of unusable) {
    it(`is told of, and done without, with ${name}`, async () => {
      const args = ['build', '--network=none', '--cache-from', cache(), '--cache-to', `${cache()},ignore-error=true`]
      const { stderr } = await machine.succeed([...args, await machine.context(files())], { env: env() })
      assert.match(stderr, new RegExp(`- importing cache manifest from .* failed, so the build goes without: .*${want.source}`))
      assert.match(stderr, /- exporting (cache to Amazon S3|to GitHub Actions Cache) failed: /)
    })
  }

  it('fails a build that cannot export to it', async () => {
    const { exitCode, stderr } = await machine.run(['build', '--network=none', '--cache-to', bucket.cache('app'), await machine.context(files())], { env: { ...s3Keys(), AWS_SECRET_ACCESS_KEY: 'wrong' } })
    assert.equal(exitCode, 1)
    assert.match(stderr, /ERROR: S3 bucket "ci-caches": access is denied .*\nhint: check the access key and its secret/)
  })

  it("is left out, and that is told, where GitHub's variables are not there", async () => {
    const { stderr } = await machine.succeed(['build', '--network=none', '--cache-from', 'type=gha', '--cache-to', 'type=gha,mode=max', await machine.context(files())])
    assert.match(stderr, /note: the cache of type=gha is left out, since ACTIONS_RUNTIME_TOKEN is not set/)
  })

  const mistakes: { name: string; args: readonly string[]; want: RegExp }[] = [
    { name: 'azblob', args: ['--cache-to', 'type=azblob,name=x'], want: /unknown cache exporter: "azblob"/ },
    { name: 'a bucket without a name', args: ['--cache-to', 'type=s3,region=r1'], want: /type=s3 has no bucket/ },
    { name: 'an attribute that is misspelt', args: ['--cache-to', 'type=s3,bucket=abc,region=r1,prefx=a'], want: /unknown attribute "prefx"/ },
  ]
  for (const { name, args, want } of mistakes) {
    it(`refuses ${name} before anything is built`, async () => {
      const { exitCode, stderr } = await machine.run(['build', '--network=none', ...args, await machine.context(files())])
      assert.notEqual(exitCode, 0)
      assert.match(stderr, want)
      assert.ok(!stderr.includes('RUN'))
    })
  }

  it("in GitHub's service has BuildKit run nothing that Pelago has run, and the other way round", { skip: missingPeer }, async () => {
    await using peer = await startBuildkitPeer()
    const { cache, env } = workflow
    const given = `,url_v2=${github.url}/,token=${token(github)},version=2`
    const buildThere = async (context: ContextFiles, ...args: readonly string[]): Promise<string> => {
      const { isBuilt, said } = await peer.build(await machine.context(context), { args, output: '' }, join(machine.folder, 'theirs.tar'))
      assert.ok(isBuilt, said)
      return said
    }
    await build(machine, files(), ['--cache-to', `${cache('ours')},mode=max`], env())
    const there = await buildThere(files(), '--cache-from', cache('ours') + given)
    // a layer that is brought at the end stands in the place of CACHED, where that has not been said by then
    const spared = new Set([...there.matchAll(/^#(\d+) (?:CACHED$|sha256:)/gm)].map(([, number]) => number))
    const steps = [...new Set([...there.matchAll(/^#(\d+) \[.*\] (?:RUN|COPY) /gm)].map(([, number]) => number))]
    assert.deepEqual([steps.length, steps.filter((number) => !spared.has(number))], [5, []], there)
    await buildThere(files({ 'src/a': 'theirs', 'tools/b': 'theirs' }), '--cache-to', `${cache('theirs')}${given},mode=max`)
    await onNewMachine(async (on) => {
      assert.deepEqual(ran(await build(on, files({ 'src/a': 'theirs', 'tools/b': 'theirs' }), ['--cache-from', cache('theirs')], env())), [])
    })
  })
})
