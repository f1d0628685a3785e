import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../pelago.ts'
import { missingForRootWork } from '../requires.ts'
import { packageScript } from './debianPackages.ts'

/** Debian's name of an architecture by platform. */
export const DEBIAN_PLATFORMS: ReadonlyMap<string, string> = new Map([
  ['linux/amd64', 'amd64'],
  ['linux/arm64', 'arm64'],
  ['linux/arm/v7', 'armhf'],
  ['linux/ppc64le', 'ppc64el'],
  ['linux/s390x', 's390x'],
  ['linux/riscv64', 'riscv64'],
  ['linux/386', 'i386'],
])

export type DebianRelease = 'bookworm' | 'trixie'

/** The oldest that all of these have, by Debian's names: programs of one are twins of another's only in the same release. */
export function releaseOf(architectures: Iterable<string>): DebianRelease {
  return [...architectures].includes('riscv64') ? 'trixie' : 'bookworm' // riscv64 came with trixie
}

/** For a test's `skip`: what a root, and `programs`, want and the machine lacks. */
export function missingForDebianRoots(...programs: string[]): string | false {
  return missingForRootWork('apt-get', 'dpkg-deb', 'flock', 'tar', ...programs)
}

/**
 * The root file system of a small Debian as tar, of packages that were unpacked and not set up, so that no program of
 * theirs has to run. Fetched once a machine and kept in `~/.cache/pelago-test`; undefined where that cannot be.
 */
export async function fetchDebianRoot(architecture: string, release = releaseOf([architecture])): Promise<string | undefined> {
  const cache = join(homedir(), '.cache/pelago-test/debian-roots', release)
  const path = join(cache, `${architecture}.tar`)
  if (existsSync(path)) return path
  await mkdir(cache, { recursive: true })
  const { exitCode } = await runCommand(packageScript(UNPACK, architecture, release, path))
  return exitCode === 0 ? path : undefined
}

/** ARCHITECTURE SUITE FILE: packages in a root whose `bin`, `sbin` and `lib` are in `usr`, as usr-is-merged wants it. */
const UNPACK = `
[ ! -e "$3" ] || exit 0 # another one was here first
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
rm -f "$apt/$1/archives"/*.deb
update_lists "$1" "$2"
private_apt "$1" --download-only --yes --no-install-recommends install '?essential' apt ca-certificates usr-is-merged
case $1 in amd64|ppc64el) links='bin sbin lib lib64' ;; *) links='bin sbin lib' ;; esac
for name in $links; do mkdir -p "$root/usr/$name"; ln -s "usr/$name" "$root/$name"; done
for package in "$apt/$1/archives"/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -C "$root" -x --numeric-owner --keep-directory-symlink --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*'
done
rm "$apt/$1/archives"/*.deb
tar -C "$root" --numeric-owner -cf "$3.part" .
mv "$3.part" "$3"`
