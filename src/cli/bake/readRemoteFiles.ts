import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BuildRequest } from '../../driver/driver.ts'
import { createSolve } from '../../driver/solve.ts'
import { parseGitReference } from '../../ground/gitReference.ts'
import { redactUrls } from '../../ground/urlText.ts'
import { type BakeFile, DEFAULT_FILES } from '../../project/bake/bakeFile.ts'
import { DEFINITION_FOLDERS, definitionDockerfile, type RemoteDefinition } from '../../project/bake/remote.ts'
import { parseAgents } from '../build/grants/agents.ts'
import { clientParts } from '../clientParts.ts'
import type { CommandContext } from '../command.ts'
import { openEngine } from '../engine.ts'
import { UsageError } from '../flags/usageError.ts'
import { userCredentials } from '../registry/registryAccess.ts'
import { openDisplay } from '../render/display.ts'
import type { ProgressMode } from '../render/progressMode.ts'
import { gitSecrets } from './gitSecrets.ts'
import { MAX_DEFINITION_BYTES } from './readLocalFiles.ts'

export interface RemoteFiles {
  readonly files: readonly BakeFile[]
  readonly remote: RemoteDefinition
}

/**
 * The files of a git repository, of an archive by its URL, or the one that is at the URL, read by the engine as a build's
 * context is. @param names those wanted; none are those that are looked for
 * @throws UsageError where one is not there; what the engine throws
 */
export async function readRemoteFiles(url: string, names: readonly string[], { progress, context }: { readonly progress: ProgressMode; readonly context: CommandContext }, signal: AbortSignal): Promise<RemoteFiles> {
  const wanted = names.length === 0 ? DEFAULT_FILES : names
  const dockerfile = definitionDockerfile(wanted)
  const folder = await mkdtemp(join(tmpdir(), 'pelago-bake-'))
  try {
    const request = await definitionRequest(url, { dockerfile, folder }, context)
    await using engine = await openEngine(context, signal)
    {
      using display = openDisplay(progress, context)
      await createSolve(clientParts(context))(engine, request, display.sink, signal)
    }
    return await readResult({ url, folder, wanted, isNamed: names.length > 0 })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function definitionRequest(url: string, { dockerfile, folder }: { readonly dockerfile: string; readonly folder: string }, context: CommandContext): Promise<BuildRequest> {
  const secrets = [...gitSecrets(context.env)].map(([id, value]) => [id, { kind: 'env', value }] as const)
  const wantsAgent = parseGitReference(url)?.scheme === 'ssh' && (context.env['SSH_AUTH_SOCK'] ?? '') !== ''
  return {
    frontend: 'dockerfile.v0',
    attributes: new Map([['filename', 'Dockerfile'], ['context', url], ['dockerfilekey', 'dockerfile'], ['pelago.audit', 'off']]),
    folders: new Map(),
    files: new Map([['dockerfile', new Map([['Dockerfile', Buffer.from(dockerfile)]])]]),
    uploads: new Map(),
    stores: new Map(),
    writableStores: new Set(),
    cacheImports: [],
    cacheExports: [],
    outputs: [{ type: 'local', attributes: new Map(), destination: { kind: 'folder', path: folder } }],
    secrets: new Map(secrets),
    agents: await parseAgents(wantsAgent ? ['default'] : [], context),
    credentials: userCredentials(context),
    entitlements: [],
    isInternal: true,
  }
}

interface Result {
  readonly url: string
  readonly folder: string
  readonly wanted: readonly string[]
  readonly isNamed: boolean
}

async function readResult({ url, folder, wanted, isNamed }: Result): Promise<RemoteFiles> {
  const files = (await Promise.all(wanted.map(async (name, index) => await readOne(join(folder, DEFINITION_FOLDERS.named, String(index)), name)))).filter((file) => file !== undefined)
  const single = files.length > 0 || isGit(url) ? undefined : await readOne(join(folder, DEFINITION_FOLDERS.single), url)
  if (single !== undefined) return { files: [single], remote: { url, kind: 'file' } }
  const missing = isNamed ? wanted.find((name) => !files.some((file) => file.name === name)) : undefined
  if (missing !== undefined) throw new UsageError(`there is no ${missing} in ${redactUrls(url)}`, { hint: 'name files by their path in it; cwd://PATH is one of here' })
  return { files, remote: { url, kind: isGit(url) ? 'git' : 'archive' } }
}

function isGit(url: string): boolean {
  return parseGitReference(url) !== undefined
}

/** The one file of a folder. @throws UsageError where it is too large, or no file */
async function readOne(folder: string, name: string): Promise<BakeFile | undefined> {
  const [entry] = await readdir(folder).catch(() => [])
  if (entry === undefined) return undefined
  const found = await stat(join(folder, entry))
  if (!found.isFile() || found.size > MAX_DEFINITION_BYTES) throw new UsageError(`${redactUrls(name)} is ${found.isFile() ? `larger than ${MAX_DEFINITION_BYTES} bytes` : 'no file'}`)
  return { name, text: await readFile(join(folder, entry), 'utf8') }
}
