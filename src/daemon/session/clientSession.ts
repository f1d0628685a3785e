import { fromBinary } from '@bufbuild/protobuf'
import { createClient, type Client } from '@connectrpc/connect'
import type { ClientHttp2Session } from 'node:http2'
import { fromStatus, RemoteError, UnsupportedByPeerError } from '../../api/errorMapping.ts'
import type { TreeFilter, TreeReceiver, TreeSource } from '../../api/fileSync.ts'
import { Auth } from '../../api/gen/auth_pb.ts'
import { FileSend, FileSync } from '../../api/gen/filesync_pb.ts'
import { Secrets } from '../../api/gen/secrets_pb.ts'
import { BytesMessageSchema as UploadMessageSchema, Upload } from '../../api/gen/upload_pb.ts'
import { openCall, type ClientCall } from '../../api/grpc/clientCall.ts'
import { encodeTexts, type Metadata } from '../../api/grpc/metadata.ts'
import { methodPath } from '../../api/grpc/serviceRoutes.ts'
import { createTransport } from '../../api/grpc/transport.ts'
import { askForFile } from '../../api/lentFile.ts'
import { createPacketChannel } from '../../api/packetChannel.ts'
import { receiveTree } from '../../api/treeReceiver.ts'
import { sendTree } from '../../api/treeSender.ts'
import type { ClientStore } from '../../exporter/cache/clientStore.ts'
import { BuildError } from '../../ground/errors.ts'
import type { Credentials } from '../../registry/registry.ts'
import { createClientStore } from './clientStore.ts'
import { createLentAgents, type LentAgents } from './lentAgents.ts'
import { sendArchive } from './sendArchive.ts'
import type { SessionHeaders } from './sessionHeaders.ts'

/** A build's client while its session is open: what it serves, as calls. All throw RemoteError for what fails on its side. */
export interface ClientSession extends LentAgents {
  readonly id: string
  readonly sharedKey: string
  /** Aborted when the session is over. */
  readonly ended: AbortSignal
  /** Brings what `filter` names of the client's folder `name`. @throws ContextUnavailableError */
  receiveFolder(name: string, filter: TreeFilter, receiver: TreeReceiver, signal: AbortSignal): Promise<void>
  /** Gives the client an archive; resolves when it has put it where it belongs. */
  sendTar(output: ClientOutput, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>
  /** Gives the client files for a folder. */
  sendTree(output: ClientOutput, tree: TreeSource, signal: AbortSignal): Promise<void>
  /** Undefined where the client has none for `host`. */
  credentials(host: string, signal: AbortSignal): Promise<Credentials | undefined>
  /** @throws RemoteError with kind `not-found` */
  secret(id: string, signal: AbortSignal): Promise<Uint8Array>
  /** An OCI layout of the client's; nothing is asked of it yet. */
  store(id: string): ClientStore
  /** What the client gives under `path`: its standard input. */
  receiveUpload(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** The folder itself where the client shares the machine and the user; undefined elsewhere. */
  sharedFolder(name: string): string | undefined
}

/** Where a result goes on the client: its exporter by number in the request, with what it should know of the result. */
export interface ClientOutput {
  readonly exporterIndex: number
  readonly metadata: ReadonlyMap<string, string>
}

/** The client does not have, or does not share, a folder that the build needs. */
export class ContextUnavailableError extends BuildError {
  readonly kind = 'not-found'
}

/** `ended` and the connection are the session manager's; it is not asked for before the client is. */
export function createClientSession(connection: () => ClientHttp2Session, headers: SessionHeaders, ended: AbortSignal): ClientSession {
  const transport = createTransport(connection, fromStatus)
  const auth = createClient(Auth, transport)
  const secrets = createClient(Secrets, transport)
  const call = async (path: string, metadata: Metadata, use: (call: ClientCall) => Promise<void>, signal: AbortSignal): Promise<void> => {
    const opened = openCall(connection(), path, metadata, signal)
    try {
      await use(opened)
      await opened.finish()
    } catch (error) {
      opened.cancel()
      throw fromStatus(error)
    }
  }
  return {
    ...createLentAgents(connection),
    id: headers.id,
    sharedKey: headers.sharedKey,
    ended,
    sharedFolder: (name) => headers.folders.get(name),
    async receiveFolder(name, filter, receiver, signal) {
      try {
        await call(methodPath(FileSync.method.diffCopy), filterMetadata(name, filter), (opened) => receiveTree(createPacketChannel(opened), receiver, signal), signal)
      } catch (error) {
        throw isUnavailable(error) ? new ContextUnavailableError(`folder ${JSON.stringify(name)} of the client cannot be read`, { cause: error }) : error
      }
    },
    async sendTar(output, bytes, signal) {
      const metadata = outputMetadata(output)
      await call(methodPath(FileSend.method.diffCopy), headers.lendsFiles ? askForFile(metadata) : metadata, (opened) => sendArchive(opened, bytes, headers.lendsFiles), signal)
    },
    async sendTree(output, tree, signal) {
      await call(methodPath(FileSend.method.diffCopy), outputMetadata(output), (opened) => sendTree(tree, createPacketChannel(opened), signal), signal)
    },
    async credentials(host, signal) {
      try {
        const { Username, Secret } = await auth.credentials({ Host: host }, { signal })
        return toCredentials(Username, Secret)
      } catch (error) {
        if (!(error instanceof UnsupportedByPeerError)) throw error
        return await fetchToken(auth, host, signal)
      }
    },
    async secret(id, signal) {
      return (await secrets.getSecret({ ID: id }, { signal })).data
    },
    store: (id) => createClientStore(connection, transport, id),
    async *receiveUpload(path, signal) {
      const opened = openCall(connection(), methodPath(Upload.method.pull), new Map([['urlpath', [path]], ['urlhost', ['buildkit-session']]]), signal)
      try {
        for await (const message of opened.messages) yield fromBinary(UploadMessageSchema, message).data
      } catch (error) {
        throw fromStatus(error)
      } finally {
        opened.closeSend()
        opened.cancel()
      }
    },
  }
}

function filterMetadata(name: string, { includePatterns, excludePatterns, followPaths }: TreeFilter): Metadata {
  return encodeTexts(
    new Map<string, readonly string[]>([
      ['dir-name', [name]],
      ['include-patterns', includePatterns],
      ['exclude-patterns', excludePatterns],
      ['followpaths', followPaths],
    ]),
  )
}

function outputMetadata({ exporterIndex, metadata }: ClientOutput): Metadata {
  const facts = [...metadata].map(([key, value]): [string, readonly string[]] => [`exporter-md-${key.toLowerCase()}`, [value]])
  return encodeTexts(new Map<string, readonly string[]>([['buildkit-attachable-exporter-id', [String(exporterIndex)]], ...facts]))
}

function isUnavailable(error: unknown): boolean {
  return error instanceof UnsupportedByPeerError || (error instanceof RemoteError && (error.kind === 'not-found' || error.kind === 'denied'))
}

/** Docker's convention: a secret without a name is an identity token. */
function toCredentials(username: string, secret: string): Credentials | undefined {
  if (secret === '') return undefined
  return username === '' ? { kind: 'identity-token', token: secret } : { kind: 'basic', username, password: secret }
}

/** A client that has nothing but a token for the host does not serve `Credentials`. */
async function fetchToken(auth: Client<typeof Auth>, host: string, signal: AbortSignal): Promise<Credentials | undefined> {
  try {
    const { Token } = await auth.fetchToken({ Host: host }, { signal })
    return Token === '' ? undefined : { kind: 'registry-token', token: Token }
  } catch (error) {
    if (error instanceof UnsupportedByPeerError) return undefined
    throw error
  }
}
