import { parsePlatform } from '../../ground/platform.ts'
import type { IndexAnnotation } from '../../image/index/annotateIndex.ts'
import { splitAnnotation } from '../build/annotations.ts'
import { UsageError } from '../flags/usageError.ts'

/** `--annotation [TYPE[,TYPE]:]KEY=VALUE` where an index is made: without a type it is the index's. @throws UsageError */
export function parseIndexAnnotations(texts: readonly string[]): readonly IndexAnnotation[] {
  return texts.flatMap((text) => {
    const { types, key, value } = splitAnnotation(text)
    return (types.length === 0 ? ['index'] : types).map((type) => toAnnotation(type, { key, value, text }))
  })
}

function toAnnotation(written: string, { key, value, text }: { readonly key: string; readonly value: string; readonly text: string }): IndexAnnotation {
  const [, type = '', platform] = /^([a-z-]+)(?:\[(.+)\])?$/.exec(written) ?? []
  switch (type) {
    case 'index':
      if (platform !== undefined) throw new UsageError(`an index has no platform: --annotation ${JSON.stringify(text)}`, { hint: 'write index:KEY=VALUE' })
      return { kind: 'index', key, value }
    case 'manifest-descriptor':
      return { kind: 'manifest-descriptor', platform: platform === undefined ? undefined : parsePlatform(platform), key, value }
    default:
      throw new UsageError(`${type} annotations cannot be given here: ${JSON.stringify(text)}`, { hint: 'the images stay as they are: write index:KEY=VALUE or manifest-descriptor[PLATFORM]:KEY=VALUE' })
  }
}
