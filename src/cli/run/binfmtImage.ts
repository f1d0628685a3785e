import { InvalidValueError } from '../../ground/errors.ts'
import { formatPlatform, parsePlatform } from '../../ground/platform.ts'
import { formatRepository, parseReference } from '../../ground/reference.ts'
import { splitKeyValue } from '../flags/csv.ts'

/**
 * Images that are run to have this machine's kernel emulate other platforms. Pelago does that by itself, for what it
 * builds and runs, so that it answers in their place.
 */
const BINFMT_IMAGES: ReadonlySet<string> = new Set(['docker.io/tonistiigi/binfmt', 'docker.io/multiarch/qemu-user-static', 'docker.io/docker/binfmt', 'docker.io/linuxkit/binfmt', 'docker.io/aptman/qus', 'docker.io/dbhi/qus'])

/** What is asked of such an image. */
export type BinfmtRequest =
  | { readonly kind: 'show' }
  /** `platforms` are those asked for by name; undefined is all. */
  | { readonly kind: 'install'; readonly platforms: readonly string[] | undefined }
  | { readonly kind: 'uninstall' }

/** Undefined where `image` is another, or is asked for something else: then it is run. @throws InvalidValueError on a platform that is none */
export function parseBinfmtRequest(image: string, [flag, ...rest]: readonly string[]): BinfmtRequest | undefined {
  if (!BINFMT_IMAGES.has(formatRepository(parseReference(image)))) return undefined
  const isRegistration = !image.includes('tonistiigi/')
  if (flag === undefined) return isRegistration ? { kind: 'install', platforms: undefined } : { kind: 'show' }
  if (isRegistration) return flag.startsWith('-') ? { kind: 'install', platforms: undefined } : undefined
  const { key, value = rest[0] ?? '' } = splitKeyValue(flag.replace(/^--?/, '--'))
  if (key === '--uninstall') return { kind: 'uninstall' }
  return key === '--install' ? { kind: 'install', platforms: value === 'all' ? undefined : value.split(',').filter((text) => text !== '').map(platformOf) } : undefined
}

function platformOf(text: string): string {
  try {
    return formatPlatform(parsePlatform(text))
  } catch (error) {
    throw new InvalidValueError(`there is no platform ${JSON.stringify(text)} to install`, { hint: 'name architectures, such as arm64,arm, or all', cause: error })
  }
}
