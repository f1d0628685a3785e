import { RemoteError, UnsupportedByPeerError } from '../../api/errorMapping.ts'
import type { ClientStore } from '../../exporter/cache/clientStore.ts'
import type { ClientSessions } from '../../engine/clientSessions.ts'
import type { SessionManager } from './sessionManager.ts'

/** What the engine asks of its clients, by session. */
export function createClientSessions(manager: SessionManager): ClientSessions {
  return {
    // eslint-disable-next-line max-params -- the port has five
    async receiveFolder(sessionId, name, filter, receiver, signal) {
      const session = await manager.get(sessionId, signal)
      await session.receiveFolder(name, filter, receiver, signal)
    },
    sharedFolder: (sessionId, name) => manager.find(sessionId)?.sharedFolder(name),
    sharedKey: (sessionId) => manager.find(sessionId)?.sharedKey ?? '',
    async secret(sessionId, id, signal) {
      const session = await manager.get(sessionId, signal)
      try {
        return await session.secret(id, signal)
      } catch (error) {
        if (error instanceof UnsupportedByPeerError || (error instanceof RemoteError && error.kind === 'not-found')) return undefined
        throw error
      }
    },
    async hasAgent(sessionId, id, signal) {
      const session = await manager.get(sessionId, signal)
      return await session.hasAgent(id, signal)
    },
    async forwardAgent(sessionId, id, connection, signal) {
      const session = await manager.get(sessionId, signal)
      await session.forwardAgent(id, connection, signal)
    },
    clientBlobs: (sessionId, store) => {
      const { read } = lateStore(manager, sessionId, `oci:${store}`)
      return { read: (digest, signal) => read(digest, 0, signal) }
    },
    clientStore: (sessionId, id) => lateStore(manager, sessionId, id),
    async *receiveUpload(sessionId, path, signal) {
      const session = await manager.get(sessionId, signal)
      yield* session.receiveUpload(path, signal)
    },
    credentials: (sessionId) => ({
      async credentials(host, signal) {
        const session = await manager.get(sessionId, signal)
        return await session.credentials(host, signal)
      },
    }),
    clientFiles: (sessionId) => ({
      async sendTar(exporterIndex, metadata, bytes, signal) {
        const session = await manager.get(sessionId, signal)
        await session.sendTar({ exporterIndex, metadata }, bytes, signal)
      },
      async sendTree(exporterIndex, metadata, tree, signal) {
        const session = await manager.get(sessionId, signal)
        await session.sendTree({ exporterIndex, metadata }, tree, signal)
      },
    }),
  }
}

/** Of a session that is looked for at each use. */
function lateStore(manager: SessionManager, sessionId: string, id: string): ClientStore {
  const open = async (signal: AbortSignal): Promise<ClientStore> => (await manager.get(sessionId, signal)).store(id)
  return {
    sizeBytes: async (digest, signal) => (await open(signal)).sizeBytes(digest, signal),
    async *read(digest, offset, signal) {
      yield* (await open(signal)).read(digest, offset, signal)
    },
    writeBlob: async (blob, signal) => (await open(signal)).writeBlob(blob, signal),
  }
}
