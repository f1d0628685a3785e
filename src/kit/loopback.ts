import { isIP } from 'node:net'

/** Whether `host`, a name or an address without brackets, is this machine, and reached by nobody else. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
