import { stat } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { isHttpUrl } from '../../ground/urlText.ts'
import type { BuildTarget } from '../../project/buildTarget.ts'
import { BUILD_FLAGS, type BuildFlags } from '../build/buildFlags.ts'
import { parseFlags } from '../flags/flags.ts'
import { UsageError } from '../flags/usageError.ts'

/** The flags of `pelago build` that mean the same as the target. @throws UsageError where it has a value that its flag does not take */
export async function targetFlags(target: BuildTarget, workingFolder: string): Promise<BuildFlags> {
  const defaults = parseFlags(BUILD_FLAGS, [], { commandName: target.name }).flags
  checkNetwork(target)
  return {
    ...defaults,
    ...imageFlags(target),
    ...stepFlags(target),
    file: await dockerfilePath(target, workingFolder),
    platform: target.platforms,
    output: target.outputs,
    call: target.call ?? defaults.call,
  }
}

function imageFlags({ labels, tags, annotations, stage, contexts, args, attests, cacheFrom, cacheTo }: BuildTarget): Partial<BuildFlags> {
  return {
    tag: tags,
    annotation: annotations,
    label: assignments(labels),
    target: stage,
    'build-arg': assignments(args),
    'build-context': assignments(contexts),
    attest: attests,
    'cache-from': cacheFrom,
    'cache-to': cacheTo,
  }
}

function stepFlags({ secrets, ssh, entitlements, extraHosts, ulimits, shmSize, network, pull, noCache, noCacheFilter }: BuildTarget): Partial<BuildFlags> {
  return { secret: secrets, ssh, allow: entitlements, 'add-host': extraHosts, ulimit: ulimits, 'shm-size': shmSize, network: network ?? 'default', pull, 'no-cache': noCache, 'no-cache-filter': noCacheFilter }
}

function assignments(values: ReadonlyMap<string, string>): readonly string[] {
  return [...values].map(([key, value]) => `${key}=${value}`)
}

function checkNetwork({ name, network }: BuildTarget): void {
  if (network !== undefined && !['default', 'host', 'none'].includes(network)) throw new UsageError(`target ${name}: invalid network: ${JSON.stringify(network)}`, { hint: 'steps have the network default, host or none' })
}

/** A relative one is in the context; that of a folder is found from where the command was called. */
async function dockerfilePath({ context, dockerfile, dockerfileInline }: BuildTarget, workingFolder: string): Promise<string | undefined> {
  if (dockerfileInline !== undefined || dockerfile === undefined) return undefined
  if (isAbsolute(dockerfile) || isHttpUrl(dockerfile) || !(await isFolder(resolve(workingFolder, context)))) return dockerfile
  return join(context, dockerfile)
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true
}
