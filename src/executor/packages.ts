/*
 * How the machine's distribution installs what Pelago needs: by the ID and ID_LIKE of os-release(5).
 */

/** Of Pelago's words for a thing: the program that is wanted. */
export type NeededProgram = 'crun' | 'newuidmap'

interface Distribution {
  /** Of ID or ID_LIKE. */
  readonly ids: readonly string[]
  readonly install: string
  readonly packages: Readonly<Record<NeededProgram, string>>
  /** The package of QEMU's emulator for an architecture, by QEMU's name for that. */
  readonly qemu: (qemuName: string) => string
}

const DISTRIBUTIONS: readonly Distribution[] = [
  { ids: ['alpine'], install: 'apk add', packages: { crun: 'crun', newuidmap: 'shadow-uidmap' }, qemu: (qemuName) => `qemu-${qemuName}` },
  { ids: ['fedora', 'rhel', 'centos'], install: 'dnf install', packages: { crun: 'crun', newuidmap: 'shadow-utils' }, qemu: (qemuName) => `qemu-user-static-${fedoraName(qemuName)}` },
  { ids: ['debian', 'ubuntu'], install: 'apt-get install', packages: { crun: 'crun', newuidmap: 'uidmap' }, qemu: () => 'qemu-user-static' },
  { ids: ['suse', 'opensuse'], install: 'zypper install', packages: { crun: 'crun', newuidmap: 'shadow' }, qemu: () => 'qemu-linux-user' },
  { ids: ['arch'], install: 'pacman -S', packages: { crun: 'crun', newuidmap: 'shadow' }, qemu: () => 'qemu-user-static' },
]

/** The command that installs `program`, or what to look for where the distribution is not known. */
export function installHint(program: NeededProgram, osRelease: string): string {
  const distribution = distributionOf(osRelease)
  if (distribution === undefined) return program === 'crun' ? 'install the package crun' : 'install the package uidmap (shadow-utils, shadow-uidmap)'
  return `${distribution.install} ${distribution.packages[program]}`
}

/** The same of QEMU's emulator `qemu-<qemuName>`. */
export function qemuHint(qemuName: string, osRelease: string): string {
  const distribution = distributionOf(osRelease)
  return distribution === undefined ? 'install the package qemu-user-static' : `${distribution.install} ${distribution.qemu(qemuName)}`
}

function distributionOf(osRelease: string): Distribution | undefined {
  const family = [...osRelease.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].flatMap(([, ids = '']) => ids.split(' '))
  return DISTRIBUTIONS.find(({ ids }) => ids.some((id) => family.includes(id)))
}

/** Fedora has a package for each family of processors. */
function fedoraName(qemuName: string): string {
  const family = ['ppc', 'riscv', 'mips'].find((prefix) => qemuName.startsWith(prefix))
  return family ?? (['x86_64', 'i386'].includes(qemuName) ? 'x86' : qemuName)
}
