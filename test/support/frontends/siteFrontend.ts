import type { CallOptions } from '@connectrpc/connect'
import { Duplex } from 'node:stream'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { AnySchema, type Any } from '@bufbuild/protobuf/wkt'
import type { Result, ResultSchema } from '../../../src/api/gen/gateway_pb.ts'
import type { Definition } from '../../../src/api/gen/ops_pb.ts'
import type { EngineClient } from '../../../src/driver/driver.ts'
import { createEngineClient } from '../../../src/driver/engineClient.ts'
import { createLlb, mkfile, type ActionInit } from '../llb.ts'

/*
 * A frontend as others write them, to be run in a container: it reads a text of lines, each of which makes a file or has
 * something go wrong, and builds that for each platform. `testFrontendImage.ts` makes an image of it.
 */

const TAKES_ALL = { allowResultReturn: true, allowResultArrayRef: true }
const NONE: CallOptions = {}

type Bridge = EngineClient['bridge']

void main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(9)
  },
)

async function main(): Promise<void> {
  const options = readOptions()
  const { bridge } = createEngineClient(Duplex.from({ readable: process.stdin, writable: process.stdout }), { isSameMachine: false })
  const filename = options.get('filename') ?? 'Dockerfile'
  const text = await readClientFile(bridge, filename)
  if (options.has('requestid')) {
    await bridge.return({ result: { metadata: { 'result.txt': Buffer.from(`asked for ${options.get('requestid') ?? ''}\n`), version: Buffer.from('1.0.0') } } }, NONE)
    return
  }
  const actions: ActionInit[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const [, verb = '', argument = ''] = /^(\S*) ?(.*)$/.exec(line) ?? []
    const made = await VERBS.get(verb)?.({ bridge, options, argument, place: { filename, text, line: index + 1 } })
    if (made === 'returned') return
    if (made !== undefined) actions.push(made)
  }
  const result = await filesFor(bridge, options, actions)
  await bridge.return({ result }, NONE)
  if (text.includes('\ntwice')) await bridge.return({ result }, NONE)
}

interface Told {
  readonly bridge: Bridge
  readonly options: ReadonlyMap<string, string>
  readonly argument: string
  readonly place: Place
}

interface Place {
  readonly filename: string
  readonly text: string
  readonly line: number
}

/** What a line makes; lines of other words are left alone. */
const VERBS = new Map<string, (told: Told) => Promise<ActionInit | 'returned' | undefined>>([
  ['say', async ({ argument }) => void process.stderr.write(`${argument}\n`)],
  ['file', async ({ argument }) => mkfile(argument.replace(/ .*/, ''), `${argument.replace(/^\S* /, '')}\n`)],
  ['options', async ({ options }) => mkfile('/options', [...options].filter(([key]) => TOLD.test(key)).map(([key, value]) => `${key}=${value}\n`).toSorted().join(''))],
  ['inputs', async ({ bridge }) => mkfile('/inputs', Object.keys((await bridge.inputs({}, NONE)).Definitions).toSorted().join(' '))],
  ['environment', async () => mkfile('/environment', describeEnvironment())],
  ['resolve', async ({ bridge, argument }) => mkfile('/resolved', (await bridge.resolveImageConfig({ Ref: argument, Platform: { OS: 'linux', Architecture: 'arm64' } }, NONE)).Digest)],
  ['ping', async ({ bridge }) => mkfile('/caps', (await bridge.ping({}, NONE)).FrontendAPICaps.some(({ ID, Enabled }) => Enabled && ID === 'return') ? 'return' : '')],
  ['exit', async ({ argument }) => process.exit(Number(argument))],
  ['dockerfile', async ({ bridge, options }) => {
    await bridge.return({ result: await solveDockerfile(bridge, options) }, NONE)
    return 'returned'
  }],
  ['fail', async ({ bridge, argument, place }) => {
    await bridge.return({ error: failure(argument, place) }, NONE)
    return 'returned'
  }],
  ['again', async ({ bridge, options }) => {
    await bridge.solve({ ...TAKES_ALL, Frontend: 'gateway.v0', FrontendOpt: Object.fromEntries(options) }, NONE)
    return undefined
  }],
  ['babble', async () => {
    process.stdout.write('this is no frame of HTTP/2\n'.repeat(10_000))
    setInterval(() => undefined, 1000)
    await new Promise(() => undefined)
  }],
  ['hang', async () => {
    process.stderr.write('hanging\n')
    setInterval(() => undefined, 1000)
    await new Promise(() => undefined)
  }],
])

const TOLD = /^(?:cmdline|source|build-arg:.*)$/

function readOptions(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(process.env).flatMap(([name, value = '']) => {
      const [, key = '', text = ''] = /^([^=]*)=(.*)$/s.exec(value) ?? []
      return name.startsWith('BUILDKIT_FRONTEND_OPT_') ? [[key, text] as const] : []
    }),
  )
}

async function readClientFile(bridge: Bridge, filename: string): Promise<string> {
  const llb = createLlb()
  const local = llb.source('local://dockerfile', { 'local.followpaths': JSON.stringify([filename]), 'local.session': process.env['BUILDKIT_SESSION_ID'] ?? '' })
  const ref = refOf((await bridge.solve({ ...TAKES_ALL, Definition: llb.define(local) }, NONE)).result)
  return Buffer.from((await bridge.readFile({ Ref: ref, FilePath: filename }, NONE)).Data).toString()
}

async function filesFor(bridge: Bridge, options: ReadonlyMap<string, string>, actions: readonly ActionInit[]): Promise<MessageInitShape<typeof ResultSchema>> {
  const platforms = (options.get('platform') ?? '').split(',').filter((platform) => platform !== '')
  if (platforms.length < 2) return { result: { case: 'ref', value: { id: await solve(bridge, files(actions)) } } }
  const refs = await Promise.all(platforms.map(async (platform) => [platform, { id: await solve(bridge, files([...actions, mkfile('/platform', platform)])) }] as const))
  const listed = platforms.map((ID) => ({ ID, Platform: { os: ID.split('/')[0] ?? '', architecture: ID.split('/')[1] ?? '' } }))
  const configs = listed.map(({ ID, Platform }) => [`containerimage.config/${ID}`, Buffer.from(JSON.stringify({ ...Platform, config: { Cmd: ['/greeting'] }, rootfs: { type: 'layers', diff_ids: [] } }))] as const)
  return { result: { case: 'refs', value: { refs: Object.fromEntries(refs) } }, metadata: { ...Object.fromEntries(configs), 'refs.platforms': Buffer.from(JSON.stringify({ Platforms: listed })) } }
}

function files(actions: readonly ActionInit[]): Definition {
  const llb = createLlb()
  return llb.define(llb.file([], actions))
}

async function solve(bridge: Bridge, definition: Definition): Promise<string> {
  return refOf((await bridge.solve({ ...TAKES_ALL, Definition: definition, Evaluate: true }, NONE)).result)
}

/** The rest of the text is a Dockerfile. */
async function solveDockerfile(bridge: Bridge, options: ReadonlyMap<string, string>): Promise<Result> {
  const { result } = await bridge.solve({ ...TAKES_ALL, Frontend: 'dockerfile.v0', FrontendOpt: { ...Object.fromEntries(options), filename: 'inner.Dockerfile' } }, NONE)
  if (result === undefined) throw new Error('there is no result')
  return result
}

function refOf(result: Result | undefined): string {
  return result?.result.case === 'ref' ? result.result.value.id : ''
}

function describeEnvironment(): string {
  const workers = JSON.parse(process.env['BUILDKIT_WORKERS'] ?? '[]') as readonly { readonly platforms: readonly { readonly os: string }[] }[]
  return [`workers: ${workers.length} for ${workers[0]?.platforms[0]?.os ?? ''}`, `folder: ${process.cwd()}`, `setting: ${process.env['SETTING'] ?? ''}`, `uid: ${process.getuid?.() ?? ''}`].join('\n')
}

function failure(message: string, { filename, text, line }: Place): { readonly code: number; readonly message: string; readonly details: Any[] } {
  const source = { info: { filename, data: Buffer.from(text).toString('base64') }, ranges: [{ start: { line }, end: { line } }] }
  return { code: 2, message, details: [create(AnySchema, { typeUrl: 'github.com/moby/buildkit/errdefs.Source+json', value: Buffer.from(JSON.stringify(source)) })] }
}
