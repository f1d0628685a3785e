import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { digestOf } from '../ground/digest.ts'
import { BuildError } from '../ground/errors.ts'
import { emptyImageConfig, type ImageConfig } from '../ground/oci/imageConfig.ts'
import { formatPlatform, parsePlatform, type Platform } from '../ground/platform.ts'
import { mergeGraphs } from '../graph/graphBuilder.ts'
import { formatGraph } from '../graph/graphText.ts'
import type { Graph, LocalSource } from '../graph/vertex.ts'
import { DockerfileError } from './dockerfileError.ts'
import { lowerDockerfile, type ImageResolver, type LoweredImage, type LowerRequest } from './lower.ts'
import { lowerRequest } from './lowerRequest.suite.ts'

const AMD64 = parsePlatform('linux/amd64')
const ARM64 = parsePlatform('linux/arm64')
const ARMV7 = parsePlatform('linux/arm/v7')
const SIGNAL = new AbortController().signal

class NoSuchImageError extends BuildError {
  readonly kind = 'not-found'
}

/** Has every image for every platform, but for `missing`; `lone` is for amd64 whatever one asks for. */
function createResolver(asked: string[] = []): ImageResolver {
  return {
    async resolveImage(reference, platform) {
      asked.push(`${reference} ${formatPlatform(platform)}`)
      if (reference.includes('missing')) throw new NoSuchImageError(`no such image: ${reference}`, { hint: 'log in' })
      const manifest = digestOf(`${reference} ${formatPlatform(platform)}`)
      return { reference: `${reference}@${digestOf(reference)}`, manifest, config: configOf(reference, reference.includes('lone') ? AMD64 : platform) }
    },
  }
}

function configOf(reference: string, platform: Platform): ImageConfig {
  const empty = emptyImageConfig(platform)
  if (reference.includes('empty')) return empty
  const history = [{ created: '2024-01-01T00:00:00Z', createdBy: 'ADD rootfs', author: undefined, comment: undefined, emptyLayer: false }]
  const image = { ...empty, created: '2024-01-01T00:00:00Z', diffIds: [digestOf(`layer of ${reference}`)], history }
  if (reference.includes('debian')) return { ...image, container: { ...empty.container, env: ['PATH=/usr/bin', 'LANG=C'], cmd: ['bash'], workingDir: '/root', user: 'root' } }
  if (reference.includes('trigger')) return { ...image, container: { ...empty.container, onBuild: [/trigger-(\w+)/.exec(reference)?.[1] === 'from' ? 'FROM x' : 'RUN [1]'] } }
  if (reference.includes('onbuild')) return { ...image, container: { ...empty.container, onBuild: ['COPY --from=tools /tools /tools', 'ENV A=b', 'RUN before $A'] } }
  return image
}

interface Options extends Partial<LowerRequest> {
  readonly resolver?: ImageResolver
  readonly signal?: AbortSignal
}

function lower(text: string, { resolver, signal, ...options }: Options = {}): Promise<LoweredImage> {
  return lowerDockerfile(lowerRequest(text, options), resolver ?? createResolver(), signal ?? SIGNAL)
}

function names(graph: Graph): readonly string[] {
  return [...graph.values()].map(({ note }) => note.name)
}

function execs(graph: Graph): readonly string[] {
  return [...graph.values()].flatMap(({ op }) => (op.kind === 'exec' ? [op.argv.join(' ')] : []))
}

function contexts(graph: Graph): readonly LocalSource[] {
  return [...graph.values()].flatMap(({ op }) => (op.kind === 'source' && op.source.kind === 'local' ? [op.source] : []))
}

function history({ config }: LoweredImage): readonly (string | undefined)[] {
  return config.history.map(({ createdBy }) => createdBy)
}

/** Dockerfiles in `testdata`, each with what comes of it. UPDATE_GOLDEN=1 writes the files anew. */
describe('lowerDockerfile, by golden files', () => {
  const folder = new URL('testdata/', import.meta.url)
  const several: ReadonlyMap<string, readonly Platform[]> = new Map([
    ['cross', [AMD64, ARM64]],
    ['shared-context', [AMD64, ARMV7]],
  ])
  for (const name of readdirSync(folder).flatMap((file) => (file.endsWith('.Dockerfile') ? [file.slice(0, -'.Dockerfile'.length)] : []))) {
    it(`lowers ${name}`, async () => {
      const text = readFileSync(new URL(`${name}.Dockerfile`, folder), 'utf8')
      const platforms = several.get(name) ?? [ARM64]
      const images = await Promise.all(platforms.map((targetPlatform) => lower(text, { targetPlatform, isMultiPlatform: platforms.length > 1, ignorePatterns: ['*.log'] })))
      const got = formatImages(images)
      const golden = new URL(`${name}.golden`, folder)
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, got)
      assert.equal(got, readFileSync(golden, 'utf8'))
    })
  }
})

function formatImages(images: readonly LoweredImage[]): string {
  const merged = mergeGraphs(images.map(({ graph }) => graph))
  const configs = images.map(({ config, root }) => `config for ${formatPlatform(config.platform)}: ${JSON.stringify(config, plain, 2)}\n${formatGraph(merged, root).split('\n').at(-1) ?? ''}`)
  const graph = formatGraph(merged, undefined).split('\n').slice(0, -1).join('\n')
  return `${[graph.trimEnd(), ...configs].join('\n\n')}\n`
}

function plain(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value
}

describe('stages', () => {
  const text = 'FROM alpine AS a\nRUN a\nFROM missing AS b\nRUN b\nFROM a AS c\nCOPY --from=busybox /x /y\nRUN c\nFROM alpine\nRUN d'
  const cases = [
    { target: undefined, want: ['/bin/sh -c d'] },
    { target: 'C', want: ['/bin/sh -c a', '/bin/sh -c c'] },
    { target: '0', want: ['/bin/sh -c a'] },
  ]
  for (const { target, want } of cases) {
    it(`are lowered as far as the target ${target ?? 'by default'} needs them`, async () => assert.deepEqual(execs((await lower(text, { target })).graph), want))
  }
  it('have their images looked up once for each platform', async () => {
    const asked: string[] = []
    const both = 'FROM alpine AS a\nFROM --platform=linux/arm64 alpine:latest AS b\nFROM alpine AS c\nCOPY --from=a / /\nCOPY --from=b / /\nCOPY --from=alpine / /'
    await lower(both, { resolver: createResolver(asked) })
    assert.deepEqual(asked, ['docker.io/library/alpine:latest linux/amd64', 'docker.io/library/alpine:latest linux/arm64'])
  })
  it('inherit the platform of the stage below, not the target', async () => {
    const { graph } = await lower('FROM --platform=linux/arm64 alpine AS a\nFROM a\nRUN x')
    assert.deepEqual([...graph.values()].map(({ platform }) => platform && formatPlatform(platform)), ['linux/arm64', 'linux/arm64'])
  })
  it('have their names from the globals', async () => {
    const { graph } = await lower('ARG BASE=one\nARG SUFFIX=-$BASE\nFROM alpine AS x-one\nRUN 1\nFROM alpine AS x-two\nRUN 2\nFROM x${SUFFIX}', { buildArgs: new Map([['BASE', 'two']]) })
    assert.deepEqual(execs(graph), ['/bin/sh -c 2'])
  })
  it('of nothing have no files', async () => {
    const { root, graph, config } = await lower('FROM scratch\nENV A=b')
    assert.deepEqual([root, graph.size, config.container.env, config.container.workingDir], [undefined, 0, ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'A=b'], '/'])
  })
  it('on an image without layers have no files either', async () => assert.equal((await lower('FROM empty')).root, undefined))
})

describe('several platforms', () => {
  it('share a stage that runs on the build platform', async () => {
    const text = 'FROM --platform=$BUILDPLATFORM alpine AS b\nRUN make\nFROM alpine\nCOPY --from=b /out /'
    const [amd, arm] = await Promise.all([AMD64, ARM64].map((targetPlatform) => lower(text, { targetPlatform, isMultiPlatform: true })))
    assert.ok(amd !== undefined && arm !== undefined)
    const shared = [...amd.graph.keys()].filter((digest) => arm.graph.has(digest)).map((digest) => amd.graph.get(digest)?.note.name)
    assert.deepEqual(shared.map((name) => name?.replace(/@.*/, '')), ['[linux/amd64 b 1/2] FROM docker.io/library/alpine:latest', '[linux/amd64 b 2/2] RUN make'])
  })
  it('read the context once, though what they copy differs', async () => {
    const text = 'FROM alpine\nARG TARGETARCH\nCOPY bin-$TARGETARCH /bin/app\nCOPY conf /etc'
    const images = await Promise.all([AMD64, ARM64].map((targetPlatform) => lower(text, { targetPlatform })))
    assert.deepEqual(images.flatMap(({ graph }) => contexts(graph)).map(({ followPaths }) => followPaths), [['bin-*', 'conf'], ['bin-*', 'conf']])
  })
  it('read the context once where --parents looks into folders of any depth', async () => {
    const text = 'FROM alpine\nARG TARGETARCH\nCOPY --parents src/**/*.c bin/$TARGETARCH/./tool lib-$TARGETARCH/x** deep/*/y /'
    const images = await Promise.all([AMD64, ARM64].map((targetPlatform) => lower(text, { targetPlatform })))
    const want = ['bin/*/tool', 'deep/*/y', 'lib-*', 'src']
    assert.deepEqual(images.flatMap(({ graph }) => contexts(graph)).map(({ followPaths }) => followPaths), [want, want])
  })
  it('read the context once where a variable is empty for one of them', async () => {
    const text = 'FROM alpine\nARG TARGETARCH TARGETVARIANT TARGETPLATFORM\nARG DIR=lib-$TARGETARCH\nCOPY share${TARGETVARIANT:+-$TARGETVARIANT} $DIR/*.so dist/$TARGETPLATFORM/x app-$TARGETARCH$TARGETVARIANT /'
    const images = await Promise.all([AMD64, ARMV7].map((targetPlatform) => lower(text, { targetPlatform })))
    const want = ['app-*', 'dist', 'lib-*/*.so', 'share', 'share-*']
    assert.deepEqual(images.flatMap(({ graph }) => contexts(graph)).map(({ followPaths }) => followPaths), [want, want])
  })
  it('bring what they need, even where no pattern stands for it', async () => {
    const { graph } = await lower('FROM alpine\nARG TARGETARCH\nCOPY ${TARGETARCH/amd*/[x} ${TARGETARCH#\\*}y /', { targetPlatform: AMD64 })
    assert.deepEqual(contexts(graph)[0]?.followPaths, ['*', '[x', 'amd64y', 'y'])
  })
  it('tell of the target where a step knows it', async () => {
    const text = 'FROM --platform=$BUILDPLATFORM alpine\nARG TARGETPLATFORM\nCOPY a /\nRUN x\nCOPY b /'
    const { graph } = await lower(text, { targetPlatform: ARMV7, isMultiPlatform: true })
    assert.deepEqual(names(graph).slice(1), ['[internal] load build context', '[linux/amd64 2/4] COPY a /', '[linux/amd64->arm/v7 3/4] RUN x', '[linux/amd64->arm/v7 4/4] COPY b /'])
  })
})

describe('arguments', () => {
  it('are seen by later RUNs only, in order, and told in the history', async () => {
    const image = await lower('FROM alpine\nRUN 1\nARG B=2 A\nARG C\nRUN 2', { buildArgs: new Map([['A', 'x y']]) })
    assert.deepEqual(history(image).slice(1), ['RUN /bin/sh -c 1 # buildkit', 'ARG B=2 A=x y', 'ARG C', 'RUN |3 B=2 A=x y C= /bin/sh -c 2 # buildkit'])
    assert.ok(!image.config.container.env.some((variable) => variable.startsWith('A=')))
  })
  it('leave proxies out of all but the environment of the process', async () => {
    const image = await lower('FROM alpine\nRUN 1', { buildArgs: new Map([['HTTP_PROXY', 'http://proxy'], ['other', 'x']]) })
    const [exec] = [...image.graph.values()].flatMap(({ op }) => (op.kind === 'exec' ? [op] : []))
    assert.deepEqual([exec?.proxyEnv, exec?.env.length], [['HTTP_PROXY=http://proxy', 'http_proxy=http://proxy'], 1])
    assert.equal(history(image).at(-1), 'RUN /bin/sh -c 1 # buildkit')
  })
  it('take automatic values, which the user may override', async () => {
    const text = 'FROM alpine AS last\nARG BUILDPLATFORM TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT TARGETSTAGE\nRUN 1'
    const image = await lower(text, { targetPlatform: ARMV7, buildArgs: new Map([['TARGETOS', 'plan9']]) })
    assert.equal(history(image).at(-2), 'ARG BUILDPLATFORM=linux/amd64 TARGETPLATFORM=linux/arm/v7 TARGETOS=plan9 TARGETARCH=arm TARGETVARIANT=v7 TARGETSTAGE=last')
  })
})

describe('the cache is ignored', () => {
  const text = 'FROM alpine AS a\nRUN 1\nFROM alpine AS b\nWORKDIR /x\nCOPY --from=a /a /\nRUN 2'
  const cases = [
    { noCache: 'none', want: [] },
    { noCache: ['A'], want: ['RUN 1'] },
    { noCache: 'all', want: ['RUN 1', 'COPY --from=a /a /', 'RUN 2'] },
  ] as const
  for (const { noCache, want } of cases) {
    it(`by ${JSON.stringify(want)} for ${JSON.stringify(noCache)}`, async () => {
      const { graph } = await lower(text, { noCache })
      assert.deepEqual([...graph.values()].flatMap(({ note }) => (note.ignoreCache ? [note.name.replace(/^\[.*?\] /, '')] : [])), want)
    })
  }
})

describe('the request', () => {
  it('is in every step and in the config', async () => {
    const image = await lower('FROM alpine\nLABEL a=1 b=2\nRUN x', {
      labels: new Map([['b', '3']]),
      networkMode: 'none',
      hostname: 'h',
      extraHosts: [{ host: 'a', ip: '1.2.3.4' }],
      ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
      shmSizeBytes: 5,
      cgroupParent: 'p',
      buildArgs: new Map([['SOURCE_DATE_EPOCH', '0']]),
    })
    const [exec] = [...image.graph.values()].flatMap(({ op }) => (op.kind === 'exec' ? [op] : []))
    assert.deepEqual([exec?.network, exec?.hostname, exec?.extraHosts.length, exec?.ulimits.length, exec?.shmSizeBytes, exec?.cgroupParent], ['none', 'h', 1, 1, 5, 'p'])
    assert.deepEqual([[...image.config.container.labels], image.config.created, image.config.history.at(-1)?.created], [[['a', '1'], ['b', '3']], '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'])
  })
  it('can be cancelled', async () => {
    const reason = new Error('enough')
    await assert.rejects(lower('FROM alpine', { signal: AbortSignal.abort(reason) }), reason)
  })
})

describe('SOURCE_DATE_EPOCH', () => {
  const cases: readonly { readonly name: string; readonly text: string; readonly given?: string; readonly epochTimeSeconds?: number; readonly want: number | undefined; readonly seen: string | undefined }[] = [
    { name: 'given', text: 'FROM alpine\nARG SOURCE_DATE_EPOCH\nRUN x', given: '5', want: 5, seen: '5' },
    { name: 'given over that of the Dockerfile', text: 'ARG SOURCE_DATE_EPOCH=7\nFROM alpine\nARG SOURCE_DATE_EPOCH\nRUN x', given: '5', want: 5, seen: '5' },
    { name: 'given as none', text: 'ARG SOURCE_DATE_EPOCH=7\nFROM alpine\nARG SOURCE_DATE_EPOCH\nRUN x', given: '', want: undefined, seen: '' },
    { name: 'of the Dockerfile', text: 'ARG T=7\nARG SOURCE_DATE_EPOCH=${T}1\nFROM alpine\nARG SOURCE_DATE_EPOCH\nRUN x', want: 71, seen: '71' },
    { name: 'of a stage alone, which is an argument like any other', text: 'FROM alpine\nARG SOURCE_DATE_EPOCH=5\nRUN x', want: undefined, seen: '5' },
    { name: 'of a folder', text: 'ARG SOURCE_DATE_EPOCH=context\nFROM alpine\nARG SOURCE_DATE_EPOCH\nRUN x', want: undefined, seen: '' },
    { name: 'of a remote context', text: 'ARG SOURCE_DATE_EPOCH=context\nFROM alpine\nARG SOURCE_DATE_EPOCH\nRUN x', epochTimeSeconds: 9, want: 9, seen: '9' },
    { name: 'of a remote context, given', text: 'FROM alpine\nARG SOURCE_DATE_EPOCH\nRUN x', given: 'context', epochTimeSeconds: 9, want: 9, seen: '9' },
  ]
  for (const { name, text, given, epochTimeSeconds, want, seen } of cases) {
    it(`is that ${name}`, async () => {
      const { epochSeconds, graph } = await lower(text, { buildArgs: new Map(given === undefined ? [] : [['SOURCE_DATE_EPOCH', given]]), epochTimeSeconds })
      const env = [...graph.values()].flatMap(({ op }) => (op.kind === 'exec' ? op.env : []))
      assert.deepEqual([epochSeconds, env.find((entry) => entry.startsWith('SOURCE_DATE_EPOCH='))], [want, seen === undefined ? undefined : `SOURCE_DATE_EPOCH=${seen}`])
    })
  }

  it('is the time of what copies and working folders make', async () => {
    const { graph } = await lower('FROM alpine\nCOPY a b /\nWORKDIR /x', { buildArgs: new Map([['SOURCE_DATE_EPOCH', '5']]) })
    const actions = [...graph.values()].flatMap(({ op }) => (op.kind === 'file' ? op.actions : []))
    assert.deepEqual(actions.map((action) => 'timestampNs' in action && action.timestampNs), [5_000_000_000n, 5_000_000_000n, 5_000_000_000n])
  })
})

describe('what cannot be built', () => {
  const cases: readonly { readonly text: string; readonly message: string | RegExp; readonly line: number; readonly hint?: RegExp; readonly options?: Options }[] = [
    { text: 'FORM alpine', message: 'dockerfile parse error on line 1: unknown instruction: FORM', line: 1, hint: /did you mean FROM\?/ },
    { text: 'RUN x\nFROM alpine', message: 'no build stage in current context', line: 1 },
    { text: 'ARG A', message: 'dockerfile contains no stages to build', line: 1 },
    { text: 'FROM alpine AS', message: /FROM requires either one or three arguments$/, line: 1 },
    { text: 'FROM alpine AS 1st', message: /invalid name for build stage: "1st", name can't start with a number or contain symbols$/, line: 1 },
    { text: 'FROM $BASE', message: 'base name ($BASE) should not be blank', line: 1 },
    { text: 'FROM --platform=$TARGETPLATFROM alpine', message: 'empty platform value from expression $TARGETPLATFROM', line: 1, hint: /did you mean TARGETPLATFORM\?/ },
    { text: 'FROM --platform=a/b/c/d alpine', message: /^failed to parse platform a\/b\/c\/d: invalid platform/, line: 1 },
    { text: 'FROM --platfrom=x alpine', message: /unknown flag: --platfrom$/, line: 1, hint: /did you mean --platform\?/ },
    { text: 'FROM --platform alpine', message: /missing a value on flag: --platform$/, line: 1 },
    { text: 'FROM --platform=linux --platform=linux alpine', message: /duplicate flag specified: --platform$/, line: 1 },
    { text: 'FROM UPPER', message: /invalid image reference/, line: 1 },
    { text: 'FROM missing', message: 'missing: no such image: docker.io/library/missing:latest', line: 1, hint: /log in/ },
    { text: 'FROM alpine AS missin\nFROM missing', message: /^missing: /, line: 2, hint: /did you mean missin\?/ },
    { text: 'FROM alpine\nFROM trigger-from', message: "the base image has ONBUILD FROM x: FROM isn't allowed as an ONBUILD trigger", line: 2 },
    { text: 'FROM alpine\nFROM trigger-run', message: /^the base image has ONBUILD RUN \[1\]: when using JSON/, line: 2 },
    { text: 'FROM alpine\nFROM lone', message: 'base image lone is for linux/amd64, not for linux/arm64', line: 2, hint: /--platform=linux\/amd64/, options: { targetPlatform: ARM64 } },
    { text: 'FROM alpine AS base\nFROM alpine', message: 'target stage "bse" could not be found', line: 2, hint: /did you mean base\? the stages are base/, options: { target: 'bse' } },
    { text: 'FROM alpine AS a\nCOPY --from=b /a /b\nFROM alpine AS b\nCOPY --from=a / /', message: 'cannot copy from stage "b", it needs to be defined before current stage "a"', line: 2, hint: /move/ },
    { text: 'FROM alpine AS a\nCOPY --from=a /a /b', message: 'cannot copy from stage "a", it needs to be defined before current stage "a"', line: 2, hint: /itself/ },
    { text: 'FROM alpine\nCOPY --from=0 /a /b', message: 'cannot copy from stage "0", it needs to be defined before current stage "stage-0"', line: 2 },
    { text: 'FROM alpine\nCOPY --from=3 /a /b', message: 'invalid stage index 3', line: 2 },
    { text: 'FROM alpine\nCOPY --from=$X /a /b', message: /^variable expansion is not supported for --from/, line: 2 },
    { text: 'FROM alpine\nCOPY a', message: /COPY requires at least two arguments, but only one was provided\. Destination could not be determined$/, line: 2 },
    { text: 'FROM alpine\nCOPY --chmod=888 a b', message: /^invalid chmod parameter: '888'/, line: 2 },
    { text: 'FROM alpine\nCOPY --chmod=17777 a b', message: /^invalid chmod parameter: '17777'/, line: 2 },
    { text: 'FROM alpine\nCOPY --chmod=u=rwz a b', message: "invalid chmod parameter: 'u=rwz'", line: 2, hint: /go=rX/ },
    { text: 'FROM alpine\nCOPY --link --chown=app:1 a b', message: '--chown=app:1 has a name, and COPY --link does not look into the files below it', line: 2, hint: /numbers/ },
    { text: 'FROM alpine\nCOPY --parents=maybe a b', message: /expecting boolean value for flag --parents, not: maybe$/, line: 2, hint: /--parents=false/ },
    { text: 'FROM alpine\nCOPY --parents --parents a b', message: /duplicate flag specified: --parents$/, line: 2 },
    { text: 'FROM alpine\nCOPY --exclude a b', message: /missing a value on flag: --exclude$/, line: 2 },
    { text: 'FROM alpine\nADD --parents a b', message: /unknown flag: --parents$/, line: 2 },
    { text: 'FROM alpine\nCOPY --unpack a b', message: /unknown flag: --unpack$/, line: 2 },
    { text: 'FROM alpine\nCOPY https://example.org/a /', message: /source can't be a URL for COPY$/, line: 2 },
    { text: 'FROM alpine\nADD --checksum=x a b', message: /^checksum requires HTTP\(S\) or Git sources$/, line: 2 },
    { text: 'FROM alpine\nADD --checksum=x https://a/b https://a/c /', message: /^checksum can't be specified for multiple sources$/, line: 2 },
    { text: 'FROM alpine\nADD --checksum=x https://a/b /', message: /^invalid digest: "x"$/, line: 2 },
    { text: 'FROM alpine\nADD --unpack=maybe https://a/b /', message: /expecting boolean value for flag --unpack, not: maybe$/, line: 2 },
    { text: 'FROM alpine\nADD https://a/b.git?tag=a&branch=b /', message: /^branch conflicts with tag/, line: 2 },
    { text: 'FROM alpine\nADD --keep-git-dir=false https://a/b.git?keep-git-dir /', message: /^inconsistent keep-git-dir/, line: 2 },
    { text: 'FROM alpine\nADD --checksum=01 https://a/b.git?checksum=02 /', message: /^checksum mismatch/, line: 2 },
    { text: 'FROM alpine\nCOPY git@example.org:a/b /', message: /source can't be a git ref for COPY$/, line: 2 },
    { text: 'FROM alpine\nRUN --mount=type=cahce,target=/x y', message: 'unsupported mount type "cahce"', line: 2, hint: /did you mean cache\?/ },
    { text: 'FROM alpine\nRUN --mount y', message: /missing a value on flag: --mount$/, line: 2 },
    { text: 'FROM alpine\nRUN --mount=type=cache,target=/ y', message: 'invalid mount target "/"', line: 2 },
    { text: 'FROM alpine\nRUN --mount=from=$X,target=/x y', message: /'from' doesn't support variable expansion, define alias stage instead$/, line: 2, hint: /FROM \$X AS tools/ },
    { text: 'FROM alpine\nRUN --mount=\\"target=/x y', message: /failed to parse csv mounts/, line: 2 },
    { text: 'FROM alpine AS a\nRUN --mount=from=b,target=/x y\nFROM alpine AS b\nCOPY --from=a / /', message: 'cannot mount from stage "b", it needs to be defined before current stage "a"', line: 2, hint: /move/ },
    { text: 'FROM alpine\nRUN --mount=from=missing,target=/x y', message: /^missing: no such image/, line: 2 },
    { text: 'FROM alpine\nRUN --security=insecur y', message: /security "insecur" is not valid$/, line: 2, hint: /did you mean insecure\?/ },
    { text: 'FROM alpine\nRUN --device=x y', message: /invalid device name in --device: "x"$/, line: 2, hint: /vendor\.com\/class=name/ },
    { text: 'FROM alpine\nRUN --device=a.com/b=c,requird y', message: /unexpected field 'requird' in --device$/, line: 2 },
    { text: 'FROM alpine\nRUN --network=nine y', message: /invalid network mode "nine"$/, line: 2, hint: /did you mean none\?/ },
    { text: 'FROM alpine\nRUN ["cat", <<EOF]\nx\nEOF', message: 'unterminated heredoc', line: 2 },
    { text: 'FROM alpine\nCOPY ["<<EOF", "/x"]\nx\nEOF', message: /a heredoc cannot stand in a JSON list$/, line: 2, hint: /without brackets/ },
    { text: 'FROM alpine\nCOPY a <<EOF\nx\nEOF', message: /COPY cannot accept a heredoc as a destination$/, line: 2 },
    { text: 'FROM alpine\nADD <<EOF\nx\nEOF', message: /ADD requires at least two arguments, but only one was provided/, line: 2 },
    { text: 'FROM alpine\nCOPY <<EOF /x\n${A:?no A}\nEOF', message: /A: no A$/, line: 2 },
    { text: 'FROM alpine\nCOPY <<EOF /x\nx\n EOF', message: 'unterminated heredoc', line: 2, hint: /"EOF" alone/ },
    { text: 'FROM alpine\nRUN', message: /RUN requires at least one argument$/, line: 2 },
    { text: 'FROM alpine\nWORKDIR', message: /WORKDIR requires exactly one argument$/, line: 2 },
    { text: 'FROM alpine\nEXPOSE', message: /EXPOSE requires at least one argument$/, line: 2 },
    { text: 'FROM alpine\nEXPOSE 80/http', message: 'invalid proto: http', line: 2 },
    { text: 'FROM alpine\nEXPOSE 90-80', message: 'invalid containerPort: 90-80', line: 2 },
    { text: 'FROM alpine\nARG =x', message: /ARG names can not be blank$/, line: 2 },
    { text: 'FROM alpine\nENV =x', message: /ENV names can not be blank$/, line: 2 },
    { text: 'FROM alpine\nENV A="${B:?tell me}"', message: /B: tell me$/, line: 2 },
    { text: 'FROM alpine\nENV A=${B', message: /^failed to process "\$\{B": /, line: 2 },
    { text: 'FROM alpine\nSHELL bash -c', message: /SHELL requires the arguments to be in JSON form$/, line: 2 },
    { text: 'FROM alpine\nVOLUME ["", "a"]', message: /VOLUME specified can not be an empty string$/, line: 2 },
    { text: 'FROM alpine\nSTOPSIGNAL SIGNOT', message: 'invalid signal: SIGNOT', line: 2 },
    { text: 'FROM alpine\nHEALTHCHECK NONE x', message: /HEALTHCHECK NONE takes no arguments$/, line: 2 },
    { text: 'FROM alpine\nHEALTHCHECK CMD', message: /Missing command after HEALTHCHECK CMD$/, line: 2 },
    { text: 'FROM alpine\nHEALTHCHECK TCP 1', message: /Unknown type "TCP" in HEALTHCHECK \(try CMD\)$/, line: 2 },
    { text: 'FROM alpine\nHEALTHCHECK --interval=5 CMD x', message: /invalid duration "5"$/, line: 2 },
    { text: 'FROM alpine\nHEALTHCHECK --interval=1us CMD x', message: /Interval "interval" cannot be less than 1ms$/, line: 2 },
    { text: 'FROM alpine\nHEALTHCHECK --retries=-1 CMD x', message: /--retries cannot be negative \(-1\)$/, line: 2 },
    { text: 'FROM alpine\nONBUILD ONBUILD RUN x', message: /Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed$/, line: 2 },
    { text: 'FROM alpine\nONBUILD FROM x', message: /FROM isn't allowed as an ONBUILD trigger$/, line: 2 },
    { text: 'FROM alpine\nUSER --x=y z', message: /unknown flag: --x$/, line: 2, hint: /USER takes no flags/ },
  ]
  for (const { text, message, line, hint, options } of cases) {
    it(`says so of ${JSON.stringify(text)}`, async () => {
      await assert.rejects(lower(text, options), (error) => {
        assert.ok(error instanceof DockerfileError, String(error))
        assert.deepEqual([typeof message === 'string' ? error.message === message : message.test(error.message), error.span.startLine], [true, line], error.message)
        return hint === undefined || hint.test(error.hint ?? '')
      })
    })
  }
  it('keeps the kind of what the registry says', async () => {
    await assert.rejects(lower('FROM missing'), (error) => error instanceof DockerfileError && error.kind === 'not-found' && error.cause instanceof NoSuchImageError)
  })
  it('does not count where nobody needs it', async () => {
    const { graph } = await lower('FROM missing AS a\nCOPY --from=b / /\nFROM alpine AS b\nRUN x')
    assert.deepEqual(execs(graph), ['/bin/sh -c x'])
  })
})

describe('any text', () => {
  it('is lowered or refused with its place', async () => {
    const word = fc.constantFrom('FROM alpine', 'FROM scratch AS a', 'RUN x', 'COPY', 'ADD', '--from=a', '--from=0', '--chown=$u', '--chmod=7', 'ENV', 'ARG', 'v=w', '$v', '${v', '}', ':-', '\n', '\n', '\n', ' ', ' ', ' ', '"', "'", '["a"]', 'ONBUILD', 'WORKDIR', 'EXPOSE', '80', '*', '[', 'TARGETARCH', '$TARGETARCH', 'HEALTHCHECK', 'CMD', 'VOLUME', '\\', '--mount=', 'type=cache', 'target=/a')
    const lines = fc.array(word, { maxLength: 25 }).map((words) => `FROM alpine AS a\n${words.join('')}`)
    await fc.assert(
      fc.asyncProperty(lines, async (text) => {
        const outcome = await lower(text).catch((error: unknown) => error)
        assert.ok(!(outcome instanceof Error) || outcome instanceof DockerfileError, String(outcome))
      }),
      { numRuns: 300 },
    )
  })
})

describe('warnings', () => {
  it('tell of old ways', async () => {
    const { warnings, lintError } = await lower('FROM alpine\nMAINTAINER x\nENV a b\nRUN a \\\n\n  b')
    assert.deepEqual(warnings.map(({ rule, span }) => [rule, span.startLine]), [['MaintainerDeprecated', 2], ['LegacyKeyValueFormat', 3], ['NoEmptyContinuation', 6]])
    assert.equal(lintError, undefined)
  })
  it('are an error where the Dockerfile wants that', async () => {
    const { lintError } = await lower('# syntax=docker/dockerfile:1\n# check=error=true\nFROM alpine\nCMD x\nMAINTAINER y')
    assert.deepEqual([lintError?.message, lintError?.span.startLine], ['lint violation found for rules: JSONArgsRecommended, MaintainerDeprecated', 2])
    assert.equal((await lower('# check=error=true\nFROM alpine\nRUN x')).lintError, undefined)
  })
  it('are only those of what is built', async () => {
    assert.deepEqual((await lower('FROM alpine AS unused\nCMD x\nFROM alpine')).warnings, [])
  })
})

describe('a directive', () => {
  for (const text of ['# syntax=docker/dockerfile:1\n# syntax=docker/dockerfile:1\nFROM a', '# check=skip=all\n# check=skip=all\nFROM a']) {
    it(`is asked for once: ${JSON.stringify(text)}`, async () => {
      await assert.rejects(lower(text), (error) => error instanceof DockerfileError && /^only one \w+ parser directive can be used$/.test(error.message) && error.span.startLine === 2)
    })
  }
})
