import { readFileSync, statSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isLocked, tryLock } from '../../../kit/files/fileLock.ts'
import { MIRROR_NOTE } from './gitMirror.ts'

/** What was fetched of git repositories: it saves fetching, and can go at any time. */
export interface GitMirrors {
  usage(signal: AbortSignal): Promise<readonly GitMirrorUsage[]>
  /** Removes a mirror that nobody uses, and nobody used since `usedBefore` (in ms since the epoch); false where it stays. */
  remove(id: string, usedBefore: number): Promise<boolean>
}

export interface GitMirrorUsage {
  readonly id: string
  /** Without credentials. */
  readonly remote: string
  readonly sizeBytes: number
  readonly createdAt: number
  readonly lastUsedAt: number
  readonly inUse: boolean
}

/** `folder`: where `openMirror` keeps them. */
export function createGitMirrors(folder: string): GitMirrors {
  const pathOf = (id: string): string => join(folder, `${id}${SUFFIX}`)
  return {
    async usage(signal) {
      const names = await readdir(folder).catch(() => [])
      const ids = names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length))
      const usages: GitMirrorUsage[] = []
      for (const id of ids) {
        signal.throwIfAborted()
        usages.push(...(await readUsage(id, pathOf(id))))
      }
      return usages
    },
    async remove(id, usedBefore) {
      const path = pathOf(id)
      await using lock = tryLock(`${path}.lock`, 'exclusive')
      const note = statSync(join(path, MIRROR_NOTE), { throwIfNoEntry: false })
      if (lock === undefined || (note !== undefined && note.mtimeMs >= usedBefore)) return false
      await rm(join(path, MIRROR_NOTE), { force: true }) // first: what is left without it is made anew
      await rm(path, { recursive: true, force: true })
      lock.remove()
      return true
    },
  }
}

const SUFFIX = '.git'

/** None where it went meanwhile, or is not yet complete. */
async function readUsage(id: string, path: string): Promise<readonly GitMirrorUsage[]> {
  const note = join(path, MIRROR_NOTE)
  const stat = statSync(note, { throwIfNoEntry: false })
  if (stat === undefined) return []
  const entries = await readdir(path, { recursive: true }).catch(() => [])
  const sizeBytes = entries.reduce((sum, entry) => sum + (statSync(join(path, entry), { throwIfNoEntry: false })?.size ?? 0), 0)
  return [{ id, remote: readFileSync(note, 'utf8'), sizeBytes, createdAt: stat.birthtimeMs, lastUsedAt: stat.mtimeMs, inUse: isLocked(`${path}.lock`) }]
}
