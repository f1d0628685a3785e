import { contextKey, parseNamedContext, type NamedContexts } from '../../dockerfile/lower/contexts/namedContext.ts'
import type { TwinKind } from '../../dockerfile/lower.ts'
import { parseRemoteContext, type RemoteContext } from '../../dockerfile/lower/contexts/remoteContext.ts'
import { ACCELERATE, ACCELERATE_MODES, type AccelerateMode } from '../../graph/accelerate.ts'
import { isBuiltInFrontend } from '../../dockerfile/frontendImage.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { objectList, parseJsonObject, requiredString, stringMap } from '../../ground/jsonValue.ts'
import { parsePlatform, type Platform } from '../../ground/platform.ts'
import { parseAttestationOrders, type AttestationOrders } from '../attestation/attestationOrders.ts'
import type { AuditMode, CacheRequest } from '../engine.ts'
import { checkFrontendCaps } from './unsupportedByFrontend.ts'
import type { ExtraHost, NetworkMode, Ulimit } from '../../graph/vertex.ts'

/** The attributes of frontend `dockerfile.v0`, read. */
export interface FrontendAttributes {
  readonly filename: string
  /** Names of the session's folders. */
  readonly contextFolder: string
  readonly dockerfileFolder: string
  /** Those that another session of the client has, by name. */
  readonly folderSessions: ReadonlyMap<string, string>
  /** Whether the Dockerfile comes from the client even where the context does not. */
  readonly hasOwnDockerfile: boolean
  /** A context that is no folder of the client. */
  readonly remoteContext: RemoteContext | undefined
  /** The key of the input that is the context; undefined where the attributes name none. */
  readonly contextInput: string | undefined
  /** Where in the context its files are; '' is all of it. */
  readonly contextPart: string
  /** Ignore files of folders not yet read. */
  readonly namedContexts: NamedContexts
  /** Empty: the engine's own. */
  readonly platforms: readonly Platform[]
  readonly isMultiPlatform: boolean
  readonly target: string | undefined
  readonly buildArgs: ReadonlyMap<string, string>
  readonly labels: ReadonlyMap<string, string>
  readonly noCache: 'none' | 'all' | readonly string[]
  /** `pull` asks the registry even where the image is in the local store. */
  readonly imageResolveMode: 'default' | 'pull' | 'local'
  readonly networkMode: NetworkMode
  readonly extraHosts: readonly ExtraHost[]
  readonly ulimits: readonly Ulimit[]
  readonly shmSizeBytes: number
  readonly hostname: string
  /** Pelago's own: what comes of what the audit of the result finds. */
  readonly audit: AuditMode
  /** Pelago's own: which native twins the emulated steps are given. */
  readonly accelerate: TwinKind | undefined
  readonly cacheImports: readonly CacheRequest[]
  /** What is asked instead of a build: `frontend.outline`. Undefined is a build. */
  readonly requestId: string | undefined
  /** Of a plan: what the build would then do with its result. `files` needs all of them here; `push` may. */
  readonly plannedOutput: 'none' | 'files' | 'push'
  readonly attestations: AttestationOrders
  /** All of them, as they were given. */
  readonly given: ReadonlyMap<string, string>
}

/** @throws InvalidValueError on a value that is none; FrontendCapMissingError */
export function parseFrontendAttributes(attributes: ReadonlyMap<string, string>): FrontendAttributes {
  const get = (key: string): string => attributes.get(key) ?? ''
  const getOr = (key: string, fallback: string): string => get(key) || fallback
  const optional = (key: string): string | undefined => get(key) || undefined
  checkFrontendCaps(splitCsv(get('frontend.caps')))
  const platforms = splitCsv(get('platform')).map((platform) => parsePlatform(platform))
  return {
    filename: get('filename') || 'Dockerfile',
    contextFolder: get('contextkey') || 'context',
    dockerfileFolder: get('dockerfilekey') || 'dockerfile',
    folderSessions: withPrefix(attributes, 'local-sessionid:'),
    hasOwnDockerfile: attributes.has('dockerfilekey'),
    remoteContext: parseContext(attributes),
    contextInput: INPUT.exec(contextText(attributes))?.[1],
    contextPart: get('contextsubdir'),
    namedContexts: parseNamedContexts(withPrefix(attributes, 'context:')),
    platforms,
    isMultiPlatform: platforms.length > 1 || isTrue(get('multi-platform')) || isTrue(get('build-arg:BUILDKIT_MULTI_PLATFORM')),
    target: optional('target'),
    buildArgs: withPrefix(attributes, 'build-arg:'),
    labels: withPrefix(attributes, 'label:'),
    noCache: parseNoCache(attributes.get('no-cache')),
    imageResolveMode: parseChoice('image-resolve-mode', getOr('image-resolve-mode', 'default'), ['default', 'pull', 'local']),
    networkMode: parseNetwork(get('force-network-mode')),
    extraHosts: splitCsv(get('add-hosts')).map(parseExtraHost),
    ulimits: splitCsv(get('ulimit')).map(parseUlimit),
    shmSizeBytes: get('shm-size') === '' ? 0 : parseCount('shm-size', get('shm-size')),
    hostname: get('hostname') || get('build-arg:BUILDKIT_SANDBOX_HOSTNAME'),
    audit: parseChoice('pelago.audit', getOr('pelago.audit', 'warn'), ['error', 'warn', 'off']),
    accelerate: TWIN_KINDS[parseChoice(ACCELERATE, getOr(ACCELERATE, 'off'), ACCELERATE_MODES)],
    cacheImports: parseCacheImports(get('cache-imports')),
    requestId: optional('requestid'),
    plannedOutput: parseChoice('pelago.output', getOr('pelago.output', 'none'), ['none', 'files', 'push']),
    attestations: parseAttestationOrders(attributes),
    given: attributes,
  }
}

const TWIN_KINDS: Readonly<Record<AccelerateMode, TwinKind | undefined>> = {
  on: { mode: 'tools', hasToolchain: false },
  toolchain: { mode: 'tools', hasToolchain: true },
  verify: { mode: 'verify', hasToolchain: false },
  'verify-toolchain': { mode: 'verify', hasToolchain: true },
  off: undefined,
}

const INPUT = /^input:(.+)$/s

function contextText(attributes: ReadonlyMap<string, string>): string {
  return attributes.get(attributes.get('contextkey') ?? 'context') ?? ''
}

/** @throws InvalidValueError where it is neither a git reference nor a URL */
function parseContext(attributes: ReadonlyMap<string, string>): RemoteContext | undefined {
  const text = contextText(attributes)
  if (text === '' || INPUT.test(text)) return undefined
  const keepGitFolder = isTrue(attributes.get('build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR') ?? '')
  const context = parseRemoteContext(text, { keepGitFolder, folder: attributes.get('contextsubdir') ?? '' })
  if (context === undefined) throw new InvalidValueError(`a build context is a folder, a URL, a git reference or an input, not ${JSON.stringify(text)}`)
  return context
}

/** Of a build that another frontend makes: what is said of a result by the engine itself. The rest is for that frontend, and may be anything. @throws InvalidValueError */
export function parseResultAttributes(attributes: ReadonlyMap<string, string>): FrontendAttributes {
  const source = attributes.get('source') ?? ''
  const own = [...attributes].filter(([key]) => OWN.has(key) || OWN_PREFIXES.some((prefix) => key.startsWith(prefix)) || isContextOf(source, key))
  return { ...parseFrontendAttributes(new Map(own)), given: attributes }
}

const OWN = new Set(['cache-imports', 'image-resolve-mode'])
const OWN_PREFIXES = ['attest:', 'pelago.', 'build-arg:SOURCE_DATE_EPOCH', 'vcs:', 'local-sessionid:']

/** Whether an attribute says what stands for the image `source`. */
function isContextOf(source: string, key: string): boolean {
  const [, name = ''] = /^context:(.*?)(?:::.*)?$/s.exec(key) ?? []
  return source !== '' && name !== '' && contextKey(name, undefined) === contextKey(source, undefined)
}

/** Refused rather than left out. @throws InvalidValueError on an attribute that asks for what is not there */
export function checkKnownAttributes({ given }: FrontendAttributes): void {
  for (const [key, value] of given) checkKnown(key, value, given.has('cmdline'))
}

function parseNamedContexts(texts: ReadonlyMap<string, string>): NamedContexts {
  return new Map(
    [...texts].map(([key, text]) => {
      const [name = '', platform] = key.split('::')
      return [contextKey(name, platform === undefined ? undefined : parsePlatform(platform)), parseNamedContext(key, text)]
    }),
  )
}

/** Understood, or without effect on what is built. */
const KNOWN = new Set([
  'filename', 'context', 'contextsubdir', 'contextkey', 'dockerfilekey', 'platform', 'multi-platform', 'target', 'no-cache', 'image-resolve-mode', 'force-network-mode',
  'add-hosts', 'ulimit', 'shm-size', 'hostname', 'frontend.caps', 'cmdline', 'requestid', 'pelago.output', 'pelago.audit', 'cache-imports',
])
/** `pelago.` is what history tells of the client's side; `input-metadata:` repeats what is known of a result that is an input. */
const KNOWN_PREFIXES = ['pelago.', 'attest:', 'context:', 'build-arg:', 'label:', 'vcs:', 'sharedkey:', 'local-sessionid:', 'input-metadata:']
const LATER = new Map([
  ['cgroup-parent', 'control groups of steps'],
  ['cache-from', 'caches by their name alone'],
])

function checkKnown(key: string, value: string, isForwarded: boolean): void {
  if (KNOWN.has(key) || KNOWN_PREFIXES.some((prefix) => key.startsWith(prefix)) || isHarmless(key, value, isForwarded)) return
  const what = LATER.get(key)
  if (what !== undefined) throw new InvalidValueError(`${what} are not supported yet: ${key}=${value}`)
  throw new InvalidValueError(`unknown frontend attribute: ${key}`)
}

/** What BuildKit's clients send unasked, and what says no more than the default: another frontend that asks this one has a source of its own. */
function isHarmless(key: string, value: string, isForwarded: boolean): boolean {
  return key === 'source' && (isForwarded || isBuiltInFrontend(value))
}

function withPrefix(attributes: ReadonlyMap<string, string>, prefix: string): ReadonlyMap<string, string> {
  return new Map([...attributes].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]))
}

/** A JSON list, as BuildKit's clients send it. @throws InvalidValueError */
export function parseCacheImports(text: string): readonly CacheRequest[] {
  if (text === '') return []
  return objectList(parseJsonObject(`{"imports":${text}}`, 'cache-imports'), 'imports').map((object) => ({ type: requiredString(object, 'Type'), attributes: stringMap(object, 'Attrs') }))
}

function splitCsv(text: string): readonly string[] {
  return text.split(',').map((part) => part.trim()).filter((part) => part !== '')
}

function isTrue(text: string): boolean {
  return text === '1' || text.toLowerCase() === 'true'
}

function parseNoCache(value: string | undefined): FrontendAttributes['noCache'] {
  if (value === undefined) return 'none'
  return value === '' ? 'all' : splitCsv(value)
}

function parseChoice<T extends string>(key: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === value)
  if (choice === undefined) throw new InvalidValueError(`invalid ${key}: ${JSON.stringify(value)}`, { hint: `one of ${choices.join(', ')}` })
  return choice
}

function parseNetwork(value: string): NetworkMode {
  const mode = parseChoice('force-network-mode', value || 'default', ['default', 'sandbox', 'host', 'none'])
  return mode === 'sandbox' ? 'default' : mode
}

function parseExtraHost(text: string): ExtraHost {
  const [host = '', ip = ''] = text.split(/[=:](.*)/s)
  if (host === '' || ip === '') throw new InvalidValueError(`invalid host entry: ${JSON.stringify(text)}`, { hint: 'write host=ip' })
  return { host, ip }
}

function parseUlimit(text: string): Ulimit {
  const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text)
  if (match === null) throw new InvalidValueError(`invalid ulimit: ${JSON.stringify(text)}`, { hint: 'write name=soft[:hard], such as nofile=1024:2048' })
  const [, name = '', soft = '', hard = soft] = match
  return { name, soft: Number(soft), hard: Number(hard) }
}

function parseCount(key: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidValueError(`invalid ${key}: ${JSON.stringify(text)}`, { hint: 'write a number of bytes' })
  return Number(text)
}
