import { readFileSync } from 'node:fs'

/** Names the time since the machine was last started. '' where the kernel does not say: then no start is told from another. */
export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}
