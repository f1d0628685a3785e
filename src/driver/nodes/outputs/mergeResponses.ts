import type { Json } from '../../../ground/canonicalJson.ts'
import { formatDescriptor } from '../../../image/manifestJson.ts'
import type { MergedImage } from './splitOutput.ts'

type Response = ReadonlyMap<string, string>

/** What only one manifest has, or only a part. */
const OF_PARTS: ReadonlySet<string> = new Set(['containerimage.digest', 'containerimage.descriptor', 'containerimage.config.digest', 'image.name', 'pelago.platforms', 'audit'])

/** The exporter response of a build whose parts had these: what is said of platforms is put together, what is said of the image is said of the merged one. */
export function mergeResponses(responses: readonly Response[], image: MergedImage | undefined): Response {
  const shared = responses.toReversed().flatMap((response) => [...response].filter(([key]) => !OF_PARTS.has(key)))
  const audit = mergeAudits(responses)
  return new Map([...shared, ...(audit === undefined ? [] : [['audit', audit] as const]), ...(image === undefined ? [] : describeImage(image))])
}

function describeImage({ root, platforms, names }: MergedImage): readonly (readonly [key: string, value: string])[] {
  return [
    ['containerimage.digest', root.digest],
    ['containerimage.descriptor', Buffer.from(formatDescriptor(root)).toString('base64')],
    ['pelago.platforms', JSON.stringify(platforms)],
    ...(names === '' ? [] : [['image.name', names] as const]),
  ]
}

/** Each says what it has found of its platforms. Undefined where none was asked to look. */
function mergeAudits(responses: readonly Response[]): string | undefined {
  const audits = responses.flatMap((response) => response.get('audit') ?? []).map((text) => JSON.parse(text) as { readonly [key: string]: Json | undefined; readonly platforms?: readonly Json[] })
  const [first] = audits
  return first === undefined ? undefined : JSON.stringify({ ...first, platforms: audits.flatMap(({ platforms = [] }) => platforms) })
}
