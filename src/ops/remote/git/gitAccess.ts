import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestHex, digestOf } from '../../../ground/digest.ts'
import type { GitSource } from '../../../graph/vertex.ts'
import type { OpContext } from '../../../solver/op.ts'
import { openAgentSocket, type AgentDeps } from '../../mounts/agentSocket.ts'
import type { ClientSecrets } from '../clientSecrets.ts'
import type { GitAccess } from './gitProgram.ts'

export interface AccessDeps extends AgentDeps {
  /** Where ssh keeps the keys of hosts; made where there is none. */
  readonly folder: string
  readonly secrets: ClientSecrets
}

export interface AccessPlace {
  readonly deps: AccessDeps
  readonly context: OpContext
}

/** Runs `use` with what a session's client lends for the remote: its token, if it has one, and its ssh agent. @throws AgentNotFoundError */
export async function withAccess<T>(source: GitSource, { deps, context }: AccessPlace, use: (access: GitAccess) => Promise<T>, signal: AbortSignal): Promise<T> {
  const access = await findAccess(source, deps, context, signal)
  if (source.sshAgent === '') return await use(access)
  await using agent = await openAgentSocket({ kind: 'ssh', agentId: source.sshAgent, target: 'git', isOptional: false, uid: 0, gid: 0, mode: 0o600 }, deps, context, signal)
  return await use({ ...access, agentSocket: agent?.mount.source ?? '' })
}

async function findAccess(source: GitSource, { folder, secrets }: AccessDeps, { sessionId }: OpContext, signal: AbortSignal): Promise<GitAccess> {
  mkdirSync(folder, { recursive: true })
  const header = await findHeader(source, { secrets, sessionId }, signal)
  const isGiven = source.knownSshHosts !== ''
  const knownHosts = join(folder, isGiven ? `known_hosts-${digestHex(digestOf(source.knownSshHosts)).slice(0, 16)}` : 'known_hosts')
  if (isGiven) await writeFile(knownHosts, source.knownSshHosts)
  return { remote: source.remote, header, agentSocket: '', knownHosts, learnsHosts: !isGiven }
}

interface SecretPlace {
  readonly secrets: ClientSecrets
  readonly sessionId: string
}

async function findHeader({ remote, authHeaderSecret, authTokenSecret }: GitSource, { secrets, sessionId }: SecretPlace, signal: AbortSignal): Promise<string> {
  const host = /^https?:\/\/(?:[^/@]*@)?([^/]+)/.exec(remote)?.[1]
  if (host === undefined) return ''
  const names = [`.${host}`, ''].flatMap((suffix) => [
    ...(authHeaderSecret === '' ? [] : [{ id: authHeaderSecret + suffix, isToken: false }]),
    ...(authTokenSecret === '' ? [] : [{ id: authTokenSecret + suffix, isToken: true }]),
  ])
  for (const { id, isToken } of names) {
    const secret = await secrets.secret(sessionId, id, signal)
    if (secret === undefined) continue
    const value = Buffer.from(secret).toString().trim()
    return `Authorization: ${isToken ? `basic ${Buffer.from(`x-access-token:${value}`).toString('base64')}` : value}`
  }
  return ''
}
