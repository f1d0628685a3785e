import { formatPlatform, type Platform } from './platform.ts'
import { formatFamiliar, type Reference } from './reference.ts'

/** A software package as the package-url specification (`pkg:type/namespace/name@version?qualifiers`) has it. */
export interface PackageUrl {
  /** `docker`, `deb`, `apk`, `npm`, … */
  readonly type: string
  /** With `/` between its parts; '' is none. */
  readonly namespace: string
  readonly name: string
  /** '' is none. */
  readonly version: string
  /** Those without a value are left out. */
  readonly qualifiers: ReadonlyMap<string, string>
}

/** Escaped as the specification has it, or as `escape` does. */
export function formatPackageUrl({ type, namespace, name, version, qualifiers }: PackageUrl, escape: PackageUrlEscape = SPECIFIED): string {
  const path = [...namespace.split('/').filter((part) => part !== ''), name].map(escape.segment).join('/')
  const told = [...qualifiers].filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1))
  const query = told.map(([key, value]) => `${key}=${escape.value(value)}`).join('&')
  return `pkg:${type}/${path}${version === '' ? '' : `@${escape.segment(version)}`}${query === '' ? '' : `?${query}`}`
}

export interface PackageUrlEscape {
  /** For namespace, name and version. */
  readonly segment: (text: string) => string
  /** For qualifiers. */
  readonly value: (text: string) => string
}

/** All but letters, digits and `.-_~:` in percents. */
const SPECIFIED: PackageUrlEscape = { segment: toPercents, value: toPercents }

function toPercents(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll('%3A', ':').replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** An image, as BuildKit names it in attestations: by the name that people write, with `latest` where there is neither tag nor digest. */
export function imagePackageUrl(reference: Reference, platform: Platform | undefined): string {
  const path = formatFamiliar({ ...reference, tag: undefined, digest: undefined }).split('/')
  return formatPackageUrl({
    type: 'docker',
    namespace: path.slice(0, -1).join('/'),
    name: path.at(-1) ?? '',
    version: reference.tag ?? '',
    qualifiers: new Map([['digest', reference.digest ?? ''], ['platform', platform === undefined ? '' : formatPlatform(platform)]]),
  }, BUILDKITS)
}

/** A colon stays, as in `localhost:5000`, and so does what no URL has a meaning for. */
const BUILDKITS: PackageUrlEscape = {
  segment: (text) => encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%2B', '+'),
  value: (text) => encodeURIComponent(text).replaceAll('%3A', ':'),
}
