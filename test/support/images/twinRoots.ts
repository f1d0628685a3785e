import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALLOWED_TOOLS } from '../../../src/executor/emulation/twins/allowlist.ts'

/** What of a Debian has a part in native twins. */
const WANTED = ['./bin', './sbin', './lib', './lib64', './usr/lib64', './usr/bin/*', './usr/sbin/chroot', './usr/lib/*-linux-gnu*/lib*.so*', './usr/lib/*-linux-gnu*/ld*.so*', './usr/lib/ld*.so*', './usr/lib/apt/methods', './usr/share/dpkg', './usr/lib64/*', './etc/passwd', './etc/group', './etc/nsswitch.conf', './etc/os-release', './usr/lib/os-release']

/** Unpacks of a Debian as tar (`fetchDebianRoot`) the tools and libraries, or what else is `wanted`, with a package database of these files. */
export function makeTwinRoot(root: string, tar: string, wanted: readonly string[] = WANTED): void {
  mkdirSync(root, { recursive: true })
  spawnSync('tar', ['-xf', tar, '-C', root, '--wildcards', ...wanted]) // what is not in there is no matter
  writeFileSync(join(root, 'etc/nsswitch.conf'), 'passwd: files systemd\ngroup: files systemd\n') // as base-files sets it up
  writeDebianDatabase(root)
}

/**
 * As dpkg keeps it: the packages of the allowlist, and one that has the libraries of all. Their version is the release's
 * unless another is given, so that roots of different releases are not taken for the same.
 */
export function writeDebianDatabase(root: string, version = `${releaseNumber(root)}-1`): void {
  const info = join(root, 'var/lib/dpkg/info')
  mkdirSync(info, { recursive: true })
  const libraries = readdirSync(join(root, 'usr/lib'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const packages = new Map<string, string[]>([['libc6', libraries.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))]])
  for (const { packages: { deb }, programs } of ALLOWED_TOOLS) {
    if (deb !== undefined) packages.set(deb, [...(packages.get(deb) ?? []), ...programs.map((path) => path.slice(1)).filter((path) => existsSync(join(root, path)))])
  }
  for (const [name, paths] of packages) writeFileSync(join(info, `${name}.md5sums`), paths.map((path) => `${md5(join(root, path))}  ${path}\n`).join(''))
  writeFileSync(join(root, 'var/lib/dpkg/status'), [...packages.keys()].map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\n${name === 'libc6' ? '' : 'Depends: libc6\n'}`).join('\n'))
}

/** os-release(5): of a Debian, what its release is called by number. */
function releaseNumber(root: string): string {
  return /^VERSION_ID="(\d+)"$/m.exec(readFileSync(join(root, 'usr/lib/os-release'), 'utf8'))?.[1] ?? ''
}

const digests = new Map<string, string>()

/** A root's database is written again and again, over files that are mostly the same. */
function md5(path: string): string {
  const { dev, ino, size, ctimeNs } = statSync(path, { bigint: true })
  const file = `${dev} ${ino} ${size} ${ctimeNs}`
  const digest = digests.get(file) ?? createHash('md5').update(readFileSync(path)).digest('hex')
  digests.set(file, digest)
  return digest
}
