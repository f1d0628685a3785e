import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EmulatedArchitecture } from './architectures.ts'

/*
 * binfmt_misc (Linux, Documentation/admin-guide/binfmt-misc.rst) hands executables of a foreign architecture to an
 * emulator. Since Linux 6.7 each user namespace may have one of its own, so that nothing of the machine changes. The
 * flags: F opens the emulator at registration, so that it need not be in the image; O and C let it run programs that
 * it may not read, and with the rights of the program; P tells it argv[0], by which busybox knows what it is to be
 * (QEMU 6.0 sees from its auxiliary vector whether P is set).
 */

const MOUNT_POINT = '/proc/sys/fs/binfmt_misc'

/** Of whom the registrations are that `MOUNT_POINT` shows. */
export type BinfmtAccess = 'private' | 'host' | 'none'

/** A registration that somebody else made. */
export interface Registration {
  /** By which it is removed. */
  readonly name: string
  readonly interpreter: string
  readonly flags: string
  readonly offset: number
  readonly magic: string
  readonly isEnabled: boolean
}

/** The line that registers the emulator at `interpreter`, as its file `register` takes it. */
export function formatRegistration({ magic, mask, qemuName }: EmulatedArchitecture, interpreter: string, name: string = qemuName): string {
  const escape = (hex: string): string => hex.replace(/../g, '\\x$&')
  return `:pelago-${name}:M::${escape(magic)}:${escape(mask)}:${interpreter}:POCF`
}

/** Idempotent. @throws the errors of `write`: ENOEXEC where the emulator is no program */
export function registerPrivately(architecture: EmulatedArchitecture, interpreter: string, mountPoint = MOUNT_POINT): void {
  try {
    writeFileSync(join(mountPoint, 'register'), formatRegistration(architecture, interpreter), { flag: 'w' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Idempotent. Of several registrations for an architecture the kernel takes the latest: no program starts without one meanwhile. False where the kernel takes none, as of a file that may not be executed where it is: what is there goes on. */
export function registerInFront(architecture: EmulatedArchitecture, interpreter: string, mountPoint = MOUNT_POINT): boolean {
  try {
    writeFileSync(join(mountPoint, 'register'), formatRegistration(architecture, interpreter, `${architecture.qemuName}-tuned`), { flag: 'w' })
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST'
  }
}

/** What the machine has registered; nothing where binfmt_misc is not mounted. */
export function readHostRegistrations(mountPoint = MOUNT_POINT): readonly Registration[] {
  try {
    const names = readdirSync(mountPoint).filter((name) => name !== 'register' && name !== 'status')
    return names.map((name) => parseRegistration(name, readFileSync(join(mountPoint, name), 'utf8')))
  } catch {
    return [] // not mounted, or not to be read: the same to whoever wants to use it
  }
}

export function parseRegistration(name: string, text: string): Registration {
  const field = (key: string): string => new RegExp(`^${key}:? (.*)$`, 'm').exec(text)?.[1] ?? ''
  return {
    name,
    interpreter: field('interpreter'),
    flags: field('flags'),
    offset: Number(field('offset')),
    magic: field('magic'),
    isEnabled: text.startsWith('enabled'),
  }
}

/** The registration that runs `architecture` in any root file system. */
export function findRegistration(architecture: EmulatedArchitecture, registrations: readonly Registration[]): Registration | undefined {
  return registrations.find((one) => one.isEnabled && one.flags.includes('F') && isForArchitecture(one, architecture))
}

/** Whether it takes the programs of `architecture`, whatever its flags. */
export function isForArchitecture({ offset, magic }: Registration, architecture: EmulatedArchitecture): boolean {
  return offset === 0 && isForMachine(magic, architecture.magic)
}

/** The mask of others leaves the padding out, or not; class, byte order, type and machine decide. */
function isForMachine(theirs: string, ours: string): boolean {
  const essence = (magic: string): string => magic.slice(0, 12) + magic.slice(32)
  return theirs.length === ours.length && essence(theirs) === essence(ours)
}
