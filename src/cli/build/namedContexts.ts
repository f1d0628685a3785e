import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { contextKey } from '../../dockerfile/lower/contexts/namedContext.ts'
import { parseGitReference } from '../../ground/gitReference.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { isHttpUrl } from '../../ground/urlText.ts'
import { parseIndex } from '../../image/manifestJson.ts'
import { REF_NAME_ANNOTATION } from '../../image/ociLayout.ts'
import { UsageError } from '../flags/usageError.ts'

/** The flags `--build-context`, as a request takes them. */
export interface NamedContextParts {
  readonly attributes: ReadonlyMap<string, string>
  /** Folders by the name under which the session serves them. */
  readonly folders: ReadonlyMap<string, string>
  /** OCI layouts by the full name of their store. */
  readonly stores: ReadonlyMap<string, string>
}

/** `NAME[::PLATFORM]=SOURCE` each. @throws UsageError; InvalidValueError */
export async function parseNamedContexts(texts: readonly string[], workingFolder: string): Promise<NamedContextParts> {
  const attributes = new Map<string, string>()
  const folders = new Map<string, string>()
  const stores = new Map<string, string>()
  for (const text of texts) {
    const { key, source } = splitContext(text)
    const layout = /^oci-layout:\/\/(.+)$/s.exec(source)?.[1]
    if (layout !== undefined) {
      const name = `layout${stores.size + 1}`
      const { path, tag, digest } = await findLayoutImage(resolve(workingFolder, layout.replace(/[:@].*$/s, '')), layout)
      stores.set(`oci:${name}`, path)
      attributes.set(`context:${key}`, `oci-layout://${name}:${tag}@${digest}`)
    } else if (isElsewhere(source)) attributes.set(`context:${key}`, source)
    else {
      const name = key === 'context' || key === 'dockerfile' ? `_${key}` : key
      folders.set(name, await checkedFolder(resolve(workingFolder, source), text))
      attributes.set(`context:${key}`, `local:${name}`)
    }
  }
  return { attributes: attributes.size === 0 ? attributes : new Map([...attributes, ['frontend.caps', 'moby.buildkit.frontend.contexts+forward']]), folders, stores }
}

function splitContext(text: string): { readonly key: string; readonly source: string } {
  const equals = text.indexOf('=')
  const [name = '', platform] = text.slice(0, equals).split('::')
  const source = text.slice(equals + 1)
  if (equals <= 0 || source === '') throw new UsageError(`invalid --build-context: ${JSON.stringify(text)}`, { hint: 'write NAME=SOURCE, SOURCE being a folder, docker-image://…, oci-layout://…, target:STAGE, a URL or a git repository' })
  return { key: contextKey(name, platform === undefined ? undefined : parsePlatform(platform)), source }
}

function isElsewhere(source: string): boolean {
  return /^(?:docker-image:\/\/|target:.)/.test(source) || isHttpUrl(source) || (parseGitReference(source)?.looksLikePath === false)
}

async function checkedFolder(path: string, text: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() === true) return path
  throw new UsageError(`--build-context ${text}: ${found === undefined ? 'no such folder' : 'not a folder'}`, { hint: 'give a folder, docker-image://…, oci-layout://…, a URL or a git repository' })
}

interface LayoutImage {
  readonly path: string
  readonly tag: string
  readonly digest: string
}

/** `path[:tag][@digest]`, of which a layout with one image needs the path alone. */
async function findLayoutImage(path: string, written: string): Promise<LayoutImage> {
  const [, tag = 'latest'] = /^[^@:]*:([^@]+)/.exec(written) ?? []
  const [, given] = /@(.+)$/.exec(written) ?? []
  if (given !== undefined) return { path, tag, digest: given }
  const bytes = await readFile(join(path, 'index.json')).catch(() => undefined)
  if (bytes === undefined) throw new UsageError(`no OCI layout in ${path}`, { hint: 'give the folder that has an index.json, as of --output type=oci,tar=false' })
  const { manifests } = parseIndex(bytes, MEDIA_TYPE.ociIndex)
  const found = manifests.find(({ annotations }) => annotations.get(REF_NAME_ANNOTATION) === tag) ?? (manifests.length === 1 ? manifests[0] : undefined)
  if (found !== undefined) return { path, tag, digest: found.digest }
  const tags = manifests.flatMap(({ annotations }) => annotations.get(REF_NAME_ANNOTATION) ?? [])
  throw new UsageError(`the OCI layout in ${path} has no image ${JSON.stringify(tag)}`, { hint: tags.length === 0 ? 'name the image by its digest: path@sha256:…' : `there is ${tags.join(', ')}: write path:tag` })
}
