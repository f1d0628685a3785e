import { parseReference } from '../../../ground/reference.ts'
import type { ProbeRequest, ProbeResult } from '../../../registry/probe/probeRegistry.ts'
import type { CommandContext } from '../../command.ts'
import { UsageError } from '../../flags/usageError.ts'
import { registryOptions, userCredentials } from '../../registry/registryAccess.ts'

export type RegistryTarget = Pick<ProbeRequest, 'host' | 'repository' | 'tag'>

/** `registry.example.com[:5000][/name[:tag]]`; of a name alone that is no host, Docker Hub's is meant, as everywhere. @throws UsageError; InvalidValueError */
export function parseRegistryTarget(text: string): RegistryTarget {
  const bare = text.replace(/^https?:\/\//, '').replace(/\/+$/, '')
  if (bare === '') throw new UsageError('no registry is named', { hint: 'such as: pelago doctor registry.example.com/team/app' })
  if (!bare.includes('/') && (/[.:]/.test(bare) || bare === 'localhost')) return { host: parseReference(`${bare}/any`).host, repository: undefined, tag: undefined }
  const { host, repository, tag } = parseReference(bare)
  return { host, repository, tag: /:[^/]+$/.test(bare) ? tag : undefined }
}

/** As the user reaches it: with their login, certificates, proxies and insecure registries. */
export async function examineRegistry(target: RegistryTarget, mayWrite: boolean, context: CommandContext, signal: AbortSignal): Promise<ProbeResult> {
  const [{ locateLogin }, { probeRegistry }] = await Promise.all([import('../../../registry/auth/dockerConfig.ts'), import('../../../registry/probe/probeRegistry.ts')])
  const login = await locateLogin(target.host, { env: context.env }, signal)
  return await probeRegistry({ ...target, mayWrite, login }, await registryOptions(context, userCredentials(context)), signal)
}
