import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runCommand, type CommandResult } from './pelago.ts'
import { findProcesses } from './engine/traces.ts'

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))
const LINGER_SECONDS = 2
const POLL_MS = 50
const GONE_MS = 60_000
/** Of userdel. */
const USER_IS_BUSY = 8
/** Far above what a machine gives its users. */
const FIRST_SUBORDINATE_ID = 1_879_048_192

/** A user of this machine who is nobody in particular, made for a test and removed with all that it has. */
export interface OrdinaryUser extends AsyncDisposable {
  readonly name: string
  /** Its own, with all that it writes. */
  readonly home: string
  readonly store: string
  pelago(...args: readonly string[]): Promise<CommandResult>
}

export interface UserOptions {
  /** Whether the user has ids besides its own, as most distributions give to each. */
  readonly hasIdRange: boolean
}

/** For a test's `skip`. */
export function reasonAgainstUsers(): string | false {
  if (process.getuid?.() !== 0) return 'needs root, to make a user'
  try {
    execFileSync('setpriv', [...asUser(65_534), 'test', '-r', join(CHECKOUT, 'package.json')], { stdio: 'ignore' })
    return false
  } catch {
    return `other users may not read ${CHECKOUT}`
  }
}

export function createOrdinaryUser({ hasIdRange }: UserOptions): OrdinaryUser {
  const name = `pelago-t${process.pid}${hasIdRange ? 'r' : 's'}`
  const home = mkdtempSync(join(tmpdir(), 'pelago-user-'))
  execFileSync('useradd', ['--no-create-home', '--home-dir', home, '-K', 'SUB_UID_COUNT=0', '-K', 'SUB_GID_COUNT=0', name])
  if (hasIdRange) {
    const range = `${FIRST_SUBORDINATE_ID}-${FIRST_SUBORDINATE_ID + 65_535}`
    execFileSync('usermod', ['--add-subuids', range, '--add-subgids', range, name])
  }
  const id = Number(execFileSync('id', ['-u', name]))
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_RUNTIME_DIR: join(home, 'runtime'),
    PELAGO_ROOT: join(home, 'store'),
    PELAGO_LINGER: `${LINGER_SECONDS}`,
    NO_COLOR: '1',
  }
  mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 })
  for (const path of [home, env.XDG_RUNTIME_DIR]) chownSync(path, id, id)
  chmodSync(home, 0o755)
  return {
    name,
    home,
    store: env.PELAGO_ROOT,
    pelago: (...args) => runCommand(['setpriv', ...asUser(id), join(CHECKOUT, 'bin/pelago'), ...args], { env, cwd: home }),
    async [Symbol.asyncDispose]() {
      while (findProcesses(home).length > 0) await delay(POLL_MS)
      await removeUser(name)
      await rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

/** Once what was its last process is gone, which is still there for a moment when it has no arguments any more. */
async function removeUser(name: string): Promise<void> {
  const latest = Date.now() + GONE_MS
  for (;;) {
    const { status, stderr } = spawnSync('userdel', [name], { encoding: 'utf8' })
    if (status === 0) return
    if (status !== USER_IS_BUSY || Date.now() > latest) throw new Error(`userdel ${name} exited with ${status}: ${stderr}`)
    await delay(POLL_MS)
  }
}

function asUser(id: number): readonly string[] {
  return ['--reuid', String(id), '--regid', String(id), '--clear-groups', '--']
}
