import type { Entry } from '../entries/entry.ts'
import type { SecretEntry } from '../entries/secretEntry.ts'
import { HERE, isRemote } from '../resolve/placeTargets.ts'
import type { ResolvedBake, ResolvedTarget } from '../resolve/resolvedBake.ts'
import { grantOfEntitlement, type GrantKind, type WantedGrant } from './grant.ts'

/** All that targets ask for, with paths as they are written: those under folders that are open to them too. */
export function wantedGrants({ targets }: Pick<ResolvedBake, 'targets'>): readonly WantedGrant[] {
  return [...targets.values()].flatMap((target) => [...entitlements(target), ...contexts(target), ...lent(target), ...caches(target), ...outputs(target)])
}

function want(target: ResolvedTarget, kind: GrantKind, value: string, what: string): WantedGrant {
  return { kind, value, purpose: `target ${target.name}: ${what}` }
}

function entitlements(target: ResolvedTarget): readonly WantedGrant[] {
  return (target.entitlements ?? []).flatMap((text) => {
    const grant = grantOfEntitlement(text)
    return grant === undefined ? [] : [want(target, grant.kind, grant.value, 'entitlements')]
  })
}

function contexts(target: ResolvedTarget): readonly WantedGrant[] {
  const context = localPath(target.context)
  const dockerfile = target.dockerfile.startsWith(HERE) ? target.dockerfile.slice(HERE.length) : context === undefined || isRemote(target.dockerfile) ? undefined : target.dockerfile.startsWith('/') ? target.dockerfile : `${context}/${target.dockerfile}`
  const named = [...target.contexts].flatMap(([name, place]) => {
    const path = localPath(place)
    return path === undefined ? [] : [want(target, 'fs.read', path, `context ${name}`)]
  })
  return [...(context === undefined ? [] : [want(target, 'fs.read', context, 'context')]), ...(dockerfile === undefined || target.dockerfileInline !== undefined ? [] : [want(target, 'fs.read', dockerfile, 'dockerfile')]), ...named]
}

/** Undefined for what is no path of here. */
function localPath(place: string): string | undefined {
  if (place.startsWith(HERE)) return place.slice(HERE.length)
  if (place.startsWith('oci-layout://')) return place.slice('oci-layout://'.length).replace(/[@:][^/]*$/, '')
  return isRemote(place) || place.startsWith('target:') || place.startsWith('docker-image:') ? undefined : place
}

/** A secret of neither file nor variable may be the file of its id. */
function lent(target: ResolvedTarget): readonly WantedGrant[] {
  const path = ({ id, source, variable }: SecretEntry): string => (source !== '' ? source : variable === '' ? id : '')
  const secrets = (target.secrets ?? []).filter((secret) => path(secret) !== '').map((secret) => want(target, 'fs.read', path(secret), `secret ${secret.id}`))
  const agents = (target.ssh ?? []).flatMap(({ id, paths }) => (paths.length === 0 ? [want(target, 'ssh', '', `ssh ${id}`)] : paths.map((one) => want(target, 'fs.read', one, `ssh ${id}`))))
  return [...secrets, ...agents]
}

function caches(target: ResolvedTarget): readonly WantedGrant[] {
  const paths = (entries: readonly Entry[] | undefined, key: string): readonly string[] => (entries ?? []).filter((entry) => entry.get('type') === 'local').flatMap((entry) => entry.get(key) ?? [])
  return [...paths(target.cacheFrom, 'src').map((path) => want(target, 'fs.read', path, 'cache-from')), ...paths(target.cacheTo, 'dest').map((path) => want(target, 'fs.write', path, 'cache-to'))]
}

function outputs(target: ResolvedTarget): readonly WantedGrant[] {
  const paths = (target.outputs ?? []).map((entry) => entry.get('dest') ?? entry.get('destination') ?? '')
  return paths.filter((path) => path !== '' && path !== '-').map((path) => want(target, 'fs.write', path, 'output'))
}
