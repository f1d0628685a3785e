import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineClient } from '../../../src/driver/driver.ts'
import { solveDefinition, type DefinitionSolve } from '../engine/solveDefinition.ts'
import { createLlb, mkdir, mkfile } from '../llb.ts'
import { startDockerRegistry } from '../registry/dockerRegistry.ts'
import { startFileServer, type FileServer } from './fileServer.ts'
import { startGitServer } from './gitServer.ts'

/** What graphs may take from elsewhere: a registry with an image of two layers, the same in a layout of the client's, a file server, a repository and an ssh agent without keys. */
export interface LlbPlaces extends AsyncDisposable {
  /** `127.0.0.1:<port>/app:1` */
  readonly image: string
  /** Of its manifest. */
  readonly digest: string
  /** Of its uppermost layer. */
  readonly layer: string
  readonly files: FileServer
  /** `http://127.0.0.1:<port>/app.git`, whose branch `main` has the tag `v1`. */
  readonly repository: string
  readonly commit: string
  /** The records of a cache that was exported to another tag of the image's repository. */
  readCache(tag: string): Promise<readonly CacheRecordJson[]>
  /** What the client has besides: layout and agent. */
  readonly client: Required<Pick<DefinitionSolve, 'stores' | 'agents'>>
}

/** BuildKit's cache config: what a record has a result by. */
export interface CacheRecordJson {
  readonly layers?: readonly unknown[]
  readonly chains?: readonly unknown[]
}

/** By which the client's layout is known. */
export const STORE = 'shelf'

/** The image is made by `engine`. */
export async function openLlbPlaces(engine: EngineClient, folder: string): Promise<LlbPlaces> {
  await using opened = new AsyncDisposableStack()
  const [registry, files, git] = await Promise.all([startDockerRegistry(), startFileServer(), startGitServer()])
  for (const server of [registry, files, git]) opened.use(server)
  files.files.set('/d/a.txt', { content: 'content' })
  files.files.set('/wants', { content: 'what was wanted', wants: { accept: 'text/certain', 'user-agent': 'mine' } })
  await git.commit('app', { 'read me': 'one', 'docs/page': 'page' })
  await git.git('app', 'tag', '-a', 'v1', '-m', 'the first')
  await git.git('app', 'push', '--quiet', 'origin', 'v1')
  const commit = await git.git('app', 'rev-parse', 'HEAD')
  const image = `${registry.host}/app:1`
  const layout = join(folder, 'layout')
  const llb = createLlb()
  const definition = llb.define(llb.file([llb.file([], [mkdir('/d'), mkfile('/d/low', 'low')])], [mkfile('/d/high', 'high')]))
  await solveDefinition(engine, { definition, outputs: [
    { type: 'image', attributes: new Map([['name', image], ['push', 'true'], ['registry.insecure', 'true']]), destination: { kind: 'none' } },
    { type: 'oci', attributes: new Map([['tar', 'false']]), destination: { kind: 'folder', path: layout } },
  ] })
  const { manifests: [root] } = await readJson<{ readonly manifests: readonly { readonly digest: string }[] }>(join(layout, 'index.json'))
  const digest = root?.digest ?? ''
  const { layers } = await readJson<{ readonly layers: readonly { readonly digest: string }[] }>(join(layout, 'blobs', digest.replace(':', '/')))
  const held = opened.move()
  return {
    image, digest, files, commit,
    layer: layers.at(-1)?.digest ?? '',
    repository: `${git.url}/app.git`,
    async readCache(tag) {
      const manifest = await fetchJson<{ readonly config: { readonly digest: string } }>(`${registry.host}/v2/app/manifests/${tag}`)
      return (await fetchJson<{ readonly records: readonly CacheRecordJson[] }>(`${registry.host}/v2/app/blobs/${manifest.config.digest}`)).records
    },
    client: { stores: new Map([[`oci:${STORE}`, layout]]), agents: new Map([['default', { kind: 'keys', keys: [] }]]) },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

async function fetchJson<T>(place: string): Promise<T> {
  const response = await fetch(`http://${place}`, { headers: { accept: 'application/vnd.oci.image.manifest.v1+json' } })
  return (await response.json()) as T
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T
}
