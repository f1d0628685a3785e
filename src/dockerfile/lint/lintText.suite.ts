import { digestOf } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { emptyImageConfig, type ImageConfig } from '../../ground/oci/imageConfig.ts'
import { formatPlatform, parsePlatform, type Platform } from '../../ground/platform.ts'
import type { DockerfileWarning } from '../dockerfileWarning.ts'
import { checkDockerfile, type CheckedDockerfile, type ImageResolver, type LowerRequest } from '../lower.ts'
import { lowerRequest } from '../lowerRequest.suite.ts'
import { distinctWarnings } from './lintDockerfile.ts'

const AMD64 = parsePlatform('linux/amd64')
const SIGNAL = new AbortController().signal

export interface LintOptions extends Partial<LowerRequest> {
  /** What is built; amd64 is what runs natively. */
  readonly platforms?: readonly string[]
}

class NoSuchImageError extends BuildError {
  readonly kind = 'not-found'
}

/**
 * Has every image but `missing`, for every platform. `lone` is for amd64 whatever one asks for, and so is an image that is
 * named by a digest of ones; `shelled` has a SHELL.
 */
export const TEST_IMAGES: ImageResolver = {
  async resolveImage(reference, platform) {
    if (reference.includes('missing')) throw new NoSuchImageError(`no such image: ${reference}`)
    const isLone = reference.includes('lone') || reference.includes('@sha256:1111')
    const manifest = digestOf(`${reference} ${isLone ? '' : formatPlatform(platform)}`)
    const root = isLone ? manifest : digestOf(reference)
    return { reference: `${reference.replace(/@.*/, '')}@${root}`, manifest, config: configOf(reference, isLone ? AMD64 : platform) }
  },
}

function configOf(reference: string, platform: Platform): ImageConfig {
  const empty = emptyImageConfig(platform)
  const container = { ...empty.container, env: ['PATH=/bin', 'LANG=C'], shell: reference.includes('shelled') ? ['/bin/bash', '-c'] : undefined }
  return { ...empty, diffIds: [digestOf(reference)], container }
}

export async function checkText(text: string, { platforms = ['linux/amd64'], ...options }: LintOptions = {}): Promise<CheckedDockerfile> {
  const requests = platforms.map((platform) => lowerRequest(text, { targetPlatform: parsePlatform(platform), isMultiPlatform: platforms.length > 1, ...options }))
  const checked = await Promise.all(requests.map((request) => checkDockerfile(request, TEST_IMAGES, SIGNAL)))
  return { warnings: distinctWarnings(checked.flatMap(({ warnings }) => warnings)), error: checked.find(({ error }) => error !== undefined)?.error }
}

/** `Rule:line`, or `Rule:first-last`. */
export function placeOf({ rule, span: { startLine, endLine } }: DockerfileWarning): string {
  return `${rule}:${startLine}${endLine === startLine ? '' : `-${endLine}`}`
}

export async function lintText(text: string, options?: LintOptions): Promise<readonly string[]> {
  return (await checkText(text, options)).warnings.map(placeOf)
}
