import { closeSync, constants, openSync } from 'node:fs'
import { call, declare, SyscallError } from '../syscalls/libc.ts'

const IOCTL = declare('ioctl', ['int', 'ulong', 'void *'])
/** The kernel takes four bytes, whatever the number says of their size. */
const [FS_IOC_GETFLAGS, FS_IOC_SETFLAGS] = [0x80086601, 0x40086602]
const FS_TOPDIR_FL = 0x00020000

/**
 * Tells the file system that the folders in `folder` have nothing to do with each other, as chattr(1) has it under `T`:
 * ext4 then puts each where there is most room, and what comes into it beside it. Else all stand close together, where
 * every new file is looked for a place among those that were just removed, and between those that others make meanwhile.
 * False where the file system has no such mark.
 */
export function spreadFolders(folder: string): boolean {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const flags = Buffer.alloc(8)
    call(IOCTL, [fd, FS_IOC_GETFLAGS, flags], { syscall: 'ioctl FS_IOC_GETFLAGS', path: folder })
    flags.writeUInt32LE((flags.readUInt32LE() | FS_TOPDIR_FL) >>> 0)
    call(IOCTL, [fd, FS_IOC_SETFLAGS, flags], { syscall: 'ioctl FS_IOC_SETFLAGS', path: folder })
    return true
  } catch (error) {
    if (error instanceof SyscallError) return false
    throw error
  } finally {
    closeSync(fd)
  }
}
