import { isDeepStrictEqual } from 'node:util'
import type { BuildRequest } from '../driver.ts'
import { mergeFolders } from './sharedFolders.ts'

/** What a session serves, but for what it has of the command's process. */
export type SessionShare = Pick<BuildRequest, 'folders' | 'files' | 'uploads' | 'stores' | 'writableStores' | 'outputs' | 'secrets' | 'agents' | 'credentials'>

export interface SessionPlan {
  /** The first has the folders of all, where they are shared. */
  readonly sessions: readonly SessionShare[]
  /** By its number, the session of each request. */
  readonly sessionOf: readonly number[]
}

/**
 * As few sessions as will do: requests share one unless they mean different things by one name, or both want files sent
 * to them, which a session cannot tell apart. Folders are shared where their names mean the same to all.
 */
export function planSessions(requests: readonly BuildRequest[], sharesFolders: boolean): SessionPlan {
  const sessions: SessionShare[] = []
  const sessionOf = requests.map((request) => {
    const free = sessions.findIndex((session) => fits(session, request) && (sharesFolders || foldersFit(session, request)))
    const index = free < 0 ? sessions.length : free
    sessions[index] = merge(sessions[index], request)
    return index
  })
  if (!sharesFolders) return { sessionOf, sessions }
  const shared = mergeFolders(requests)
  return { sessionOf, sessions: sessions.map((session, index) => ({ ...session, ...(index === 0 ? shared : NO_FOLDERS) })) }
}

const NO_FOLDERS = { folders: new Map<string, string>(), files: new Map<string, ReadonlyMap<string, Uint8Array>>() }

function fits(session: SessionShare, request: BuildRequest): boolean {
  if (takesFiles(session) && takesFiles(request)) return false
  return agree(session.secrets, request.secrets) && agree(session.agents, request.agents) && agree(session.stores, request.stores)
}

function foldersFit(session: SessionShare, request: BuildRequest): boolean {
  return agree(session.folders, request.folders) && agree(session.files, request.files)
}

function takesFiles({ outputs }: Pick<SessionShare, 'outputs'>): boolean {
  return outputs.some(({ destination }) => destination.kind !== 'none')
}

function agree<T>(one: ReadonlyMap<string, T>, other: ReadonlyMap<string, T>): boolean {
  return [...other].every(([name, value]) => !one.has(name) || isDeepStrictEqual(one.get(name), value))
}

function merge(session: SessionShare | undefined, request: BuildRequest): SessionShare {
  if (session === undefined) return request
  return {
    ...mergeFolders([session, request]),
    credentials: session.credentials,
    outputs: takesFiles(request) ? request.outputs : session.outputs,
    uploads: new Map([...session.uploads, ...request.uploads]),
    stores: new Map([...session.stores, ...request.stores]),
    writableStores: new Set([...session.writableStores, ...request.writableStores]),
    secrets: new Map([...session.secrets, ...request.secrets]),
    agents: new Map([...session.agents, ...request.agents]),
  }
}
