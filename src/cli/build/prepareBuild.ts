import { randomUUID } from 'node:crypto'
import type { BuildRequest, CacheRequest, OutputRequest } from '../../driver/driver.ts'
import { ownCaches } from '../../driver/nodes/cacheNames.ts'
import { formatPlatform, isSamePlatform, type Platform } from '../../ground/platform.ts'
import type { CommandContext } from '../command.ts'
import { localPlatform, parsePlatformFlags } from '../localPlatform.ts'
import { parseProgressMode, type ProgressMode } from '../render/progressMode.ts'
import { UsageError } from '../flags/usageError.ts'
import { parseAgents } from './grants/agents.ts'
import { findBuildContext, type BuildContext } from './buildContext.ts'
import { completeCaches } from './completeCaches.ts'
import { parseCacheExports, parseCacheImports } from './cacheFlags.ts'
import { parseNamedContexts, type NamedContextParts } from './namedContexts.ts'
import type { BuildFlags } from './buildFlags.ts'
import { downloadDockerfile } from './downloadDockerfile.ts'
import { readEntitlements } from './grants/entitlements.ts'
import type { FolderCaches } from './folderCaches.ts'
import { frontendAttributes } from './frontendAttributes.ts'
import { parseCall, type FrontendCall } from './frontendCall.ts'
import { loadProgram } from './loadProgram.ts'
import { parseOutputs, parseTags } from './outputs.ts'
import { parseSecrets } from './grants/secrets.ts'
import { readSourcePolicy } from './sourcePolicy.ts'

/** A build whose command line was found to make sense. */
export interface PreparedBuild {
  /** One after the other; all but the credentials. */
  readonly requests: readonly [BuildStep, ...BuildStep[]]
  readonly flags: BuildFlags
  /** What is asked of the frontend instead; undefined is a build. */
  readonly call: FrontendCall | undefined
  readonly progress: ProgressMode
  /** Where the Dockerfile is a file here: its folder, absolute. */
  readonly dockerfileFolder: string | undefined
  /** What the user should know before it starts. */
  readonly notices: readonly string[]
}

export type BuildStep = Omit<BuildRequest, 'credentials'>

/** What a build begins with. */
export interface BuildPlace {
  /** A folder, a URL, a git repository, or `-`. */
  readonly path: string
  /** The Dockerfile itself; undefined where it is a file. */
  readonly inlineDockerfile?: string | undefined
}

/** @throws UsageError */
export async function prepareBuild(flags: BuildFlags, { path, inlineDockerfile }: BuildPlace, context: CommandContext, signal: AbortSignal): Promise<PreparedBuild> {
  const platforms = parsePlatformFlags(flags.platform)
  const call = parseCall(flags)
  const outputs = call !== undefined ? [] : parseOutputs(flags, parseTags(flags.tag), {
    workingFolder: context.workingFolder,
    isStdoutTerminal: context.stdout.isTTY === true,
    loadProgram: () => loadProgram(context.env),
  })
  const { workingFolder, openStdin, env } = context
  const place = await findBuildContext(path, flags.file, { workingFolder, openStdin, inlineDockerfile, download: (url, maxBytes) => downloadDockerfile(url, maxBytes, env, signal) })
  const attributes = await withVcs(frontendAttributes({ flags, env, platforms, filename: place.dockerfile.filename }), place, { env, signal })
  const [secrets, agents] = [await parseSecrets(flags.secret, context), await parseAgents(flags.ssh, context)]
  const named = await parseNamedContexts(flags['build-context'], workingFolder)
  const placed = (caches: readonly CacheRequest[]): readonly CacheRequest[] => (flags.part === undefined ? caches : ownCaches(caches, platforms.length > 0 ? platforms : [localPlatform()]))
  const imports = await completeCaches(placed(parseCacheImports(flags['cache-from'])), env, signal)
  const exports = await completeCaches(call !== undefined ? [] : placed(parseCacheExports(flags['cache-to'], buildArgsOf(attributes))), env, signal)
  const sourcePolicy = await readSourcePolicy(context)
  const caches = await withFolders({ cacheImports: imports.requests, cacheExports: exports.requests }, workingFolder, signal)
  const notices = [...new Set([...imports.notices, ...exports.notices, ...caches.notices])]
  const request = toRequest({ place, named }, { attributes, outputs, secrets, agents, sourcePolicy, caches }, flags)
  const dockerfileFolder = place.dockerfile.kind === 'file' ? place.dockerfile.folder : undefined
  const progress = flags.quiet ? 'quiet' : parseProgressMode(flags.progress)
  if (platforms.length < 2 || !outputs.some(isDocker)) return { requests: [request], call, flags, progress, dockerfileFolder, notices }
  if (place.context.kind === 'upload') throw new UsageError('a context on stdin can be built for Docker\'s archive or for several platforms, not both', { hint: 'build one platform, or use --output type=oci' })
  const loaded = loadPlatform(platforms)
  return { requests: splitForDocker(request, loaded), call, flags, progress, dockerfileFolder, notices: [...notices, `note: Docker's archive holds one platform: it gets ${loaded}`] }
}

/** Most builds have no caches in folders. */
async function withFolders(caches: Pick<BuildStep, 'cacheImports' | 'cacheExports'>, workingFolder: string, signal: AbortSignal): Promise<FolderCaches> {
  const isPlain = ![...caches.cacheImports, ...caches.cacheExports].some(({ type }) => type === 'local')
  if (isPlain) return { ...caches, stores: new Map(), writableStores: new Set(), notices: [] }
  const { findFolderCaches } = await import('./folderCaches.ts')
  return await findFolderCaches(caches, workingFolder, signal)
}

/** Only provenance tells it. */
async function withVcs(attributes: ReadonlyMap<string, string>, { context, dockerfile }: BuildContext, { env, signal }: Pick<CommandContext, 'env'> & { readonly signal: AbortSignal }): Promise<ReadonlyMap<string, string>> {
  if (!attributes.has('attest:provenance') || context.kind !== 'folder') return attributes
  const { vcsAttributes } = await import('./attest/vcsAttributes.ts')
  return new Map([...attributes, ...(await vcsAttributes({ context: context.path, dockerfile: dockerfile.kind === 'file' ? dockerfile.folder : context.path }, { env }, signal))])
}

/** Docker's archives are made after all the rest, of one platform, from what is then built; where they are all, the local store has the other platforms. */
function splitForDocker(request: BuildStep, platform: string): PreparedBuild['requests'] {
  const others = request.outputs.filter((output) => !isDocker(output))
  const docker = request.outputs.filter(isDocker)
  const kept: OutputRequest = { type: 'image', attributes: docker[0]?.attributes ?? new Map(), destination: { kind: 'none' } }
  return [
    { ...request, outputs: others.length === 0 ? [kept] : others },
    { ...request, outputs: docker, cacheExports: [], attributes: new Map([...request.attributes, ['platform', platform], ['pelago.audit', 'off']]) }, // judged with the rest
  ]
}

function buildArgsOf(attributes: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const prefix = 'build-arg:'
  return new Map([...attributes].flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [])))
}

function isDocker({ type }: OutputRequest): boolean {
  return type === 'docker'
}

interface Contexts {
  readonly place: BuildContext
  readonly named: NamedContextParts
}

function toRequest({ place, named }: Contexts, { caches, ...parts }: Pick<BuildStep, 'attributes' | 'outputs' | 'secrets' | 'agents' | 'sourcePolicy'> & { readonly caches: Omit<FolderCaches, 'notices'> }, flags: BuildFlags): BuildStep {
  const { context, dockerfile } = place
  const folders = new Map(named.folders)
  const files = new Map<string, ReadonlyMap<string, Uint8Array>>()
  if (context.kind === 'folder') folders.set('context', context.path)
  if (context.kind === 'empty') files.set('context', new Map())
  if (dockerfile.kind === 'file') folders.set('dockerfile', dockerfile.folder)
  if (dockerfile.kind === 'bytes') files.set('dockerfile', new Map([[dockerfile.filename, dockerfile.bytes]]))
  const uploads = context.kind === 'upload' ? new Map([[randomUUID(), context.bytes]]) : new Map<string, AsyncIterable<Uint8Array>>()
  return { frontend: 'dockerfile.v0', ...parts, attributes: new Map([...parts.attributes, ...named.attributes, ...contextAttributes(place, uploads)]), folders, files, uploads, stores: new Map([...named.stores, ...caches.stores]), writableStores: caches.writableStores, cacheImports: caches.cacheImports, cacheExports: caches.cacheExports, entitlements: readEntitlements(flags) }
}

/** As BuildKit's clients tell it of a context that is no folder. */
function contextAttributes({ context, dockerfile }: BuildContext, uploads: BuildStep['uploads']): readonly (readonly [key: string, value: string])[] {
  const apart = dockerfile.kind === 'inside' ? [] : ([['dockerfilekey', 'dockerfile']] as const)
  switch (context.kind) {
    case 'folder':
    case 'empty':
      return []
    case 'remote':
      return [['context', context.text], ...apart]
    case 'upload':
      return [...[...uploads.keys()].map((name) => ['context', `http://buildkit-session/${name}`] as const), ...apart]
  }
}

/** The one of several platforms that Docker's archive takes: this machine's own. @throws UsageError where it is not among them */
function loadPlatform(platforms: readonly Platform[]): string {
  const own = localPlatform()
  if (!platforms.some((platform) => isSamePlatform(platform, own))) {
    throw new UsageError(`Docker's archive holds one platform, and this machine's, ${formatPlatform(own)}, is not among those of --platform`, { hint: 'build one platform, or use --output type=oci' })
  }
  return formatPlatform(own)
}
