import { DEFAULT_PATH } from '../../ground/oci/defaultPath.ts'
import { emptyImageConfig, type ImageConfig } from '../../ground/oci/imageConfig.ts'
import type { Platform } from '../../ground/platform.ts'

/** Of files that come without one: as BuildKit's. */
export function plainConfig(platform: Platform): ImageConfig {
  const config = emptyImageConfig(platform)
  return { ...config, container: { ...config.container, env: [`PATH=${DEFAULT_PATH}`], workingDir: '/' } }
}
