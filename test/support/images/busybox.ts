import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { packageScript } from './debianPackages.ts'
import { releaseOf } from './debianRoots.ts'

/** With the wait for others who are at the package lists. */
const TIMEOUT_MS = 300_000
const TOOLS = 'cat cut df echo env false find grep head hostname id kill ls mkdir mount pwd sh sleep stty tail touch tr true tty uname unshare wc'

/** A root file system of busybox alone. */
export function makeBusyboxRoot(root: string, busybox: string): void {
  mkdirSync(join(root, 'bin'), { recursive: true })
  copyFileSync(busybox, join(root, 'bin/busybox'))
  for (const tool of TOOLS.split(' ')) symlinkSync('busybox', join(root, 'bin', tool))
}

/** Where `lendBusyboxes` has put some for who may not read its own. */
export const LENT = 'PELAGO_TEST_BUSYBOXES'

/** Debian's static busybox for one of its architectures, downloaded once by apt; undefined where apt cannot. */
export function fetchBusybox(debianArchitecture: string): string | undefined {
  const cache = process.env[LENT] ?? join(homedir(), '.cache/pelago-test')
  const path = join(cache, nameOf(debianArchitecture))
  if (existsSync(path)) return path
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(cache, 'apt-'))
  try {
    const [shell, ...args] = packageScript('update_lists "$1" "$2" testing; private_apt "$1" download busybox-static', debianArchitecture, releaseOf([debianArchitecture]))
    execFileSync(shell, args, { cwd: work, stdio: 'ignore', timeout: TIMEOUT_MS })
    const archive = readdirSync(work).find((name) => name.endsWith('.deb')) ?? ''
    execFileSync('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: work })
    const program = ['bin/busybox', 'usr/bin/busybox'].map((name) => join(work, 'unpacked', name)).find((name) => existsSync(name)) ?? ''
    renameSync(program, path)
    return path
  } catch {
    return undefined // no apt, no network: the tests that want it are skipped
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Copies those of `debianArchitectures` that can be had to `folder`, for a user who would download them again. */
export function lendBusyboxes(debianArchitectures: readonly string[], folder: string): void {
  mkdirSync(folder)
  for (const architecture of debianArchitectures) {
    const busybox = fetchBusybox(architecture)
    if (busybox !== undefined) copyFileSync(busybox, join(folder, nameOf(architecture)))
  }
}

function nameOf(debianArchitecture: string): string {
  return `busybox-${debianArchitecture}`
}
