import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { tool } from '../images/unpackedImage.ts'

/** Where a server listens, and how its program is run there: on this machine's loopback, or as a LabMachine says. */
export interface ServerPlace {
  readonly address: string
  readonly argvThere: (argv: readonly [string, ...string[]]) => readonly [string, ...string[]]
}

export const HERE: ServerPlace = { address: '127.0.0.1', argvThere: (argv) => argv }

/** A real `sshd` that lets in whoever has its one key. */
export interface SshServer extends AsyncDisposable {
  /** `user@127.0.0.1` */
  readonly host: string
  readonly address: string
  readonly port: number
  /** A private key, without a passphrase. */
  readonly keyFile: string
  /** Its public key, as a line of a known_hosts file has it. */
  readonly hostKey: string
}

const ATTEMPTS = 100

/** `environment` is what commands there have on top of their user's. */
export async function startSshServer(environment: Readonly<Record<string, string>> = {}, { address, argvThere }: ServerPlace = HERE): Promise<SshServer> {
  const folder = await mkdtemp(join(tmpdir(), 'pelago-sshd-'))
  await chmod(folder, 0o700)
  for (const name of ['host', 'key']) await tool('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name))
  await writeFile(join(folder, 'authorized'), await readFile(join(folder, 'key.pub')), { mode: 0o600 })
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true }) // what its package's service makes
  const port = await freePort()
  const settings = [`Port ${port}`, `ListenAddress ${address}`, `HostKey ${folder}/host`, `AuthorizedKeysFile ${folder}/authorized`, `PidFile ${folder}/pid`, 'StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'PermitRootLogin yes']
  const variables = Object.entries(environment).map(([name, value]) => `"${name}=${value}"`)
  if (variables.length > 0) settings.push(`SetEnv ${variables.join(' ')}`)
  await writeFile(join(folder, 'config'), settings.join('\n'))
  const [program, ...args] = argvThere(['/usr/sbin/sshd', '-D', '-e', '-f', join(folder, 'config')])
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  server.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  for (let attempt = 0; !said.includes('listening'); attempt++) {
    if (attempt === ATTEMPTS || server.exitCode !== null) throw new Error(`sshd did not start: ${said}`)
    await delay(50)
  }
  return {
    host: `${userInfo().username}@${address}`,
    address,
    port,
    keyFile: join(folder, 'key'),
    hostKey: `[${address}]:${port} ${(await readFile(join(folder, 'host.pub'), 'utf8')).trim()}`,
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit')
      server.kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
