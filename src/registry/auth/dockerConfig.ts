import { mkdir, readFile, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { InvalidValueError } from '../../ground/errors.ts'
import { optionalObject, optionalString, parseJsonObject, stringMap, type JsonObject } from '../../ground/jsonValue.ts'
import { writeFileAtomically } from '../../kit/files/atomicFile.ts'
import { dockerFolder } from '../../kit/dockerFolder.ts'
import type { CredentialSource, Credentials } from '../registry.ts'
import { eraseFromHelper, getFromHelper, storeToHelper } from './credentialHelper.ts'

/*
 * Docker's `config.json`, which podman's `auth.json` is a part of: `auths` by server, `credsStore` and `credHelpers`
 * for logins that a program keeps.
 */

export interface DockerConfigOptions {
  readonly env: Readonly<Record<string, string | undefined>>
}

type SavedCredentials = Exclude<Credentials, { kind: 'registry-token' }>

/** The user's logins; each host is looked up once. @throws InvalidValueError; CredentialHelperError */
export function createDockerConfigCredentials({ env }: DockerConfigOptions): CredentialSource {
  const known = new Map<string, Credentials | undefined>()
  return {
    async credentials(host, signal) {
      if (!known.has(host)) known.set(host, await findCredentials(host, env, signal))
      return known.get(host)
    },
  }
}

/** Keeps a login where the user's Docker config says: with a helper, or in the file. @throws InvalidValueError; CredentialHelperError */
export async function saveCredentials(host: string, credentials: SavedCredentials, { env }: DockerConfigOptions, signal: AbortSignal): Promise<void> {
  const [path] = configPaths(env)
  const config = await readConfig(path)
  const helper = config === undefined ? undefined : helperFor(config, host)
  if (helper === undefined) await changeAuths(path, (auths) => ({ ...auths, [serverOf(host)]: formatEntry(credentials) }))
  else await storeToHelper({ helper, server: serverOf(host), env }, credentials, signal)
}

/** Forgets the login for `host`. Gives whether there was one. @throws InvalidValueError; CredentialHelperError */
export async function eraseCredentials(host: string, { env }: DockerConfigOptions, signal: AbortSignal): Promise<boolean> {
  const [path] = configPaths(env)
  const config = await readConfig(path)
  if (config === undefined) return false
  const helper = helperFor(config, host)
  const isErased = helper !== undefined && (await eraseFromHelper({ helper, server: serverOf(host), env }, signal))
  if (findEntry(config, host) === undefined) return isErased
  await changeAuths(path, (auths) => Object.fromEntries(Object.entries(auths).filter(([key]) => !isKeyOf(key, host))))
  return true
}

/** One of the files in which logins may be. */
export interface LoginFile {
  readonly path: string
  /** What it leaves logins to, each once; the programs are `docker-credential-<helper>`. */
  readonly helpers: readonly string[]
}

/** Those that are there, in the order they are looked through. @throws InvalidValueError */
export async function readLoginFiles({ env }: DockerConfigOptions): Promise<readonly LoginFile[]> {
  const files: LoginFile[] = []
  for (const path of configPaths(env)) {
    const config = await readConfig(path)
    if (config === undefined) continue
    const helpers = [optionalString(config, 'credsStore') ?? '', ...stringMap(config, 'credHelpers').values()]
    files.push({ path, helpers: [...new Set(helpers.filter((helper) => helper !== ''))] })
  }
  return files
}

/** A login, and where it is kept. */
export interface LocatedLogin {
  readonly credentials: Credentials
  /** The file that has it, or that names the helper; or the variable. */
  readonly path: string
  /** The program is `docker-credential-<helper>`; undefined where the file has the login itself. */
  readonly helper: string | undefined
  /** The name, or what there is instead of one. */
  readonly who: string
}

/** The login that `createDockerConfigCredentials` gives for `host`. @throws InvalidValueError; CredentialHelperError */
export async function locateLogin(host: string, { env }: DockerConfigOptions, signal: AbortSignal): Promise<LocatedLogin | undefined> {
  const given = readEntry(findEntry(givenConfig(env), host))
  if (given !== undefined) return { credentials: given, path: GIVEN, helper: undefined, who: whoIs(given) }
  for (const path of configPaths(env)) {
    const config = await readConfig(path)
    if (config === undefined) continue
    const helper = helperFor(config, host)
    const kept = helper === undefined ? undefined : await getFromHelper({ helper, server: serverOf(host), env }, signal)
    const credentials = kept ?? readEntry(findEntry(config, host))
    if (credentials !== undefined) return { credentials, path, helper: kept === undefined ? undefined : helper, who: whoIs(credentials) }
  }
  return undefined
}

/** Holds logins itself, as CI systems hand them over; they come before those of all files. */
const GIVEN = 'DOCKER_AUTH_CONFIG'

function givenConfig(env: DockerConfigOptions['env']): JsonObject {
  const text = env[GIVEN] ?? ''
  return parseJsonObject(text.trim() === '' ? '{}' : text, GIVEN)
}

function whoIs(credentials: Credentials): string {
  switch (credentials.kind) {
    case 'basic':
      return credentials.username
    case 'identity-token':
      return 'an identity token'
    case 'registry-token':
      return 'a registry token'
  }
}

async function findCredentials(host: string, env: DockerConfigOptions['env'], signal: AbortSignal): Promise<Credentials | undefined> {
  return (await locateLogin(host, { env }, signal))?.credentials
}

/** In the order they are looked through; the first is written to. */
function configPaths(env: DockerConfigOptions['env']): readonly [string, ...string[]] {
  const docker = join(dockerFolder(env), 'config.json')
  const runtimeFolder = env['XDG_RUNTIME_DIR']
  const podman = runtimeFolder === undefined ? [] : [join(runtimeFolder, 'containers', 'auth.json')]
  const chosen = env['REGISTRY_AUTH_FILE']
  return chosen === undefined ? [docker, ...podman] : [chosen, docker, ...podman]
}

async function readConfig(path: string): Promise<JsonObject | undefined> {
  const text = await readIfThere(path)
  return text === undefined || text.trim() === '' ? undefined : parseJsonObject(text, path)
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined
    throw new InvalidValueError(`cannot read ${path}`, { cause: error })
  }
}

function helperFor(config: JsonObject, host: string): string | undefined {
  const byHost = [...stringMap(config, 'credHelpers')].find(([key]) => isKeyOf(key, host))?.[1]
  const helper = byHost ?? optionalString(config, 'credsStore')
  return helper === '' ? undefined : helper
}

function findEntry(config: JsonObject, host: string): JsonObject | undefined {
  const auths = optionalObject(config, 'auths')
  const key = [...(auths?.fields.keys() ?? [])].find((name) => isKeyOf(name, host))
  return auths === undefined || key === undefined ? undefined : optionalObject(auths, key)
}

/** Docker Hub's login has a name of its own, older than its host's. */
function serverOf(host: string): string {
  return host === 'docker.io' ? 'https://index.docker.io/v1/' : host
}

/** Old clients wrote URLs. A path without a scheme is podman's, for a part of a registry. */
function isKeyOf(key: string, host: string): boolean {
  const [, scheme, name = '', path = ''] = /^(https?:\/\/)?([^/]+)(\/.*)?$/.exec(key) ?? []
  if (scheme === undefined && path !== '') return false
  return name === host || (host === 'docker.io' && (name === 'index.docker.io' || name === 'registry-1.docker.io'))
}

function readEntry(entry: JsonObject | undefined): Credentials | undefined {
  if (entry === undefined) return undefined
  const [identityToken, registryToken] = [optionalString(entry, 'identitytoken'), optionalString(entry, 'registrytoken')]
  if (identityToken !== undefined && identityToken !== '') return { kind: 'identity-token', token: identityToken }
  if (registryToken !== undefined && registryToken !== '') return { kind: 'registry-token', token: registryToken }
  const pair = Buffer.from(optionalString(entry, 'auth') ?? '', 'base64').toString()
  const colon = pair.indexOf(':')
  const username = colon > 0 ? pair.slice(0, colon) : optionalString(entry, 'username')
  const password = colon > 0 ? pair.slice(colon + 1).replace(/\0+$/, '') : optionalString(entry, 'password')
  return username === undefined || password === undefined ? undefined : { kind: 'basic', username, password }
}

function formatEntry(credentials: SavedCredentials): object {
  if (credentials.kind === 'identity-token') return { identitytoken: credentials.token }
  return { auth: Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64') }
}

/** Leaves all else in the file as it is. Where the file is a link, what it points to is written. */
async function changeAuths(path: string, change: (auths: object) => object): Promise<void> {
  const config = await readConfig(path)
  const auths = config === undefined ? undefined : optionalObject(config, 'auths')
  const changed = { ...Object.fromEntries(config?.fields ?? []), auths: change(Object.fromEntries(auths?.fields ?? [])) }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const target = await realpath(path).catch(() => path)
  await writeFileAtomically(target, `${JSON.stringify(changed, undefined, '\t')}\n`, { mode: 0o600 })
}
