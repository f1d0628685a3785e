import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of a newer Docker than the machine's, which scripts/peers fetches; perhaps not there. */
export const PEER_ROOT = execFileSync(fileURLToPath(new URL('../../../scripts/peers', import.meta.url)), ['--print'], { encoding: 'utf8' }).trim()

const PLUGIN_FOLDERS = ['/usr/libexec/docker/cli-plugins', '/usr/lib/docker/cli-plugins', '/usr/local/lib/docker/cli-plugins', join(process.env['HOME'] ?? '/', '.docker/cli-plugins')]

/** What docker buildx is started by. */
const installed = installedBuildx()
const peer = peerBuildx()

/** For a test's `skip`: why there is no docker buildx; false where there is. */
export const missingBuildx: string | false = (installed ?? peer) === undefined && 'neither installed nor fetched by scripts/peers: docker-buildx'

/** The command line of a real docker buildx: the machine's own before that of scripts/peers, or that one in any case. */
export function buildxArgv(args: readonly string[], which: 'any' | 'peer' = 'any'): readonly [string, ...string[]] {
  const [program = 'docker-buildx', ...first] = (which === 'any' ? installed : undefined) ?? peer ?? []
  return [program, ...first, ...args]
}

function installedBuildx(): readonly string[] | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...PLUGIN_FOLDERS]
  const program = folders.map((folder) => join(folder, 'docker-buildx')).find((path) => existsSync(path))
  return program === undefined ? undefined : [program]
}

function peerBuildx(): readonly string[] | undefined {
  return peerPlugin('docker-buildx')
}

/** A plugin of docker's that scripts/peers fetched. */
export function peerPlugin(name: string): readonly string[] | undefined {
  return peerArgv(join('usr/libexec/docker/cli-plugins', name))
}

/** A program of PEER_ROOT, by the loader that belongs to it: the machine's own C library may be too old. Undefined where it is not there. */
export function peerArgv(path: string): readonly string[] | undefined {
  const program = join(PEER_ROOT, path)
  const loader = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'].map((name) => join(PEER_ROOT, name)).find((name) => existsSync(name))
  if (loader === undefined || !existsSync(program)) return undefined
  const libraries = join(PEER_ROOT, 'usr/lib', process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu')
  return [loader, '--library-path', libraries, program]
}
