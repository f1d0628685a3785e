import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

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
    download(work, debianArchitecture)
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

/** By an apt of its own that knows no other architecture, and leaves the machine's lists alone. */
function download(work: string, architecture: string): void {
  for (const folder of ['state/lists/partial', 'cache/archives/partial']) mkdirSync(join(work, folder), { recursive: true })
  writeFileSync(join(work, 'state/status'), '')
  const settings = { 'Dir::State': join(work, 'state'), 'Dir::State::status': join(work, 'state/status'), 'Dir::Cache': join(work, 'cache'), 'APT::Architecture': architecture, 'APT::Architectures': architecture, 'APT::Sandbox::User': 'root' }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const options = { cwd: work, stdio: 'ignore', timeout: 120_000 } as const
  spawnSync('apt-get', [...flags, '-q', 'update'], options) // a list that is out of date is no matter, if the package comes
  execFileSync('apt-get', [...flags, '-q', 'download', 'busybox-static'], options)
}
