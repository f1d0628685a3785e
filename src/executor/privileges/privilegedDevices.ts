import { accessSync, constants } from 'node:fs'

/** What BuildKit gives a step without a sandbox beside the usual devices. */
const DEVICES: readonly string[] = [
  '/dev/kmsg', '/dev/cuse', '/dev/fuse', '/dev/kvm', '/dev/net/tun', '/dev/loop-control', ...Array.from({ length: 8 }, (_, index) => `/dev/loop${index}`),
]

/** Those of them that the machine has and this process may use: nobody can give what he has not got himself. */
export function findPrivilegedDevices(): readonly string[] {
  return DEVICES.filter(isUsable)
}

function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}
