import { InvalidValueError } from '../ground/errors.ts'
import type { Exporter } from './exporter.ts'
import type { ExporterDeps } from './exporterDeps.ts'
import { createImageExporter } from './imageExporter.ts'
import { createLayoutExporter } from './layoutExporter.ts'
import { createLocalExporter } from './localExporter.ts'
import { createTarExporter } from './tarExporter.ts'

/** An exporter as a solve asks for it. */
export interface ExporterRequest {
  /** BuildKit's names: `image`, `oci`, `docker`, `tar`, `local`. */
  readonly type: string
  readonly attributes: ReadonlyMap<string, string>
  /** Which one it is of the solve's exporters: so the client knows where to put what comes. */
  readonly index: number
}

/** Reads all attributes, so that a mistake is told before the build begins. @throws InvalidValueError */
export function createExporter({ type, attributes, index }: ExporterRequest, deps: ExporterDeps): Exporter {
  switch (type) {
    case 'image':
      return createImageExporter(deps, attributes)
    case 'oci':
    case 'docker':
      return createLayoutExporter(deps, type, index, attributes)
    case 'tar':
      return createTarExporter(deps, index, attributes)
    case 'local':
      return createLocalExporter(deps, index, attributes)
    default:
      throw new InvalidValueError(`unknown exporter ${JSON.stringify(type)}`, { hint: 'use image, oci, docker, tar or local' })
  }
}
