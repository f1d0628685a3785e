import { call, declare } from '../../../src/kit/syscalls/libc.ts'

/** Where systemd listens for what a service says of itself (sd_notify(3)); Node has no datagrams of this kind. */
export interface NotifySocket extends Disposable {
  /** The next message that has come; '' where none has. */
  next(): string
}

const AF_UNIX = 1
const SOCK_DGRAM = 2
const MSG_DONTWAIT = 0x40
const MAX_BYTES = 4096

/** @param name a path, or `@` and an abstract name */
export function openNotifySocket(name: string): NotifySocket {
  const fd = call(declare('socket', ['int', 'int', 'int']), [AF_UNIX, SOCK_DGRAM, 0], { syscall: 'socket', path: name })
  const address = Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(name.replace(/^@/, '\0'))])
  call(declare('bind', ['int', 'void *', 'uint32_t']), [fd, address, address.byteLength], { syscall: 'bind', path: name })
  return {
    next() {
      const got = Buffer.alloc(MAX_BYTES)
      try {
        const length = call(declare('recv', ['int', 'void *', 'size_t', 'int'], 'long'), [fd, got, got.byteLength, MSG_DONTWAIT], { syscall: 'recv', path: name })
        return got.toString('utf8', 0, length)
      } catch {
        return '' // EAGAIN
      }
    },
    [Symbol.dispose]: () => void call(declare('close', ['int']), [fd], { syscall: 'close', path: name }),
  }
}
