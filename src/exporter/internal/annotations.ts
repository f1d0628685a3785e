import { InvalidValueError } from '../../ground/errors.ts'
import { formatPlatform, isSamePlatform, parsePlatform, type Platform } from '../../ground/platform.ts'
import type { AttributeReader } from './attributeReader.ts'

/** Where an annotation is put: on a document itself, or on the descriptor by which another document names it. */
export type AnnotationTarget = 'manifest' | 'manifest-descriptor' | 'index' | 'index-descriptor'

export interface Annotation {
  readonly target: AnnotationTarget
  /** Undefined: of all platforms. */
  readonly platform: Platform | undefined
  readonly key: string
  readonly value: string
}

const PATTERN = /^annotation(?:-(index|index-descriptor|manifest|manifest-descriptor))?(?:\[([^\]]+)\])?\.(.+)$/s

/** Reads `annotation[-target][[platform]].KEY`. @throws InvalidValueError */
export function readAnnotations(attributes: AttributeReader): readonly Annotation[] {
  return attributes.matching(PATTERN).map(({ match, value }) => {
    const [, target = 'manifest', platform, key = ''] = match
    const isOfIndex = target === 'index' || target === 'index-descriptor'
    if (isOfIndex && platform !== undefined) throw new InvalidValueError(`annotation ${JSON.stringify(match[0])}: an index has no platform`, { hint: 'leave out the platform in brackets' })
    return { target: target as AnnotationTarget, platform: platform === undefined ? undefined : parsePlatform(platform), key, value }
  })
}

/** What is to stand on `target`; annotations of the platform beat those of all platforms. */
export function annotationsFor(annotations: readonly Annotation[], target: AnnotationTarget, platform: Platform | undefined): ReadonlyMap<string, string> {
  const fitting = annotations.filter((annotation) => annotation.target === target)
  const general = fitting.filter((annotation) => annotation.platform === undefined)
  const special = fitting.filter((annotation) => annotation.platform !== undefined && platform !== undefined && isSamePlatform(annotation.platform, platform))
  return new Map([...general, ...special].map(({ key, value }) => [key, value]))
}

/** @throws InvalidValueError where one is meant for what this image will not have: a platform, or an index */
export function assertAnnotationsFit(annotations: readonly Annotation[], platforms: readonly Platform[], hasIndex: boolean): void {
  for (const { target, platform, key } of annotations) {
    const isAbsent = platform !== undefined && !platforms.some((built) => isSamePlatform(built, platform))
    if (isAbsent) throw new InvalidValueError(`annotation ${JSON.stringify(key)} is for ${formatPlatform(platform)}, which is not built`, { hint: `built are ${platforms.map(formatPlatform).join(', ')}` })
    const isOfIndex = target === 'index' || target === 'index-descriptor'
    if (isOfIndex && !hasIndex) throw new InvalidValueError(`${target} annotation ${JSON.stringify(key)}: an image of a single platform has no index`, { hint: 'use annotation-manifest, or build for several platforms' })
  }
}
