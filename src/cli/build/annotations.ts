import { UsageError } from '../flags/usageError.ts'

/**
 * Exporter attributes of `--annotation`: `KEY=V` goes to each manifest, `index:KEY=V` to the index,
 * `manifest[linux/amd64]:KEY=V` to one platform's, `index,manifest:KEY=V` to both.
 * @throws UsageError
 */
export function annotationAttributes(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.flatMap((text) => {
      const { types, key, value } = splitAnnotation(text)
      return (types.length === 0 ? ['manifest'] : types).map((type) => [`${prefixOf(type)}.${key}`, value] as const)
    }),
  )
}

export interface AnnotationText {
  /** Each a type, perhaps with a platform: `manifest[linux/arm64]`. Empty where none is written. */
  readonly types: readonly string[]
  readonly key: string
  readonly value: string
}

/** @throws UsageError */
export function splitAnnotation(text: string): AnnotationText {
  const match = ANNOTATION.exec(text)
  if (match === null) throw new UsageError(`invalid --annotation: ${JSON.stringify(text)}`, { hint: 'write KEY=VALUE or TYPE:KEY=VALUE, TYPE being manifest, index, manifest-descriptor or index-descriptor' })
  const [, types, key = '', value = ''] = match
  return { types: types?.split(',') ?? [], key, value }
}

const TYPE = '(?:manifest|index|manifest-descriptor|index-descriptor)(?:\\[[\\w./-]+\\])?'
const ANNOTATION = new RegExp(`^(?:(${TYPE}(?:,${TYPE})*):)?([^=]+)=(.*)$`, 's')

function prefixOf(type: string): string {
  return type === 'manifest' ? 'annotation' : `annotation-${type}`
}
