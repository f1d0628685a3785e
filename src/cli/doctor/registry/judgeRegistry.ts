import type { Ability, Observation } from '../../../registry/probe/observation.ts'
import type { Finding } from '../finding.ts'

/** What it means where something is not there, or not as it should be, and what can be done. */
interface Meaning {
  /** Of what is not there. */
  readonly state: 'warn' | 'fail'
  readonly remedy: string | undefined
}

const NOTHING_TO_DO: Meaning = { state: 'warn', remedy: undefined }

/** What was seen, as findings. Nothing here goes by the registry's name. */
export function judgeRegistry(observations: readonly Observation[], host: string): readonly Finding[] {
  return observations.map(({ ability, outcome, detail, hint }) => {
    const state = outcome === 'yes' ? 'ok' : outcome === 'no' ? meaningOf(ability, observations, host).state : 'warn'
    return { check: ability, state, detail, remedy: state === 'ok' || outcome === 'unknown' ? undefined : (hint ?? meaningOf(ability, observations, host).remedy) }
  })
}

/** Whether an index of either kind is taken; undefined where that was not tried. */
export function holdsSeveralPlatforms(observations: readonly Observation[]): boolean | undefined {
  const indexes = observations.filter(({ ability, outcome }) => (ability === 'OCI index' || ability === 'Docker list') && outcome !== 'unknown')
  return indexes.length === 0 ? undefined : indexes.some(({ outcome }) => outcome !== 'no')
}

function meaningOf(ability: Ability, observations: readonly Observation[], host: string): Meaning {
  if (ability === 'login') return { state: 'fail', remedy: `pelago login ${host}` }
  if ((ability === 'OCI index' || ability === 'Docker list') && holdsSeveralPlatforms(observations) === false) {
    return { state: 'fail', remedy: `give each platform a tag of its own: pelago build --platform linux/amd64 -t ${host}/NAME:TAG-amd64 --push .` }
  }
  return MEANINGS.get(ability) ?? NOTHING_TO_DO
}

const MEANINGS: ReadonlyMap<Ability, Meaning> = new Map<Ability, Meaning>([
  ['reachable', { state: 'fail', remedy: undefined }],
  ['TLS', { state: 'fail', remedy: undefined }],
  ['clock', { state: 'warn', remedy: "set the clock that is wrong: tokens and certificates are judged by it" }],
  ['tokens', { state: 'warn', remedy: 'nothing need be done: they are renewed in time' }],
  ['rate limit', { state: 'warn', remedy: `wait until it starts anew, or log in: logged-in users often get more` }],
  ['pull', { state: 'fail', remedy: undefined }],
  ['push', { state: 'fail', remedy: undefined }],
  ['HEAD', { state: 'warn', remedy: 'nothing need be done: GET is used instead' }],
  ['ranges', { state: 'warn', remedy: 'a download that breaks begins anew: pull near the registry, or by a mirror' }],
  ['referrers API', { state: 'warn', remedy: 'signatures and the like are found by tags instead' }],
  ['chunked uploads', { state: 'warn', remedy: "where a proxy limits the size of requests, raise its limit above that of the largest layer" }],
  ['mounts', { state: 'warn', remedy: 'layers of base images are sent anew to each repository' }],
  ['OCI manifest', { state: 'warn', remedy: "nothing need be done: Docker's types are pushed instead, and that is told" }],
  ['OCI index', { state: 'warn', remedy: "nothing need be done: a Docker list is pushed instead, and that is told" }],
  ['Docker manifest', { state: 'warn', remedy: 'build with OCI types, as is the default' }],
  ['Docker list', { state: 'warn', remedy: 'build with OCI types, as is the default' }],
  ['nested index', { state: 'warn', remedy: 'an index must name its images itself, not by other indexes' }],
  ['artifacts', { state: 'warn', remedy: 'attestations are left out of what is pushed, and that is told' }],
  ['zstd layers', { state: 'warn', remedy: 'build with gzip, as is the default' }],
  ['delete', { state: 'warn', remedy: 'what was left is told below; it is collected by the registry, or by who runs it' }],
])
