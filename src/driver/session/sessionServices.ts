import { create, toBinary } from '@bufbuild/protobuf'
import { open } from 'node:fs/promises'
import type { TreeFilter, TreeSource } from '../../api/fileSync.ts'
import { Content } from '../../api/gen/content_pb.ts'
import { Auth } from '../../api/gen/auth_pb.ts'
import { FileSend, FileSync } from '../../api/gen/filesync_pb.ts'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../../api/gen/health_pb.ts'
import { Secrets } from '../../api/gen/secrets_pb.ts'
import { SSH } from '../../api/gen/ssh_pb.ts'
import { BytesMessageSchema, Upload } from '../../api/gen/upload_pb.ts'
import { decodeTexts, firstValue } from '../../api/grpc/metadata.ts'
import type { ServerCall } from '../../api/grpc/serverCall.ts'
import { createServiceRoutes, methodPath, type ServiceRoutes } from '../../api/grpc/serviceRoutes.ts'
import { GRPC, statusError } from '../../api/grpc/status.ts'
import { createPacketChannel } from '../../api/packetChannel.ts'
import { sendTree } from '../../api/treeSender.ts'
import type { ContentStore } from '../../content/contentStore.ts'
import type { CredentialSource } from '../../registry/registry.ts'
import { createAgentService } from '../agent/agentService.ts'
import type { BuildRequest, SecretFrom } from '../driver.ts'
import { createLayoutBlobs } from './layoutBlobs.ts'
import { createLayoutWrites } from './layoutWrites.ts'
import { createMemoryTree } from './memoryTree.ts'
import { receiveOutput, type ClientProcess } from './outputSink.ts'

/** What a session serves of its client: the request's own folders, outputs, secrets and credentials, and nothing else. */
export interface SessionContents extends Pick<BuildRequest, 'folders' | 'files' | 'uploads' | 'stores' | 'writableStores' | 'outputs' | 'secrets' | 'agents' | 'credentials'> {
  /** The part of a folder that the engine asks for. */
  readonly openFolder: (path: string, filter: TreeFilter) => TreeSource
  readonly client: ClientProcess
}

/** BuildKit's limit. */
const MAX_SECRET_BYTES = 500_000

export function createSessionServices(contents: SessionContents): ServiceRoutes {
  const agents = createAgentService(contents.agents)
  const writable = new Map([...contents.stores].filter(([id]) => contents.writableStores.has(id)))
  return createServiceRoutes()
    .call(methodPath(FileSync.method.diffCopy), (call) => sendFolder(call, contents))
    .call(methodPath(FileSend.method.diffCopy), (call) => receiveOutput(call, destinationOf(call, contents), contents.client))
    .service(Auth, { credentials: ({ Host }, { signal }) => credentials(contents.credentials, Host, signal), fetchToken: ({ Host }, { signal }) => token(contents.credentials, Host, signal) })
    .service(Secrets, { getSecret: ({ ID }) => secret(contents.secrets, ID) })
    .call(methodPath(Upload.method.pull), (call) => sendUpload(call, contents))
    .service(SSH, { checkAgent: ({ ID }) => agents.checkAgent(ID) })
    .call(methodPath(SSH.method.forwardAgent), (call) => agents.forwardAgent(call))
    .service(Content, { ...createLayoutBlobs(contents.stores), ...createLayoutWrites(writable, openLayout) })
    .service(Health, { check: () => ({ status: ServingStatus.SERVING }) })
}

/** Each of them has to be named when a session is opened. */
export const SESSION_METHODS: readonly string[] = [FileSync.method.diffCopy, FileSend.method.diffCopy, Auth.method.credentials, Auth.method.fetchToken, Secrets.method.getSecret, SSH.method.checkAgent, SSH.method.forwardAgent, Upload.method.pull, Content.method.info, Content.method.read, Content.method.write, Content.method.abort, Health.method.check].map(methodPath)

/** Loads what locks files, which most builds do without. */
async function openLayout(folder: string, signal: AbortSignal): Promise<ContentStore> {
  const { openFileStore } = await import('../../content/fileStore.ts')
  return await openFileStore({ folder, now: Date.now }, signal)
}

/** An HTTP/2 frame of Go's servers takes as much without being asked to. */
const UPLOAD_CHUNK_BYTES = 1024 * 1024

async function sendUpload(call: ServerCall, { uploads }: SessionContents): Promise<void> {
  const name = (firstValue(call.metadata, 'urlpath') ?? '').replace(/^\//, '')
  const upload = uploads.get(name)
  if (upload === undefined) throw statusError(GRPC.notFound, `no upload ${JSON.stringify(name)}`)
  for await (const chunk of upload) {
    for (let start = 0; start < chunk.byteLength; start += UPLOAD_CHUNK_BYTES) {
      await call.send(toBinary(BytesMessageSchema, create(BytesMessageSchema, { data: chunk.subarray(start, start + UPLOAD_CHUNK_BYTES) })))
    }
  }
}

async function sendFolder(call: ServerCall, contents: SessionContents): Promise<void> {
  const name = decodeTexts(call.metadata, 'dir-name')[0] ?? ''
  const filter = {
    includePatterns: decodeTexts(call.metadata, 'include-patterns'),
    excludePatterns: decodeTexts(call.metadata, 'exclude-patterns'),
    followPaths: decodeTexts(call.metadata, 'followpaths'),
  }
  await sendTree(ownedByRoot(openTree(name, filter, contents)), createPacketChannel(call), call.signal)
}

function openTree(name: string, filter: TreeFilter, { files, folders, openFolder }: SessionContents): TreeSource {
  const inMemory = files.get(name)
  if (inMemory !== undefined) return createMemoryTree(inMemory)
  const folder = folders.get(name)
  if (folder === undefined) throw statusError(GRPC.notFound, `no access allowed to dir ${JSON.stringify(name)}`)
  return openFolder(folder, filter)
}

/** Who owns a file on the client's machine means nothing in an image: as BuildKit's clients have it, all is root's. */
function ownedByRoot(source: TreeSource): TreeSource {
  return {
    async *walk(signal) {
      for await (const stat of source.walk(signal)) yield { ...stat, uid: 0, gid: 0 }
    },
    read: (path, signal) => source.read(path, signal),
  }
}

/** Engines that know of one exporter only do not number it. */
function destinationOf({ metadata }: ServerCall, { outputs }: SessionContents): BuildRequest['outputs'][number]['destination'] {
  const index = Number(firstValue(metadata, 'buildkit-attachable-exporter-id') ?? '0')
  const output = outputs[index]
  if (output === undefined || output.destination.kind === 'none') throw statusError(GRPC.notFound, `output ${index} takes no files`)
  return output.destination
}

async function credentials(source: CredentialSource, host: string, signal: AbortSignal): Promise<{ Username?: string; Secret?: string }> {
  const found = await source.credentials(registryOf(host), signal)
  switch (found?.kind) {
    case undefined:
      return {}
    case 'basic':
      return { Username: found.username, Secret: found.password }
    case 'identity-token':
      return { Secret: found.token }
    case 'registry-token':
      throw statusError(GRPC.unimplemented, 'there is a token only')
  }
}

async function token(source: CredentialSource, host: string, signal: AbortSignal): Promise<{ Token: string }> {
  const found = await source.credentials(registryOf(host), signal)
  if (found?.kind !== 'registry-token') throw statusError(GRPC.unimplemented, 'tokens are fetched by the engine')
  return { Token: found.token }
}

/** Docker Hub's registry is not where its users log in. */
function registryOf(host: string): string {
  return host === 'registry-1.docker.io' ? 'docker.io' : host
}

async function secret(secrets: ReadonlyMap<string, SecretFrom>, id: string): Promise<{ data: Uint8Array }> {
  const from = secrets.get(id)
  if (from === undefined) throw statusError(GRPC.notFound, `secret ${id} not found`)
  const data = from.kind === 'env' ? Buffer.from(from.value) : await readBounded(from.path)
  if (data.byteLength > MAX_SECRET_BYTES) throw statusError(GRPC.invalidArgument, `secret ${id} is over the limit of ${MAX_SECRET_BYTES} bytes`)
  return { data }
}

/** At most one byte more than a secret may have. */
async function readBounded(path: string): Promise<Uint8Array> {
  await using file = await open(path)
  const buffer = Buffer.alloc(MAX_SECRET_BYTES + 1)
  let filled = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, filled, buffer.byteLength - filled)
    if (bytesRead === 0) return buffer.subarray(0, filled)
    filled += bytesRead
  }
}
