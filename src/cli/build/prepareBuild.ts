import type { BuildRequest, OutputRequest } from '../../driver/driver.ts'
import { formatPlatform, isSamePlatform, type Platform } from '../../ground/platform.ts'
import type { CommandContext } from '../command.ts'
import { localPlatform, parsePlatformFlags } from '../localPlatform.ts'
import { parseProgressMode, type ProgressMode } from '../render/progressMode.ts'
import { UsageError } from '../usageError.ts'
import { findBuildContext, type BuildContext } from './buildContext.ts'
import type { BuildFlags } from './buildFlags.ts'
import { frontendAttributes } from './frontendAttributes.ts'
import { loadProgram } from './loadProgram.ts'
import { parseOutputs, parseTags } from './outputs.ts'

/** A build whose command line was found to make sense. */
export interface PreparedBuild {
  /** All but the credentials. */
  readonly request: Omit<BuildRequest, 'credentials'>
  readonly flags: BuildFlags
  readonly progress: ProgressMode
  /** What the user should know before it starts. */
  readonly notices: readonly string[]
}

/** @throws UsageError */
export async function prepareBuild(flags: BuildFlags, path: string, context: CommandContext): Promise<PreparedBuild> {
  const platforms = parsePlatformFlags(flags.platform)
  const loaded = loadPlatform(flags, platforms)
  const outputs = parseOutputs(flags, parseTags(flags.tag), {
    workingFolder: context.workingFolder,
    isStdoutTerminal: context.stdout.isTTY === true,
    loadProgram: () => loadProgram(context.env),
    loadPlatform: loaded,
  })
  const place = await findBuildContext(path, flags.file, context)
  const attributes = frontendAttributes({ flags, env: context.env, platforms, filename: place.dockerfile.filename })
  const notices = loaded === undefined || !outputs.some(({ type }) => type === 'docker') ? [] : [`note: Docker's archive holds one platform: of ${platforms.map(formatPlatform).join(', ')} it gets ${loaded}`]
  return { request: toRequest(place, attributes, outputs, flags), flags, progress: flags.quiet ? 'quiet' : parseProgressMode(flags.progress), notices }
}

function toRequest(place: BuildContext, attributes: ReadonlyMap<string, string>, outputs: readonly OutputRequest[], flags: BuildFlags): PreparedBuild['request'] {
  const { contextFolder, dockerfile } = place
  const folders = new Map([['context', contextFolder]])
  const files = new Map<string, ReadonlyMap<string, Uint8Array>>()
  if (dockerfile.kind === 'file') folders.set('dockerfile', dockerfile.folder)
  else files.set('dockerfile', new Map([[dockerfile.filename, dockerfile.bytes]]))
  const entitlements = new Set(flags.allow)
  if (flags.network === 'host') entitlements.add('network.host') // whoever writes --network host has allowed it
  return { frontend: 'dockerfile.v0', attributes, folders, files, outputs, secrets: new Map(), entitlements: [...entitlements] }
}

/** The one of several platforms that Docker's archive takes: this machine's own. @throws UsageError where it is not among them */
function loadPlatform(flags: BuildFlags, platforms: readonly Platform[]): string | undefined {
  const isDocker = flags.load || flags.output.some((text) => /(?:^|,)type=docker(?:,|$)/.test(text))
  if (!isDocker || platforms.length < 2) return undefined
  const own = localPlatform()
  if (!platforms.some((platform) => isSamePlatform(platform, own))) {
    throw new UsageError(`Docker's archive holds one platform, and this machine's, ${formatPlatform(own)}, is not among those of --platform`, { hint: 'build one platform, or use --output type=oci' })
  }
  return formatPlatform(own)
}
