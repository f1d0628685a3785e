import { formatBytes } from '../../render/measure.ts'
import type { CgroupFacts, ClockFacts, FolderFacts, MemoryFacts, StoreFacts } from '../examine/machineFacts.ts'
import { ok, type Finding } from '../finding.ts'

/** With less a build of any size ends in the middle of a layer. */
const LOW_SPACE_BYTES = 2_000_000_000
/** An image of a distribution with a compiler has as many files. */
const LOW_INODES = 50_000
/** Downloads that are on their way to a step lie there, and little else. */
const LOW_TEMPORARY_BYTES = 100_000_000
/** The engine and one compiler want as much. */
const LOW_MEMORY_BYTES = 512 * 1024 * 1024
const DAY_MS = 24 * 60 * 60 * 1000

export function judgeStore({ path, problem, freeBytes, freeInodes, otherOwner, database, leftovers }: StoreFacts): readonly Finding[] {
  const check = 'store'
  if (problem !== undefined) return [{ check, state: 'fail', detail: `${path}: ${problem}`, remedy: 'let PELAGO_ROOT name a folder that you may write to' }]
  if (otherOwner !== undefined) return [{ check, state: 'fail', detail: `${path} belongs to the user with the id ${otherOwner}`, remedy: 'let PELAGO_ROOT name a folder of your own' }]
  const free = `${path}, ${formatBytes(freeBytes)} free`
  const inodes = freeInodes !== undefined && freeInodes < LOW_INODES ? `, ${freeInodes} files can still be made` : ''
  const isShort = freeBytes < LOW_SPACE_BYTES || inodes !== ''
  const space: Finding = isShort ? { check, state: 'warn', detail: `${free}${inodes}: too little for most builds`, remedy: 'pelago prune, or let PELAGO_ROOT name a folder on another disk' } : ok(check, free)
  return [space, ...judgeDatabase(database, path), ...judgeLeftovers(leftovers)]
}

function judgeDatabase(database: StoreFacts['database'], root: string): readonly Finding[] {
  if (database === undefined || database.kind === 'works') return []
  return [{ check: 'database', state: 'fail', detail: `${root}/state.db cannot be used: ${database.reason}`, remedy: `mv ${root}/state.db ${root}/state.db.broken: images and the build cache are then made anew` }]
}

function judgeLeftovers(leftovers: number): readonly Finding[] {
  return leftovers === 0 ? [] : [ok('leftovers', `${leftovers} of commands that were killed: the next engine removes them`)]
}

export function judgeTemporary({ path, problem, freeBytes, freeInodes }: FolderFacts): Finding {
  const check = 'temporary files'
  if (problem !== undefined) return { check, state: 'fail', detail: `${path}: ${problem}`, remedy: 'let TMPDIR name a folder that you may write to' }
  const detail = `${path}, ${formatBytes(freeBytes)} free`
  const isShort = freeBytes < LOW_TEMPORARY_BYTES || freeInodes === 0
  return isShort ? { check, state: 'warn', detail: `${detail}: too little for archives and downloads`, remedy: 'free some, or let TMPDIR name a folder on another disk' } : ok(check, detail)
}

export function judgeMemory({ totalBytes, availableBytes, freeSwapBytes, limitBytes }: MemoryFacts): Finding {
  const check = 'memory'
  const usable = Math.min(availableBytes + freeSwapBytes, limitBytes ?? Number.POSITIVE_INFINITY)
  const limit = limitBytes === undefined ? '' : `, limited to ${formatBytes(limitBytes)}`
  const detail = `${formatBytes(availableBytes)} of ${formatBytes(totalBytes)} available${limit}`
  return usable < LOW_MEMORY_BYTES ? { check, state: 'warn', detail: `${detail}: compilers may be killed for lack of it`, remedy: 'give the machine, or the container, more memory or swap' } : ok(check, detail)
}

/** Pelago makes no cgroups of its own: what is said here bounds what it runs. */
export function judgeCgroups(cgroups: CgroupFacts): Finding {
  const check = 'cgroup version'
  switch (cgroups.kind) {
    case 'v2':
      return ok(check, `2, ${cgroups.isDelegated ? 'delegated' : 'not delegated'}${cgroups.controllers.length === 0 ? '' : `: ${cgroups.controllers.join(' ')}`}`)
    case 'hybrid':
      return ok(check, '1 and 2 mixed: crun is shown none')
    case 'v1':
      return ok(check, '1: crun is shown none')
    case 'none':
      return ok(check, 'none is mounted')
  }
}

/** Without a clock to ask, only that it is behind can be known. */
export function judgeClock({ now, newestFile, isSynchronized }: ClockFacts): Finding {
  const check = 'clock'
  const time = formatMinute(now)
  if (newestFile !== undefined && newestFile.at.getTime() - now.getTime() > DAY_MS) {
    return { check, state: 'warn', detail: `${time}, but ${newestFile.path} is from ${formatMinute(newestFile.at)}: certificates may not be valid yet`, remedy: 'sudo timedatectl set-ntp true, or set the clock' }
  }
  const kept = isSynchronized === undefined ? 'nothing here says whether it is kept' : isSynchronized ? 'synchronized' : 'not synchronized yet'
  return ok(check, `${time}, ${kept}`)
}

function formatMinute(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
