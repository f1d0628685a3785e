import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { redactUrls } from '../../ground/urlText.ts'
import { openSubprocess } from '../../kit/process/subprocess.ts'
import { looksLikePart } from './buildPart.ts'
import type { Revision } from './buildSource.ts'

type Environment = Readonly<NodeJS.ProcessEnv>

/** Where CI services tell the commit they have checked out: GitHub, GitLab, Buildkite, CircleCI, Azure, Jenkins, Drone. */
const VARIABLES = ['GITHUB_SHA', 'CI_COMMIT_SHA', 'BUILDKITE_COMMIT', 'CIRCLE_SHA1', 'BUILD_SOURCEVERSION', 'GIT_COMMIT', 'DRONE_COMMIT_SHA'] as const

/** More files than can be told in so much have changed: then it does not matter which. */
const MAX_STATUS_BYTES = 256 * 1024

/** What git, or else a CI service, says of the commit in `folder`; undefined where neither does. */
export async function readRevision(folder: string, env: Environment, signal: AbortSignal): Promise<Revision | undefined> {
  const found = await askGit(folder, ['rev-parse', '--show-toplevel', '--show-prefix', 'HEAD'], env, signal)
  if (found === undefined) return toldRevision(env)
  const [top = '', prefix = '', commit = ''] = found.text.split('\n')
  if (!isCommit(commit)) return toldRevision(env)
  const remote = await askGit(folder, ['remote', 'get-url', 'origin'], env, signal)
  return { kind: 'git', commit, isDirty: await isDirty(folder, top, env, signal), folder: prefix.replace(/\/$/, ''), remote: redactUrls(remote?.text.trim() ?? '') }
}

function toldRevision(env: Environment): Revision | undefined {
  for (const variable of VARIABLES) {
    const commit = env[variable]
    if (commit !== undefined && isCommit(commit)) return { kind: 'told', commit, variable }
  }
  return undefined
}

function isCommit(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
}

/** Files that git ignores do not count, and neither do the parts of earlier builds. */
async function isDirty(folder: string, top: string, env: Environment, signal: AbortSignal): Promise<boolean> {
  const status = await askGit(folder, ['status', '--porcelain=v1', '-z', '--untracked-files=normal', '--', '.'], env, signal)
  if (status?.isWhole !== true) return true
  for (const entry of status.text.split('\0').filter((text) => text !== '')) {
    const isNewPart = entry.startsWith('?? ') && (await isPartFile(join(top, entry.slice(3))))
    if (!isNewPart) return true
  }
  return false
}

/** Reads its beginning; false where there is no such file. */
export async function isPartFile(path: string): Promise<boolean> {
  if (path.endsWith('/')) return false
  try {
    await using file = await open(path, 'r')
    if (!(await file.stat()).isFile()) return false
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0)
    return looksLikePart(buffer.subarray(0, bytesRead))
  } catch {
    return false // not there, or not to be read: no part of ours
  }
}

interface GitAnswer {
  readonly text: string
  readonly isWhole: boolean
}

/** Undefined where git is not there, or has nothing to say. It takes no lock, and starts no program that the repository names. */
async function askGit(folder: string, words: readonly string[], env: Environment, signal: AbortSignal): Promise<GitAnswer | undefined> {
  const set = Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
  await using child = openSubprocess(['git', '-C', folder, '-c', 'core.fsmonitor=false', ...words], { cwd: '/', env: { ...Object.fromEntries(set), GIT_OPTIONAL_LOCKS: '0' } }, signal)
  void drain(child.stderr).catch(() => undefined) // a full pipe would stop it
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of child.stdout) {
    chunks.push(chunk)
    sizeBytes += chunk.byteLength
    if (sizeBytes > MAX_STATUS_BYTES) return { text: '', isWhole: false }
  }
  const exitCode = await child.exitCode.catch(() => -1) // no git
  signal.throwIfAborted()
  return exitCode === 0 ? { text: Buffer.concat(chunks).toString(), isWhole: true } : undefined
}

async function drain(stream: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]()
  while ((await iterator.next()).done !== true) continue
}
