import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { looksSecret } from '../../dockerfile/lint/instructions/secretsUsedInArgOrEnv.ts'
import { PROXY_NAMES } from '../../dockerfile/lower/globalScope.ts'
import { digestOf } from '../../ground/digest.ts'
import { redactUrls } from '../../ground/urlText.ts'
import { createHasher } from '../../kit/hashing.ts'
import type { BuildStep } from '../build/prepareBuild.ts'
import type { BuildSource, ContextSource } from './buildSource.ts'
import { digestContext } from './contextDigest.ts'
import { readRevision } from './readRevision.ts'

/** A build whose uploads are hashed as it reads them. */
export interface WatchedBuild {
  /** To be performed in the place of the one given. */
  readonly step: BuildStep
  /** Known once the build is done. */
  source(): BuildSource
}

/** Reads what is there before the build: revisions, and the contents of its folders. */
export async function watchSource(step: BuildStep, env: Readonly<NodeJS.ProcessEnv>, signal: AbortSignal): Promise<WatchedBuild> {
  const uploads = new Map([...step.uploads].map(([name, bytes]) => [name, watchUpload(bytes)]))
  const world: World = { folders: step.folders, uploads: new Map([...uploads].map(([name, { digest }]) => [name, digest])), env }
  const contexts = new Map([['context', await readMainContext(step, world, signal)]])
  for (const [key, text] of step.attributes) {
    const name = /^context:(.+)$/s.exec(key)?.[1]
    if (name !== undefined) contexts.set(name, await readNamedContext(text, world, signal))
  }
  const rest = { dockerfile: await digestDockerfile(step), target: step.attributes.get('target') ?? '', ...readArguments(step.attributes) }
  return {
    step: { ...step, uploads: new Map([...uploads].map(([name, { bytes }]) => [name, bytes])) },
    source: () => ({ contexts: new Map([...contexts].map(([name, tell]) => [name, tell()])), ...rest }),
  }
}

/** What contexts are read from. */
interface World {
  readonly folders: BuildStep['folders']
  /** Digests of what has come on stdin, undefined until it was read to its end. */
  readonly uploads: ReadonlyMap<string, () => string | undefined>
  readonly env: Readonly<NodeJS.ProcessEnv>
}

type TellContext = () => ContextSource

async function readMainContext({ folders, attributes }: BuildStep, world: World, signal: AbortSignal): Promise<TellContext> {
  const folder = folders.get('context')
  if (folder !== undefined) {
    const dockerfileFolder = folders.get('dockerfile')
    const ownIgnoreFile = dockerfileFolder === undefined ? undefined : join(dockerfileFolder, `${attributes.get('filename') ?? 'Dockerfile'}.dockerignore`)
    return await readFolder({ folder, ownIgnoreFile }, world, signal)
  }
  const text = attributes.get('context')
  if (text === undefined) return () => ({ kind: 'empty' })
  const upload = world.uploads.get(text.replace(/^http:\/\/buildkit-session\//, ''))
  return upload === undefined ? () => ({ kind: 'remote', text: redactUrls(text) }) : () => ({ kind: 'upload', digest: upload() })
}

async function readNamedContext(text: string, world: World, signal: AbortSignal): Promise<TellContext> {
  const folder = world.folders.get(/^local:(.+)$/s.exec(text)?.[1] ?? '')
  if (folder !== undefined) return await readFolder({ folder, ownIgnoreFile: undefined }, world, signal)
  return () => ({ kind: 'remote', text: redactUrls(text) })
}

async function readFolder(place: { readonly folder: string; readonly ownIgnoreFile: string | undefined }, { env }: World, signal: AbortSignal): Promise<TellContext> {
  const revision = await readRevision(place.folder, env, signal)
  const digest = await digestContext(place, signal)
  return () => ({ kind: 'folder', digest, revision })
}

function watchUpload(source: AsyncIterable<Uint8Array>): { readonly bytes: AsyncIterable<Uint8Array>; readonly digest: () => string | undefined } {
  const hasher = createHasher()
  let isWhole = false
  async function* pass(): AsyncGenerator<Uint8Array> {
    yield* hasher.pass(source)
    isWhole = true
  }
  return { bytes: pass(), digest: () => (isWhole ? hasher.result().digest : undefined) }
}

/** Undefined where it stands in a context that is no folder. */
async function digestDockerfile({ folders, files, attributes }: BuildStep): Promise<string | undefined> {
  const filename = attributes.get('filename') ?? 'Dockerfile'
  const given = files.get('dockerfile')?.get(filename)
  if (given !== undefined) return digestOf(given)
  const folder = folders.get('dockerfile')
  if (folder === undefined) return undefined
  const hasher = createHasher()
  for await (const _ of hasher.pass(createReadStream(join(folder, filename)))) continue
  return hasher.result().digest
}

function readArguments(attributes: BuildStep['attributes']): Pick<BuildSource, 'buildArgs' | 'secretArgs'> {
  const all = [...attributes].flatMap(([key, value]) => (key.startsWith('build-arg:') ? [[key.slice('build-arg:'.length), value] as const] : []))
  const told = all.filter(([name]) => !PROXY_NAMES.includes(name.toLowerCase())).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    buildArgs: new Map(told.filter(([name]) => !looksSecret(name)).map(([name, value]) => [name, redactUrls(value)])),
    secretArgs: told.map(([name]) => name).filter(looksSecret),
  }
}
