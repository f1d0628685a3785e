import { parseJsonObject, requiredString } from '../../ground/jsonValue.ts'
import { firstValue, type Metadata } from '../../api/grpc/metadata.ts'
import { LENDS_HEADER } from '../../api/lentFile.ts'

/** What a client says of its session in the headers of `Control.Session`. */
export interface SessionHeaders {
  readonly id: string
  /** Tells one client's folders from another's; '' where it does not say. */
  readonly sharedKey: string
  /** `/package.Service/Method` of all that the client serves. */
  readonly methods: ReadonlySet<string>
  /** Pelago's own: folders that the engine may read itself, absolute, by name. */
  readonly folders: ReadonlyMap<string, string>
  /** Pelago's own: whether archives may be written into files that the client opens, `api/lentFile.ts`. */
  readonly lendsFiles: boolean
}

/** @throws InvalidValueError where the folders are not a JSON object of texts */
export function parseSessionHeaders(metadata: Metadata): SessionHeaders {
  return {
    id: firstValue(metadata, 'x-docker-expose-session-uuid') ?? '',
    sharedKey: firstValue(metadata, 'x-docker-expose-session-sharedkey') ?? '',
    methods: new Set(metadata.get('x-docker-expose-session-grpc-method')),
    folders: parseFolders(firstValue(metadata, 'x-pelago-folders')),
    lendsFiles: firstValue(metadata, LENDS_HEADER) !== undefined,
  }
}

function parseFolders(text: string | undefined): ReadonlyMap<string, string> {
  if (text === undefined) return new Map()
  const object = parseJsonObject(decodeURIComponent(text), 'header x-pelago-folders')
  return new Map([...object.fields.keys()].map((name) => [name, requiredString(object, name)]))
}
