import { redactUrls } from '../../../ground/urlText.ts'
import { openSubprocess } from '../../../kit/process/subprocess.ts'
import type { ErrorKind } from '../../../ground/errors.ts'
import { RemoteSourceError } from '../remoteError.ts'

/** How git reaches a remote. */
export interface GitAccess {
  /** As git takes it. */
  readonly remote: string
  /** The header of HTTP requests to it, `Authorization: …`; '' is none. */
  readonly header: string
  /** The socket of an ssh agent; '' is none. */
  readonly agentSocket: string
  /** The file of keys by which ssh hosts are known. */
  readonly knownHosts: string
  /** Whether a host that is not in it may be added. */
  readonly learnsHosts: boolean
}

export interface GitCall {
  /** For the error. */
  readonly access: GitAccess
  readonly args: readonly string[]
  readonly cwd: string
  /** On top of what keeps repositories from doing anything of their own. */
  readonly env?: Readonly<Record<string, string>>
  /** What git says while it works. */
  readonly onOutput?: (bytes: Uint8Array) => void
}

/** The user's own git, kept from all configuration but what is given here. */
export interface GitProgram {
  /** What it prints. @throws GitFailedError; RemoteSourceError where there is no git */
  run(call: GitCall, signal: AbortSignal): Promise<string>
  /** As `run`, of what need not be text. */
  read(call: GitCall, signal: AbortSignal): Promise<Uint8Array>
}

/** A list of refs may be long; it is never longer than this. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024
const MAX_ERROR_BYTES = 16 * 1024

/** Files and folders as git makes them with the usual mask, whatever the user's is. */
const WITH_MASK = ['sh', '-c', 'umask 022; exec "$@"', 'sh'] as const

/** Neither hooks, nor programs named by a repository, nor work in the background. */
const SETTINGS: readonly (readonly [key: string, value: string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['safe.directory', '*'],
  ['protocol.file.allow', 'user'],
  ['credential.helper', ''],
  ['init.defaultBranch', 'master'],
  ['advice.detachedHead', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  // A server that sends next to nothing for a minute is as good as gone
  ['http.lowSpeedLimit', '100'],
  ['http.lowSpeedTime', '60'],
]

/** Given on to git: how the machine reaches the network. */
const NETWORK_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO']

/** `env`: of the engine. */
export function createGitProgram(env: Readonly<Record<string, string | undefined>>): GitProgram {
  const network = Object.fromEntries(NETWORK_VARIABLES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
  const fixed = {
    ...network,
    PATH: env['PATH'] ?? '/usr/bin:/bin',
    LC_ALL: 'C',
    HOME: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'http:https:ssh:git',
    GIT_TEMPLATE_DIR: '',
  }
  const read: GitProgram['read'] = async ({ access, args, cwd, env: extra, onOutput }, signal) => {
    const argv = [...WITH_MASK, 'git', ...SETTINGS.flatMap(([key, value]) => ['-c', `${key}=${value}`]), ...accessArgs(access), ...args] as const
    await using process = openSubprocess(argv, { cwd, env: { ...fixed, ...accessEnv(access), ...extra } }, signal)
    const [stdout, stderr] = await Promise.all([readOutput(process.stdout), readErrors(process.stderr, onOutput)])
    const exitCode = await process.exitCode
    signal.throwIfAborted()
    if (exitCode === 127 && /git: not found|git: No such/.test(stderr)) throw new RemoteSourceError(access.remote, 'git cannot be started', { kind: 'unavailable', hint: "install git on the builder's machine" })
    if (exitCode !== 0) throw new GitFailedError(access, stderr)
    return stdout
  }
  return { read, run: async (call, signal) => Buffer.from(await read(call, signal)).toString() }
}

/** By name of a variable: what stands among the arguments, every user of the machine can read. */
function accessArgs({ remote, header }: GitAccess): readonly string[] {
  return header === '' ? [] : [`--config-env=http.${headerScope(remote)}.extraheader=PELAGO_GIT_HEADER`]
}

/** A token for one repository of GitHub is as good for its submodules there. */
function headerScope(remote: string): string {
  return /^https:\/\/(?:www\.)?github\.com\//.exec(remote)?.[0] ?? remote
}

function accessEnv({ header, agentSocket, knownHosts, learnsHosts }: GitAccess): Record<string, string> {
  const options = ['BatchMode=yes', `UserKnownHostsFile=${knownHosts}`, 'GlobalKnownHostsFile=/dev/null', `StrictHostKeyChecking=${learnsHosts ? 'accept-new' : 'yes'}`, 'IdentityFile=none', 'ConnectTimeout=30']
  return {
    GIT_SSH_COMMAND: `ssh -F /dev/null ${options.map((option) => `-o '${option}'`).join(' ')}`,
    ...(agentSocket !== '' && { SSH_AUTH_SOCK: agentSocket }),
    ...(header !== '' && { PELAGO_GIT_HEADER: header }),
  }
}

async function readOutput(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of stream) {
    sizeBytes += chunk.byteLength
    if (sizeBytes <= MAX_OUTPUT_BYTES) chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The end of it: that is where git says what was wrong. */
async function readErrors(stream: AsyncIterable<Uint8Array>, onOutput: ((bytes: Uint8Array) => void) | undefined): Promise<string> {
  let tail = ''
  for await (const chunk of stream) {
    const text = redactUrls(Buffer.from(chunk).toString())
    onOutput?.(Buffer.from(text))
    tail = (tail + text).slice(-MAX_ERROR_BYTES)
  }
  return tail
}

/** Git refused, or failed. */
export class GitFailedError extends RemoteSourceError {
  /** What it said, in full. */
  readonly output: string
  constructor({ remote }: GitAccess, output: string) {
    const found = FAILURES.find(({ pattern }) => pattern.test(output))
    super(remote, lastWords(output), { kind: found?.kind ?? 'unavailable', hint: found?.hint(remote) })
    this.output = output
  }
}

function lastWords(output: string): string {
  const lines = output.split(/[\r\n]+/).map((line) => line.trim()).filter((line) => line !== '')
  const reason = lines.find((line) => /^(?:Host key verification failed|\S+: Permission denied)/.test(line)) // git itself says only that it could not read
  const said = reason ?? lines.findLast((line) => /^(?:fatal|error|ERROR|remote|ssh|Host key|Permission denied)\b/.test(line)) ?? lines.at(-1) ?? 'git failed'
  return said.replace(/^(?:fatal|error): /, '')
}

interface Failure {
  readonly pattern: RegExp
  readonly kind: ErrorKind
  readonly hint: (remote: string) => string
}

/** As git and its servers put it. */
const FAILURES: readonly Failure[] = [
  { pattern: /Host key verification failed|REMOTE HOST IDENTIFICATION/, kind: 'denied', hint: () => "the host's key is another one than before: find out why, then remove the line from git/known_hosts in the store" },
  { pattern: /Permission denied|publickey/, kind: 'denied', hint: () => 'let the build use your ssh agent: --ssh default' },
  { pattern: /could not read Username|Authentication failed|HTTP 40[13]|returned error: 40[13]|Invalid username or/, kind: 'denied', hint: (remote) => `give a token by a secret: --secret id=GIT_AUTH_TOKEN${/^https?:\/\/(?:[^/@]*@)?([^/]+)/.exec(remote)?.[1] === undefined ? '' : ',env=…'}` },
  { pattern: /not found|does not exist|not appear to be a git repository|returned error: 404/i, kind: 'not-found', hint: () => 'check the URL, and whether the repository is private' },
  { pattern: /transport '[^']*' not allowed|protocol '[^']*' not/i, kind: 'denied', hint: () => 'repositories may only refer to others by http, https, ssh and git' },
]
