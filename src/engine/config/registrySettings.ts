import type { HostConfig } from '../../registry/hostConfig.ts'
import type { RegistrySettings } from './engineConfig.ts'

/** An operator's settings of registries on top of a user's; mirrors of the former take the place of the latter's. */
export function withRegistries(hosts: HostConfig, registries: ReadonlyMap<string, RegistrySettings>): HostConfig {
  const all = [...registries]
  const mirrors = all.filter(([, settings]) => settings.mirrors.length > 0).map(([host, settings]) => [host, settings.mirrors] as const)
  return {
    insecure: new Set([...hosts.insecure, ...all.flatMap(([host, { isInsecure }]) => (isInsecure ? [host] : []))]),
    mirrors: new Map([...hosts.mirrors, ...mirrors]),
    certFolders: hosts.certFolders,
    certFiles: new Map(all.map(([host, { authorities, clientPair, certFolders }]) => [host, { authorities, clientPair, folders: certFolders }])),
  }
}
