import { readFileSync } from 'node:fs'
import { asByteString, bytesOf, fromText, type ByteString } from '../../kit/byteString.ts'
import { pause } from '../../kit/retry.ts'
import { unmount, UNMOUNT_FLAG } from '../../kit/syscalls/mount.ts'
import { removeTree } from './fileTree.ts'
import { isCode } from './layerFile.ts'

/** Programs that were just killed may hold a mount for a moment longer. */
const BUSY_ATTEMPTS = 20
const BUSY_PAUSE_MS = 10

/** Unmounts once nobody uses it any more; where somebody goes on, the mount leaves his sight only. Nothing where there is no mount. */
export async function unmountTree(target: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await unmount(target, attempt < BUSY_ATTEMPTS ? 0 : UNMOUNT_FLAG.detach)
      return
    } catch (error) {
      if (isCode(error, 'EINVAL', 'ENOENT')) return
      if (!isCode(error, 'EBUSY') || attempt >= BUSY_ATTEMPTS) throw error
    }
    await pause(BUSY_PAUSE_MS, NEVER)
  }
}

/** Cleaning up is not cancelled. */
const NEVER = new AbortController().signal

/** Removes a folder, and whatever is mounted in it in this mount namespace. */
export async function removeMounted(path: string): Promise<void> {
  const root = fromText(path)
  for (const target of mountPoints().filter((point) => point.startsWith(`${root}/`)).toReversed()) {
    await unmount(bytesOf(target), UNMOUNT_FLAG.detach)
  }
  await removeTree(root)
}

/** In the order in which they were mounted: proc(5), `/proc/pid/mountinfo`. */
function mountPoints(): readonly ByteString[] {
  const lines = readFileSync('/proc/self/mountinfo', 'latin1').split('\n')
  return lines.flatMap((line) => {
    const point = line.split(' ')[4]
    return point === undefined ? [] : [asByteString(point.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))))]
  })
}
