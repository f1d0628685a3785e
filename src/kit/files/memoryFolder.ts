import { mount, MOUNT_FLAG, unmount, UNMOUNT_FLAG } from '../syscalls/mount.ts'
import { SyscallError } from '../syscalls.ts'

/** A folder whose files are in memory alone, for as long as this process lives: its mount namespace must be its own. */
export interface MemoryFolder extends AsyncDisposable {
  /** False where mounting is refused: then the folder is as it was. */
  readonly isInMemory: boolean
}

/** Mounts memory on the empty folder `path`, `sizeBytes` of it at most; disposing takes it away with all that is in it. */
export function mountMemory(path: string, sizeBytes?: number): MemoryFolder {
  try {
    mount({ source: 'tmpfs', target: path, type: 'tmpfs', flags: MOUNT_FLAG.nosuid | MOUNT_FLAG.nodev, data: `mode=0700${sizeBytes === undefined ? '' : `,size=${sizeBytes}`}` })
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error
    return { isInMemory: false, [Symbol.asyncDispose]: async () => undefined }
  }
  return { isInMemory: true, [Symbol.asyncDispose]: () => unmount(path, UNMOUNT_FLAG.detach) }
}
