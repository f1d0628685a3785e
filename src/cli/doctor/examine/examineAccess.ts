import { X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BuildError } from '../../../ground/errors.ts'
import { findProgram, type Environment } from '../../../kit/enterNamespaces.ts'
import { readLoginFiles } from '../../../registry/auth/dockerConfig.ts'
import { readHostConfig } from '../../../registry/hostConfig.ts'
import type { Attempt, CertificateFacts, HelperFacts, LoginFacts, ProxyFacts } from './machineFacts.ts'
import { runBriefly } from './runBriefly.ts'

/** A helper that asks its user something does not answer. */
const ANSWER_MS = 5_000

export async function examineSettings(env: Environment): Promise<Attempt> {
  try {
    await readHostConfig(env)
    return { kind: 'works' }
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    return { kind: 'fails', reason: error.message }
  }
}

export async function examineLogins(env: Environment, signal: AbortSignal): Promise<LoginFacts> {
  try {
    const files = await readLoginFiles({ env })
    const programs = [...new Set(files.flatMap(({ helpers }) => helpers.map((helper) => `docker-credential-${helper}`)))]
    const helpers = await Promise.all(programs.map((program) => examineHelper(program, env, signal)))
    return { kind: 'read', paths: files.map(({ path }) => path), helpers }
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    return { kind: 'unreadable', reason: error.message }
  }
}

/** `list` names the servers that it keeps logins for, and no secret: it is asked, and what it says is not looked at. */
async function examineHelper(program: string, env: Environment, signal: AbortSignal): Promise<HelperFacts> {
  const path = findProgram(program, env)
  if (path === undefined) return { program, answer: undefined }
  const limit = AbortSignal.timeout(ANSWER_MS)
  try {
    const { exitCode, stdout, stderr } = await runBriefly([path, 'list'], env, AbortSignal.any([signal, limit]))
    if (exitCode === 0) return { program, answer: { kind: 'works' } }
    const [said = ''] = `${stderr}\n${stdout}`.split('\n').filter((line) => line.trim() !== '')
    return { program, answer: { kind: 'fails', reason: said === '' ? `exit code ${exitCode}` : said.slice(0, MAX_REASON) } }
  } catch (error) {
    signal.throwIfAborted()
    return { program, answer: { kind: 'fails', reason: limit.aborted ? `no answer within ${ANSWER_MS / 1000} seconds` : (error as Error).message } }
  }
}

const MAX_REASON = 200

/** Those in the folders of hosts, as registries are reached with them. None where the settings cannot be read. */
export async function examineCertificates(env: Environment): Promise<readonly CertificateFacts[]> {
  const found: CertificateFacts[] = []
  const folders = await readHostConfig(env).then(({ certFolders }) => certFolders, () => [])
  for (const path of await namesIn(await namesIn(folders))) {
    if (/\.(?:crt|cert|key)$/.test(path)) found.push(await examineCertificate(path))
  }
  return found
}

/** Paths of all that is in the folders; of what is no folder nothing. */
async function namesIn(folders: readonly string[]): Promise<readonly string[]> {
  const names = await Promise.all(folders.map(async (folder) => (await readdir(folder).catch(() => [])).map((name) => join(folder, name))))
  return names.flat()
}

async function examineCertificate(path: string): Promise<CertificateFacts> {
  try {
    const text = await readFile(path)
    if (path.endsWith('.key')) return { path, problem: text.includes('PRIVATE KEY') ? undefined : 'it is no private key in PEM' }
    const { validFromDate, validToDate } = new X509Certificate(text)
    const now = Date.now()
    if (validFromDate.getTime() > now) return { path, problem: `it is valid from ${validFromDate.toISOString()} only: is the clock right?` }
    return { path, problem: validToDate.getTime() < now ? `it has expired on ${validToDate.toISOString()}` : undefined }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    return { path, problem: code === 'EACCES' ? 'it may not be read' : code.startsWith('ERR_') ? 'it is no certificate in PEM' : 'it cannot be read' }
  }
}

const PROXIES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'] as const

export function examineProxies(env: Environment): readonly ProxyFacts[] {
  return PROXIES.flatMap((name) => [name.toUpperCase(), name]).flatMap((name) => {
    const value = env[name] ?? ''
    if (value === '') return []
    return name.toLowerCase() === 'no_proxy' ? [{ name, value, problem: undefined }] : [examineProxy(name, value)]
  })
}

function examineProxy(name: string, value: string): ProxyFacts {
  const address = value.includes('://') ? value : `http://${value}`
  const parsed = URL.parse(address)
  if (parsed === null) return { name, value: 'set', problem: 'it is no URL' }
  const shown = `${parsed.protocol}//${parsed.host}`
  return { name, value: shown, problem: ['http:', 'https:'].includes(parsed.protocol) ? undefined : `${parsed.protocol.slice(0, -1)} proxies are not supported` }
}
