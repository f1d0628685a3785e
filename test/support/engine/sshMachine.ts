import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openPelago, type Pelago } from '../pelago.ts'
import { HERE, startSshServer, type ServerPlace, type SshServer } from '../servers/sshServer.ts'

/** Another machine, as far as one machine can be two: an sshd whose commands have a store, a home and a PATH of their own. */
export interface SshMachine extends AsyncDisposable {
  /** What its commands see; its `run` is a command there. */
  readonly pelago: Pelago
  readonly server: SshServer
  /** To be put before the client's PATH: an `ssh` that reads a configuration of the test's. */
  readonly clientPath: string
}

const PELAGO = fileURLToPath(new URL('../../../bin/pelago', import.meta.url))

/** The client's ssh knows the machine as `big`, as `stranger` without its key, and as `refusing` with a key that it does not let in. */
export async function startSshMachine(place: ServerPlace = HERE, settings: Readonly<Record<string, string>> = {}): Promise<SshMachine> {
  await using undo = new AsyncDisposableStack()
  const pelago = undo.use(await openPelago(settings))
  const [there, here] = ['there', 'here'].map((name) => join(pelago.folder, name)) as [string, string]
  for (const folder of [there, here]) await mkdir(folder)
  await symlink(PELAGO, join(there, 'pelago'))
  const server = undo.use(await startSshServer({ ...pelago.env, PATH: [there, '/usr/bin', '/bin', '/usr/sbin', '/sbin'].join(delimiter) }, place))
  await writeFile(join(here, 'known'), `${server.hostKey}\n`)
  await writeFile(join(here, 'config'), clientConfig(server, join(here, 'known')))
  await writeFile(join(here, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${join(here, 'config')} "$@"\n`, { mode: 0o755 })
  const held = undo.move()
  return { pelago, server, clientPath: here, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

function clientConfig({ host, address, port, keyFile }: SshServer, known: string): string {
  const [user = ''] = host.split('@')
  const hosts = [
    { name: 'big', key: keyFile, known },
    { name: 'stranger', key: keyFile, known: '/dev/null' },
    { name: 'refusing', key: '/dev/null', known },
  ]
  return hosts.map((one) => [`Host ${one.name}`, `  HostName ${address}`, `  Port ${port}`, `  User ${user}`, '  IdentitiesOnly yes', '  IdentityAgent none', `  IdentityFile ${one.key}`, `  UserKnownHostsFile ${one.known}`, '  StrictHostKeyChecking ask', ''].join('\n')).join('')
}
