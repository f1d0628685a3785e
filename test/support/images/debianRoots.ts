import { existsSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../pelago.ts'

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

/**
 * The root file system of a small Debian as tar, of packages that were unpacked and not set up, so that no program of
 * theirs has to run. Fetched once a machine and kept in `~/.cache/pelago-test`; undefined where that cannot be.
 */
export async function fetchDebianRoot(architecture: string): Promise<string | undefined> {
  const cache = join(homedir(), '.cache/pelago-test/debian-roots')
  const path = join(cache, `${architecture}.tar`)
  if (existsSync(path)) return path
  await mkdir(cache, { recursive: true })
  const suite = architecture === 'riscv64' ? 'trixie' : 'bookworm' // riscv64 came with trixie
  const part = `${path}.${process.pid}.part.tar`
  const script = `. ${PRIVATE_APT}; exec mmdebstrap --quiet --mode=root --variant=extract --architectures=${architecture} --skip=check/qemu,chroot/mount/sys \
    --include='?essential' --include=apt --include=ca-certificates --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr ${suite} ${part} "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) ${suite} main"`
  const { exitCode } = await runCommand(['sh', '-c', script])
  if (exitCode !== 0) return undefined
  await rename(part, path)
  return path
}

const PRIVATE_APT = fileURLToPath(new URL('../../../scripts/private-apt.sh', import.meta.url))
