import type { SourceText } from '../../ground/sourceSpan.ts'
import { redactUrls } from '../../ground/urlText.ts'
import type { BuildSources } from './buildSources.ts'
import type { BuildParameters, ConfigSource } from './provenanceFacts.ts'

/** What the frontend's attributes say of a build, taken apart as provenance tells it. */
export interface BuildRequest {
  readonly request: BuildParameters
  readonly configSource: ConfigSource
  readonly vcs: ReadonlyMap<string, string>
}

/** Pure. `attributes` are as the client has sent them; without a source there was no frontend. No URL keeps its user name or password. */
export function describeRequest(attributes: ReadonlyMap<string, string>, source: SourceText | undefined, { materials, locals }: BuildSources): BuildRequest {
  const get = (key: string, fallback: string): string => (attributes.get(key) === '' ? fallback : (attributes.get(key) ?? fallback))
  const contextKey = get('contextkey', 'context')
  const context = redactUrls(attributes.get(contextKey) ?? '')
  const isUpload = context.startsWith('http://buildkit-session/')
  const uri = isUpload ? '' : context
  const dockerfileFolder = get('dockerfilekey', 'dockerfile')
  const isFromClient = source !== undefined && (context === '' || attributes.has('dockerfilekey'))
  const args = [...attributes].filter(([key]) => key !== contextKey && isTold(key)).map(([key, value]) => [key, redactUrls(value)] as const)
  const vcs = [...attributes].flatMap(([key, value]) => (key.startsWith('vcs:') && value !== '' ? [[key.slice('vcs:'.length), redactUrls(value)] as const] : []))
  return {
    request: { args: new Map(args), locals: [...new Set([...locals, ...(isFromClient ? [dockerfileFolder] : [])])].sort() },
    configSource: { uri, digest: materials.find((material) => material.uri === uri)?.digest, path: get('filename', source?.filename ?? '') },
    vcs: new Map(vcs.sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/** Of this machine and session alone, or told elsewhere in provenance. */
const UNTOLD = new Set(['filename', 'platform', 'cgroup-parent', 'image-resolve-mode', 'cache-imports', 'cache-from', 'frontend.caps', 'requestid', 'contextkey', 'dockerfilekey'])
const UNTOLD_PREFIXES = ['attest:', 'vcs:', 'pelago.', 'local-sessionid:', 'sharedkey:', 'input-metadata:']

function isTold(key: string): boolean {
  return !UNTOLD.has(key) && !UNTOLD_PREFIXES.some((prefix) => key.startsWith(prefix))
}
