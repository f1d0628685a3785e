import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { integerOf, openDatabase } from '../../../src/kit/database.ts'

export interface TracedProcess {
  readonly pid: number
  readonly argv: readonly string[]
}

/** Processes of this machine in whose command line one of `marks` stands. */
export function findProcesses(...marks: readonly string[]): readonly TracedProcess[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)
  const all = pids.map((pid) => ({ pid, argv: readArgv(pid) }))
  return all.filter(({ pid, argv }) => pid !== process.pid && argv.some((argument) => marks.some((mark) => argument.includes(mark))))
}

function readArgv(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return [] // it ended meanwhile
  }
}

/** The host's mounts at or under `folder`. */
export function findMounts(folder: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.split(' ')[4]?.startsWith(folder) === true)
}

const POLL_MS = 20

/** Asks until the answer is none. @throws with what is left where that takes too long */
export async function untilNone(find: () => readonly unknown[], timeoutMs: number): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs
  for (let left = find(); left.length > 0; left = find()) {
    if (Date.now() > giveUpAt) throw new Error(`still there after ${timeoutMs} ms: ${JSON.stringify(left)}`)
    await delay(POLL_MS)
  }
}

/** Asks until there is an answer. @throws where that takes too long */
export async function untilFound<T>(find: () => T | undefined, timeoutMs: number): Promise<T> {
  const giveUpAt = Date.now() + timeoutMs
  for (;;) {
    const found = find()
    if (found !== undefined) return found
    if (Date.now() > giveUpAt) throw new Error(`not there after ${timeoutMs} ms`)
    await delay(POLL_MS)
  }
}

/** What stands in a store that no engine is at work in, and belongs to nothing that is whole. */
export function findLeftovers(store: string): readonly string[] {
  const folders = ['ingest', 'owners', 'run', 'locks', 'leases'].flatMap((name) => namesIn(join(store, name)).filter((entry) => entry !== 'lock').map((entry) => `${name}/${entry}`))
  using database = openDatabase(join(store, 'state.db'))
  const known = new Set(database.all('SELECT folder FROM snapshot').map(({ folder }) => folder))
  const layers = namesIn(join(store, 'layers')).filter((name) => !known.has(name)).map((name) => `layers/${name}`)
  const holds = integerOf(database.get('SELECT count(*) AS holds FROM snapshot_hold') ?? {}, 'holds')
  return [...folders, ...layers, ...Array.from({ length: holds }, () => 'a hold on a snapshot')]
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
