import { call, declare } from './syscalls/libc.ts'

/** A socket that systemd has opened for this process. */
export interface ActivatedSocket {
  readonly fd: number
  /** FileDescriptorName= of its unit; `unknown` where it has none. */
  readonly name: string
}

/** sd_listen_fds(3): the first one's number. */
const FIRST_FD = 3

/** The sockets that are for process `pid`; none where systemd gave none, or gave them to another. */
export function activatedSockets(env: Readonly<Record<string, string | undefined>>, pid: number): readonly ActivatedSocket[] {
  if (env['LISTEN_PID'] !== String(pid)) return []
  const count = Number(env['LISTEN_FDS'])
  const names = (env['LISTEN_FDNAMES'] ?? '').split(':').map((name) => (name === '' ? UNNAMED : name))
  if (!Number.isSafeInteger(count) || count < 0 || count > MOST_SOCKETS) return []
  return Array.from({ length: count }, (_, index) => ({ fd: FIRST_FD + index, name: names[index] ?? UNNAMED }))
}

const MOST_SOCKETS = 1024
const UNNAMED = 'unknown'

/** The environment without what systemd has said to this process alone. */
export function withoutSystemd(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'NOTIFY_SOCKET'].includes(name)))
}

const SOCKET = declare('socket', ['int', 'int', 'int'])
const SENDTO = declare('sendto', ['int', 'void *', 'size_t', 'int', 'void *', 'uint32_t'], 'long')
const CLOSE = declare('close', ['int'])
const AF_UNIX = 1
const SOCK_DGRAM_CLOEXEC = 2 | 0x80000
const MSG_NOSIGNAL = 0x4000

/** sd_notify(3): tells systemd how it stands, such as `READY=1`; does nothing where it does not ask. @throws SyscallError */
export function notifySystemd(env: Readonly<Record<string, string | undefined>>, state: string): void {
  const path = env['NOTIFY_SOCKET'] ?? ''
  if (!/^[/@]/.test(path)) return
  const name = Buffer.from(path.replace(/^@/, '\0'))
  const address = Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), name])
  const message = Buffer.from(state)
  const fd = call(SOCKET, [AF_UNIX, SOCK_DGRAM_CLOEXEC, 0], { syscall: 'socket', path })
  try {
    call(SENDTO, [fd, message, message.byteLength, MSG_NOSIGNAL, address, address.byteLength], { syscall: 'sendto', path })
  } finally {
    call(CLOSE, [fd], { syscall: 'close', path })
  }
}
