import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseCgroupMemory, parseCgroupUsage } from './controlGroupFiles.ts'

/**
 * A control group of the kernel's, which counts what its processes and all of their children take, ended ones too:
 * the one way to count a daemon, what it starts, and what outlives the command. Of version 2, or of the older one, where
 * each controller has a tree of its own.
 */
export interface ControlGroup extends AsyncDisposable {
  readonly name: string
  /** Folders whose `cgroup.procs` a process writes itself into, to be counted. */
  readonly folders: readonly string[]
  readCpuMs(): number
  /** Of now: there is no peak that leaves the page cache out. */
  readMemoryBytes(): number
}

const ROOT = '/sys/fs/cgroup'
const POLL_MS = 50
/** Half a minute: a daemon that is stopped ends its steps first. */
const POLLS = 600

/** Undefined where this user may make none. */
export function openControlGroup(name: string): ControlGroup | undefined {
  const isUnified = existsSync(join(ROOT, 'cgroup.controllers'))
  const [cpu, memory] = isUnified ? [join(ROOT, name), join(ROOT, name)] : [join(ROOT, 'cpuacct', name), join(ROOT, 'memory', name)]
  const folders = [...new Set([cpu, memory])]
  try {
    for (const folder of folders) mkdirSync(folder)
  } catch {
    return undefined // not root, or a machine whose groups belong to somebody else
  }
  const cpuFile = join(cpu, isUnified ? 'cpu.stat' : 'cpuacct.usage')
  return {
    name,
    folders,
    readCpuMs: () => parseCgroupUsage(readFileSync(cpuFile, 'utf8')),
    readMemoryBytes: () => parseCgroupMemory(readFileSync(join(memory, 'memory.stat'), 'utf8')),
    async [Symbol.asyncDispose]() {
      for (const folder of folders) endProcesses(folder)
      // what a daemon calls by this name, it makes for the other controllers too
      for (const parent of isUnified ? [ROOT] : readdirSync(ROOT).map((controller) => join(ROOT, controller))) await removeTree(join(parent, name))
    },
  }
}

/** Those that outlive their builder: a process that waits for the next command. */
function endProcesses(folder: string): void {
  for (const line of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n')) if (line !== '') endProcess(Number(line))
}

function endProcess(id: number): void {
  try {
    process.kill(id)
  } catch {
    // it has ended by itself
  }
}

/** A group can be removed once its last process is gone, which takes a moment after the process has ended. */
async function removeTree(folder: string): Promise<void> {
  for (let poll = 0; existsSync(folder); poll += 1) {
    try {
      removeGroups(folder)
    } catch (error) {
      if (poll === POLLS) throw error
      await delay(POLL_MS)
    }
  }
}

function removeGroups(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) removeGroups(join(folder, entry.name))
  rmdirSync(folder)
}
