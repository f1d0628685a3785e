import { BuildError } from '../ground/errors.ts'

/** A manifest, index, config or layout that does not say what it must, or says too much. */
export class ImageInvalidError extends BuildError {
  readonly kind = 'corrupt'
}

/** Runs a parser of outside bytes; what it refuses is the image's fault. @throws ImageInvalidError */
export function parseImagePart<T>(what: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof BuildError) throw new ImageInvalidError(`invalid ${what}: ${error.message}`, { cause: error })
    throw error
  }
}
