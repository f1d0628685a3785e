import { readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSubprocess, type Subprocess } from '../../../src/kit/process/subprocess.ts'

/** A real `docker-registry` on loopback, with an empty folder of its own that goes with it. */
export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>`, or where else it was to listen */
  readonly host: string
  /** Of each upload that has begun and neither ended nor was cancelled: the bytes that have come. (Of one that was cancelled it keeps a folder, with the state of a hash.) */
  unfinishedUploads(repository: string): readonly number[]
}

export interface DockerRegistryOptions {
  /** Whether it asks for REGISTRY_LOGIN. */
  readonly asksForLogin: boolean
  readonly isReadOnly?: boolean
  /** True where it is not said. */
  readonly allowsDelete?: boolean
  /** A registry that it is a pull-through cache of: `http://127.0.0.1:5000`. */
  readonly proxied?: string
  /** Locations are paths. */
  readonly hasRelativeUrls?: boolean
  /** Checks the URLs of layers that are elsewhere. */
  readonly validates?: boolean
  /** Where it listens; loopback where it is not said. */
  readonly address?: string
}

export const REGISTRY_LOGIN = { username: 'tester', password: 'secret' }
/** bcrypt of the password: the one form of htpasswd that docker-registry takes. */
const HTPASSWD = `${REGISTRY_LOGIN.username}:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n`

export async function startDockerRegistry(options: DockerRegistryOptions = { asksForLogin: false }): Promise<DockerRegistry> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'pelago-registry-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'htpasswd'), HTPASSWD)
  await writeFile(join(folder, 'config.yml'), formatConfig(folder, options))
  const env = { PATH: process.env['PATH'] ?? '', OTEL_TRACES_EXPORTER: 'none' }
  const server = stack.use(openSubprocess(['docker-registry', 'serve', join(folder, 'config.yml')], { cwd: folder, env }, new AbortController().signal))
  const host = await readAddress(server)
  const held = stack.move()
  return {
    host,
    unfinishedUploads: (repository) => readUploads(join(folder, 'data/docker/registry/v2/repositories', repository, '_uploads')),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

function readUploads(uploads: string): readonly number[] {
  return namesIn(uploads).flatMap((name) => statSync(join(uploads, name, 'data'), { throwIfNoEntry: false })?.size ?? [])
}

/** None where there is no such folder. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function formatConfig(folder: string, { asksForLogin, isReadOnly = false, allowsDelete = true, proxied, hasRelativeUrls = false, validates = false, address = '127.0.0.1' }: DockerRegistryOptions): string {
  return [
    'version: 0.1',
    'log: { accesslog: { disabled: true } }', // it goes to stdout
    `storage: { filesystem: { rootdirectory: ${folder}/data }, delete: { enabled: ${allowsDelete} }, maintenance: { readonly: { enabled: ${isReadOnly} } } }`,
    `http: { addr: "${address}:0", relativeurls: ${hasRelativeUrls} }`,
    ...(asksForLogin ? [`auth: { htpasswd: { realm: test, path: ${folder}/htpasswd } }`] : []),
    ...(proxied === undefined ? [] : [`proxy: { remoteurl: "${proxied}" }`]),
    ...(validates ? ['validation: { manifests: { urls: { allow: ["^https?://"] } } }'] : []),
  ].join('\n')
}

/** From its log; the log is read on, so that the server never waits for a reader. */
async function readAddress(server: Subprocess): Promise<string> {
  const address = Promise.withResolvers<string>()
  const read = async (): Promise<void> => {
    let log = ''
    for await (const chunk of server.stderr) {
      if (log.length < 100_000) log += Buffer.from(chunk).toString()
      const found = /listening on (\d+\.\d+\.\d+\.\d+:\d+)/.exec(log)?.[1]
      if (found !== undefined) address.resolve(found)
    }
    throw new Error(`docker-registry did not start: ${log}`)
  }
  read().catch(address.reject)
  void drain(server.stdout) // a full pipe would stop the server; ends with it
  return await address.promise
}

async function drain(stream: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]()
  while ((await iterator.next()).done !== true) continue
}
