import type { MessageInitShape } from '@bufbuild/protobuf'
import type { CallOptions } from '@connectrpc/connect'
import type { AttestationSchema, Result, ResultSchema } from '../../src/api/gen/gateway_pb.ts'
import type { Definition } from '../../src/api/gen/ops_pb.ts'
import type { Stat } from '../../src/api/gen/stat_pb.ts'
import type { EngineClient } from '../../src/driver/driver.ts'
import { createLlb, mkdir, mkfile, symlink } from '../support/llb.ts'

/** A client inside a build that it drives. */
export interface Asking {
  readonly bridge: EngineClient['bridge']
  /** To be handed to each call. */
  readonly options: CallOptions
}

/** What a frontend asks, and as a text what it is told: the same by BuildKit and by Pelago, but for what is only to be similar. */
export interface LlbQuestion {
  readonly name: string
  readonly ask: (asking: Asking) => Promise<string>
  readonly isSimilar?: RegExp
}

const TAKES_ALL = { allowResultReturn: true, allowResultArrayRef: true }

function files(): Definition {
  const llb = createLlb()
  return llb.define(llb.file([], [mkdir('/d', { mode: 0o750, owner: { user: { user: { case: 'byID', value: 7 } } } }), mkfile('/d/a', 'content'), mkfile('/d/b.txt', ''), symlink('/l', '/d/a'), symlink('/out', '../../../d/a')]))
}

/** Cannot be solved: it copies what is not there. */
function failing(): Definition {
  const llb = createLlb()
  return llb.define(llb.file([], [{ action: { case: 'rm', value: { path: '/none' } } }]))
}

async function solve({ bridge, options }: Asking, definition: Definition, more: object = {}): Promise<string> {
  const { result } = await bridge.solve({ ...TAKES_ALL, Definition: definition, ...more }, options)
  return refOf(result)
}

function refOf(result: Result | undefined): string {
  return result?.result.case === 'ref' ? result.result.value.id : ''
}

function showStat(stat: Stat | undefined): string {
  if (stat === undefined) return 'nothing'
  return [Buffer.from(stat.path).toString(), stat.mode.toString(8), `${stat.uid}:${stat.gid}`, stat.size, stat.modTime, Buffer.from(stat.linkname).toString()].join(' ')
}

const read = (path: string, more: object = {}) => async (asking: Asking): Promise<string> => {
  const { Data } = await asking.bridge.readFile({ Ref: await solve(asking, files()), FilePath: path, ...more }, asking.options)
  return Buffer.from(Data).toString()
}

const list = (path: string, pattern = '') => async (asking: Asking): Promise<string> => {
  const { entries } = await asking.bridge.readDir({ Ref: await solve(asking, files()), DirPath: path, IncludePattern: pattern }, asking.options)
  return entries.map((entry) => showStat(entry).replace(/^(\S+ \S+ \S+) \d+ \d+/, '$1')).join('\n') // sizes and times of folders are the file system's
}

const stat = (path: string) => async (asking: Asking): Promise<string> => {
  const { stat: found } = await asking.bridge.statFile({ Ref: await solve(asking, files()), Path: path }, asking.options)
  return showStat(found)
}

export const LLB_QUESTIONS: readonly LlbQuestion[] = [
  { name: 'a file', ask: read('/d/a') },
  { name: 'a file by a relative path', ask: read('d/a') },
  { name: 'a part of a file', ask: read('d/a', { Range: { Offset: 2n, Length: 3n } }) },
  { name: 'more of a file than there is', ask: read('d/a', { Range: { Offset: 5n, Length: 30n } }) },
  { name: 'a file by links, which stay inside', ask: async (asking) => `${await read('/l')(asking)} ${await read('/out')(asking)}` },
  { name: 'a file that is not there', ask: read('/none'), isSimilar: /open \/none: no such file or directory/ },
  { name: 'a file that is a folder', ask: read('/d'), isSimilar: /\/d.*(?:is not a regular file|is a directory)|is a directory/ },
  { name: 'a folder', ask: list('/') },
  { name: 'a folder by pattern', ask: list('/d', '*.txt') },
  { name: 'a folder that is not there', ask: list('/none'), isSimilar: /none.*no such file or directory/ },
  { name: 'what a file is', ask: stat('/d/a') },
  { name: 'what a link leads to', ask: stat('/l') },
  { name: 'what is not there', ask: stat('/none'), isSimilar: /lstat .*none: no such file or directory/ },
  { name: 'a result of nothing', ask: async ({ bridge, options }) => JSON.stringify(refOf((await bridge.solve({ ...TAKES_ALL }, options)).result)) },
  { name: 'a failure, as soon as it is wanted', ask: async (asking) => await solve(asking, failing(), { Evaluate: true }), isSimilar: /failed: .*none/ },
  { name: 'a failure, once it is wanted', ask: async (asking) => { const Ref = await solve(asking, failing()); await asking.bridge.evaluate({ Ref }, asking.options); return 'fine' }, isSimilar: /failed: .*none/ },
  { name: 'a failure, once a file is read', ask: async (asking) => { const Ref = await solve(asking, failing()); await asking.bridge.readFile({ Ref, FilePath: '/x' }, asking.options); return 'fine' }, isSimilar: /failed: .*none/ },
  { name: 'a reference of nobody', ask: async ({ bridge, options }) => { await bridge.readFile({ Ref: 'nobody', FilePath: '/x' }, options); return 'fine' }, isSimilar: /failed: .*no such ref|nobody/ },
  { name: 'a graph and a frontend at once', ask: async (asking) => await solve(asking, files(), { Frontend: 'dockerfile.v0' }), isSimilar: /both Definition and Frontend/ },
  { name: 'a Dockerfile and a context that are inputs', ask: (asking) => buildInputs(asking, { context: contextInput(), dockerfile: dockerfileInput() }) },
  { name: 'a folder of a context that is an input', ask: (asking) => buildInputs(asking, { context: contextInput(), dockerfile: dockerfileInput() }, { contextsubdir: '/d' }) },
  { name: 'a Dockerfile of an input by its name in small letters, with inputs that nobody asks for', ask: (asking) => buildInputs(asking, { context: contextInput(), dockerfile: dockerfileInput('/dockerfile'), other: files() }) },
  { name: 'an input without a Dockerfile', ask: (asking) => buildInputs(asking, { context: contextInput(), dockerfile: files() }), isSimilar: /failed: failed to read dockerfile: open Dockerfile: no such file or directory/ },
]

function contextInput(): Definition {
  const llb = createLlb()
  return llb.define(llb.file([], [mkdir('/d'), mkfile('/d/a', 'content'), mkfile('/a', 'upper'), mkfile('/.dockerignore', 'a')]))
}

function dockerfileInput(path = '/Dockerfile'): Definition {
  const llb = createLlb()
  return llb.define(llb.file([], [mkfile(path, 'FROM scratch\nCOPY . /all/\n')]))
}

/** What comes of it, as far as the ignore file does not hide it. */
async function buildInputs({ bridge, options }: Asking, inputs: Readonly<Record<string, Definition>>, attributes: Readonly<Record<string, string>> = {}): Promise<string> {
  const { result } = await bridge.solve({ ...TAKES_ALL, Frontend: 'dockerfile.v0', FrontendOpt: { platform: 'linux/amd64', ...attributes }, FrontendInputs: inputs }, options)
  const { entries } = await bridge.readDir({ Ref: refOf(result), DirPath: '/all' }, options)
  return entries.map(({ path, mode }) => `${Buffer.from(path).toString()} ${mode.toString(8)}`).join('\n')
}

/** Two platforms' files, with the configs that a frontend of the client's own has made. */
export async function solveForPlatforms(asking: Asking): Promise<MessageInitShape<typeof ResultSchema>> {
  const platforms = ['amd64', 'arm64'].map((architecture) => ({ ID: `linux/${architecture}`, Platform: { os: 'linux', architecture } }))
  const refs: Record<string, { readonly id: string }> = {}
  const metadata: Record<string, Uint8Array> = { 'refs.platforms': Buffer.from(JSON.stringify({ Platforms: platforms })) }
  for (const { ID, Platform: { architecture } } of platforms) {
    const llb = createLlb()
    refs[ID] = { id: await solve(asking, llb.define(llb.file([], [mkfile('/arch', architecture)]))) }
    metadata[`containerimage.config/${ID}`] = Buffer.from(JSON.stringify({ os: 'linux', architecture, author: `for ${architecture}`, config: { Cmd: ['/run'], Env: ['A=b'] }, rootfs: { type: 'layers', diff_ids: [] } }))
  }
  return { result: { case: 'refs', value: { refs } }, metadata }
}

/** A result of one platform, and what its client says of it: a predicate, and a bundle of statements. */
export async function solveWithAttestations(asking: Asking): Promise<MessageInitShape<typeof ResultSchema>> {
  const llb = createLlb()
  const claims = createLlb()
  const bundled = JSON.stringify({ _type: 'https://in-toto.io/Statement/v0.1', predicateType: 'https://example.com/bundled', subject: [{ name: 'thing', digest: { sha256: 'ab' } }], predicate: { b: [1, { c: 'd' }] } })
  const ref = await solve(asking, claims.define(claims.file([], [mkdir('/b'), mkfile('/claim.json', '{"a": {"b": 1}}'), mkfile('/b/first.json', bundled)])))
  const id = await solve(asking, llb.define(llb.file([], [mkfile('/made', 'made')])))
  const attestation: MessageInitShape<typeof AttestationSchema>[] = [
    { path: '/claim.json', ref: { id: ref }, inTotoPredicateType: 'https://example.com/claim', inTotoSubjects: [{ kind: 0, name: 'mine' }, { kind: 1, name: 'other', digest: ['sha256:cd'] }] },
    { kind: 1, path: '/b', ref: { id: ref } },
  ]
  return { result: { case: 'ref', value: { id } }, metadata: { 'refs.platforms': Buffer.from(JSON.stringify({ Platforms: [{ ID: 'linux/amd64', Platform: { os: 'linux', architecture: 'amd64' } }] })) }, attestations: { 'linux/amd64': { attestation } } }
}

/** Builds a Dockerfile over a graph of the client's own, and lists what it comes to. */
export async function askDockerfile({ bridge, options }: Asking): Promise<string> {
  const { result } = await bridge.solve({ ...TAKES_ALL, Frontend: 'dockerfile.v0', FrontendOpt: { 'context:base': 'input:base', platform: 'linux/amd64' }, FrontendInputs: { base: files() } }, options)
  const { entries } = await bridge.readDir({ Ref: refOf(result), DirPath: '/' }, options)
  return entries.map(({ path, mode }) => `${Buffer.from(path).toString()} ${mode.toString(8)}`).join('\n')
}
