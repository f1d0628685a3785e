import { statusError, GRPC } from '../../api/grpc/status.ts'
import type { ClientContainer } from '../../engine/containers/clientContainer.ts'

/** The containers of one build, by the names that its client gave them. Disposing releases them all, whatever happens to one of them. */
export interface BuildContainers extends AsyncDisposable {
  get(id: string): ClientContainer | undefined
  /** @throws GrpcStatusError where there is one of that name, as BuildKit says it, and where they have been disposed: then none is left open */
  add(id: string, open: () => Promise<ClientContainer>): Promise<void>
  /** False where there is none. */
  release(id: string): Promise<boolean>
}

export function createBuildContainers(): BuildContainers {
  const containers = new Map<string, Promise<ClientContainer>>()
  const opened = new Map<string, ClientContainer>()
  let isDisposed = false
  const checkOpen = (): void => {
    if (isDisposed) throw statusError(GRPC.cancelled, 'the build is over')
  }
  const release = async (id: string): Promise<boolean> => {
    const found = containers.get(id)
    if (found === undefined) return false
    containers.delete(id)
    opened.delete(id)
    await (await found.catch(() => undefined))?.[Symbol.asyncDispose]()
    return true
  }
  return {
    get: (id) => opened.get(id),
    async add(id, open) {
      checkOpen()
      if (containers.has(id)) throw statusError(GRPC.alreadyExists, `Container ${id} already exists`)
      const opening = open()
      containers.set(id, opening)
      try {
        const container = await opening
        checkOpen() // disposing has released it
        if (containers.get(id) === opening) opened.set(id, container)
      } catch (error) {
        if (containers.get(id) === opening) containers.delete(id)
        throw error
      }
    },
    release,
    async [Symbol.asyncDispose]() {
      isDisposed = true
      const results = await Promise.allSettled([...containers.keys()].map(release))
      const failed = results.find((result) => result.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    },
  }
}
