import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestHex, digestOf } from '../../../ground/digest.ts'
import type { GitSource } from '../../../graph/vertex.ts'
import type { ClientSecrets } from '../clientSecrets.ts'
import type { GitAccess } from './gitProgram.ts'

export interface AccessPlace {
  /** Where ssh keeps the keys of hosts. */
  readonly folder: string
  readonly secrets: ClientSecrets
  readonly sessionId: string
}

/** How a session's client reaches the remote: with its token, if it has one. */
export async function findAccess(source: GitSource, { folder, secrets, sessionId }: AccessPlace, signal: AbortSignal): Promise<GitAccess> {
  mkdirSync(folder, { recursive: true })
  const header = await findHeader(source, { secrets, sessionId }, signal)
  const isGiven = source.knownSshHosts !== ''
  const knownHosts = join(folder, isGiven ? `known_hosts-${digestHex(digestOf(source.knownSshHosts)).slice(0, 16)}` : 'known_hosts')
  if (isGiven) await writeFile(knownHosts, source.knownSshHosts)
  return { remote: source.remote, header, agentSocket: '', knownHosts, learnsHosts: !isGiven }
}

async function findHeader({ remote, authHeaderSecret, authTokenSecret }: GitSource, { secrets, sessionId }: Omit<AccessPlace, 'folder'>, signal: AbortSignal): Promise<string> {
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
