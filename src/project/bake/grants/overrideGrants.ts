import { parseCacheEntries } from '../entries/cacheEntry.ts'
import { parseOutputEntry } from '../entries/outputEntry.ts'
import { parseSecretEntry, type SecretEntry } from '../entries/secretEntry.ts'
import { parseSshEntry, type SshEntry } from '../entries/sshEntry.ts'
import type { Override, OverrideKey } from '../resolve/overrides.ts'
import { type Grant, grantOfEntitlement } from './grant.ts'

/** Whoever sets a path on the command line has granted it. */
export function overrideGrants(overrides: readonly Override[]): readonly Grant[] {
  return overrides.filter(({ value }) => value !== '').flatMap(({ key, value }) => GRANTS.get(key)?.(value) ?? [])
}

const GRANTS: ReadonlyMap<OverrideKey, (value: string) => readonly Grant[]> = new Map<OverrideKey, (value: string) => readonly Grant[]>([
  ['context', (value) => [read(value)]],
  ['contexts', (value) => [read(value)]],
  ['dockerfile', (value) => [read(value)]],
  ['cache-from', (value) => parseCacheEntries(value).map((entry) => read(entry.get('src') ?? ''))],
  ['cache-to', (value) => parseCacheEntries(value).map((entry) => write(entry.get('dest') ?? ''))],
  ['output', (value) => [write(parseOutputEntry(value).get('dest') ?? '')]],
  ['secrets', (value) => [readSecret(parseSecretEntry(value))]],
  ['ssh', (value) => lend(parseSshEntry(value))],
  ['entitlements', (value) => [grantOfEntitlement(value)].filter((grant) => grant !== undefined)],
  ['network', (value) => (value === 'host' ? [{ kind: 'network.host', value: '' }] : [])],
])

function readSecret({ id, source }: SecretEntry): Grant {
  return read(source === '' ? id : source)
}

function lend({ paths }: SshEntry): readonly Grant[] {
  return paths.length === 0 ? [{ kind: 'ssh', value: '' }] : paths.map(read)
}

function read(path: string): Grant {
  return { kind: 'fs.read', value: path }
}

function write(path: string): Grant {
  return { kind: 'fs.write', value: path }
}
