import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { PortMappingSchema, RunSpecSchema } from '../../api/gen/local_pb.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { formatReference, parseReference } from '../../ground/reference.ts'
import type { CommandContext } from '../command.ts'
import { splitKeyValue } from '../flags/csv.ts'
import { parsePlatformFlags } from '../localPlatform.ts'
import { UsageError } from '../flags/usageError.ts'
import { parseMount, parseVolume } from './mounts.ts'
import type { RunFlags } from './runFlags.ts'

/** Without a message's own marks, so that it can be spread. */
export type RunSpecInit = Omit<MessageInitShape<typeof RunSpecSchema>, '$typeName' | '$unknown'>

type RunContext = Pick<CommandContext, 'env' | 'workingFolder'>

/** What the engine is to run, but for terminal and session. @throws UsageError */
export async function parseRunSpec(flags: RunFlags, [image = '', ...command]: readonly string[], context: RunContext): Promise<RunSpecInit> {
  const network = flags.net ?? flags.network
  const [platform] = flags.platform === undefined ? [] : parsePlatformFlags([flags.platform])
  return {
    reference: formatReference(parseReference(image)),
    platform: platform === undefined ? '' : formatPlatform(platform),
    pull: flags.pull,
    command,
    ...(flags.entrypoint === undefined ? {} : { entrypoint: { argv: flags.entrypoint === '' ? [] : [flags.entrypoint] } }),
    env: await environment(flags, context),
    workdir: flags.workdir ?? '',
    user: flags.user ?? '',
    volumes: [...flags.volume.map((text) => parseVolume(text, context.workingFolder)), ...flags.mount.map((text) => parseMount(text, context.workingFolder))],
    network: network === 'bridge' ? 'default' : network,
    hostname: flags.hostname ?? '',
    readOnly: flags['read-only'],
    privileged: flags.privileged,
    addHosts: flags['add-host'].map(parseHost),
    ports: flags.publish.map(parsePort),
  }
}

async function environment(flags: RunFlags, { env, workingFolder }: RunContext): Promise<string[]> {
  const fromFiles: string[] = []
  for (const path of flags['env-file']) fromFiles.push(...(await readEnvFile(resolve(workingFolder, path), path)))
  return [...fromFiles, ...flags.env].flatMap((text) => {
    const { key, value } = splitKeyValue(text)
    if (key === '') throw new UsageError(`invalid --env: ${JSON.stringify(text)}`, { hint: 'write KEY=VALUE, or KEY to take it from the environment' })
    const taken = value ?? env[key]
    return taken === undefined ? [] : [`${key}=${taken}`]
  })
}

async function readEnvFile(path: string, written: string): Promise<readonly string[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read --env-file ${written}`, { cause: error })
  }
  return text.split(/\r?\n/).map((line) => line.trimStart()).filter((line) => line !== '' && !line.startsWith('#'))
}

function parseHost(text: string): string {
  const [, host = '', address = ''] = /^([^:=]+)[:=](.+)$/.exec(text) ?? []
  const bare = address.replace(/^\[(.*)\]$/, '$1')
  if (host === '' || isIP(bare) === 0) throw new UsageError(`invalid --add-host: ${JSON.stringify(text)}`, { hint: 'write HOST:IP, such as db:10.0.0.5' })
  return `${host}=${bare}`
}

const PORT = /^(?:(?<ip>\[[0-9a-fA-F:]+\]|[0-9.]+):)?(?<host>\d+):(?<container>\d+)(?:\/(?<protocol>tcp|udp))?$/

function parsePort(text: string): MessageInitShape<typeof PortMappingSchema> {
  const fields = PORT.exec(text)?.groups
  const ports = [Number(fields?.['host']), Number(fields?.['container'])] as const
  if (fields === undefined || ports.some((port) => !(port >= 1 && port <= 65_535))) {
    throw new UsageError(`invalid --publish: ${JSON.stringify(text)}`, { hint: 'write [IP:]HOST:CONTAINER[/tcp|udp], such as 8080:80' })
  }
  const [hostPort, containerPort] = ports
  return { hostIp: (fields['ip'] ?? '').replace(/^\[|\]$/g, ''), hostPort, containerPort, protocol: fields['protocol'] ?? 'tcp' }
}
