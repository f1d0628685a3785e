import { parsePlatform, type Platform } from '../ground/platform.ts'
import { UsageError } from './flags/usageError.ts'

/** The platform of the machine that the command runs on. */
export function localPlatform(): Platform {
  return parsePlatform(`linux/${ARCHITECTURES.get(process.arch) ?? process.arch}`)
}

/** Node's names that are not OCI's. */
const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  ['ppc64', 'ppc64le'],
  ['mipsel', 'mipsle'],
])

/** Platforms as `--platform` names them, `local` among them; each once. @throws UsageError */
export function parsePlatformFlags(texts: readonly string[]): readonly Platform[] {
  const platforms = texts.map((text) => (text.trim() === 'local' ? localPlatform() : parseOne(text.trim())))
  return platforms.filter((platform, index) => platforms.findIndex((other) => other.os === platform.os && other.architecture === platform.architecture && other.variant === platform.variant) === index)
}

function parseOne(text: string): Platform {
  try {
    return parsePlatform(text)
  } catch (error) {
    throw new UsageError(`invalid --platform: ${JSON.stringify(text)}`, { hint: 'write os/arch[/variant], such as linux/arm64 or linux/arm/v7', cause: error })
  }
}
