import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSubprocess } from '../../../src/kit/process/subprocess.ts'

/** A real dockerd of a folder of its own, that touches no network: its embedded BuildKit is a peer written in Go. */
export interface DockerDaemon extends AsyncDisposable {
  /** For `DOCKER_HOST`. */
  readonly address: string
  /** A connection on which BuildKit speaks HTTP/2. */
  openBuildKit(): Promise<Socket>
}

/** For programs in Go that live for the length of a test: a tenth less to compute for some more memory. */
export const RARE_COLLECTION = { GOGC: '400' }

export async function startDockerDaemon(): Promise<DockerDaemon> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'pelago-dockerd-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const socket = join(folder, 'docker.sock')
  const flags = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid'), '-H', `unix://${socket}`]
  const network = ['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=vfs']
  const daemon = stack.use(openSubprocess(['dockerd', ...flags, ...network], { cwd: folder, env: { PATH: process.env['PATH'] ?? '', ...RARE_COLLECTION } }, new AbortController().signal))
  await untilItListens(daemon.stderr)
  const held = stack.move()
  return { address: `unix://${socket}`, openBuildKit: () => openUpgraded(socket), [Symbol.asyncDispose]: () => held.disposeAsync() }
}

/** From the log of a dockerd, which is read on afterwards: a full pipe would stop the daemon. */
export async function untilItListens(stderr: AsyncIterable<Uint8Array>): Promise<void> {
  const listening = Promise.withResolvers<undefined>()
  const read = async (): Promise<void> => {
    let said = ''
    for await (const chunk of stderr) {
      said = (said + Buffer.from(chunk).toString()).slice(-10_000)
      if (said.includes('API listen on')) listening.resolve(undefined)
    }
    listening.reject(new Error(`dockerd did not start: ${said}`))
  }
  void read() // ends with the daemon
  await listening.promise
}

/** Docker's API hands the connection over after an HTTP/1.1 upgrade. */
export async function openUpgraded(path: string): Promise<Socket> {
  const socket = connect(path)
  await once(socket, 'connect')
  socket.write('POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
  let head = Buffer.alloc(0)
  while (!head.includes('\r\n\r\n')) head = Buffer.concat([head, ((await once(socket, 'data')) as [Buffer])[0]])
  socket.pause()
  const end = head.indexOf('\r\n\r\n') + 4
  if (!head.subarray(0, end).toString().startsWith('HTTP/1.1 101')) throw new Error(`dockerd refused: ${head.toString()}`)
  if (end < head.byteLength) socket.unshift(head.subarray(end))
  return socket
}
