import { constants, lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { runCommand, type Pelago } from '../pelago.ts'

/** One platform of an image, as other programs than Pelago read it: copied by skopeo, unpacked by umoci. */
export interface UnpackedImage {
  /** The root file system. */
  readonly root: string
  readonly config: ImageConfigJson
  readonly manifest: ManifestJson
  /** The OCI layout that it was copied to. */
  readonly layout: string
}

export interface ImageConfigJson {
  readonly architecture: string
  readonly os: string
  readonly variant?: string
  readonly created?: string
  readonly config: Readonly<Record<string, unknown>>
  readonly history: readonly { readonly created_by?: string; readonly empty_layer?: boolean; readonly created?: string }[]
  readonly rootfs: { readonly diff_ids: readonly string[] }
}

export interface DescriptorJson {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string }
  readonly annotations?: Readonly<Record<string, string>>
}

export interface ManifestJson {
  readonly mediaType: string
  readonly config: DescriptorJson
  readonly layers: readonly DescriptorJson[]
}

export interface IndexJson {
  readonly mediaType: string
  readonly manifests: readonly DescriptorJson[]
}

let count = 0

/** @param source as skopeo has it: `docker://host/name:tag`, `oci:folder`, `oci-archive:file` */
export async function unpackImage(pelago: Pelago, source: string, platform: string): Promise<UnpackedImage> {
  count += 1
  const layout = join(pelago.folder, `layout-${count}`)
  const bundle = join(pelago.folder, `bundle-${count}`)
  const [, architecture = '', variant = ''] = platform.split('/')
  const insecure = source.startsWith('docker://') ? ['--src-tls-verify=false'] : []
  await tool('skopeo', '--override-os', 'linux', '--override-arch', architecture, '--override-variant', variant, 'copy', ...insecure, source, `oci:${layout}:it`)
  await tool('umoci', 'unpack', '--image', `${layout}:it`, bundle)
  const manifest = readManifest(layout)
  const config = JSON.parse(readBlob(layout, manifest.config.digest).toString()) as ImageConfigJson
  return { root: join(bundle, 'rootfs'), config, manifest, layout }
}

/** Of the first image of an OCI layout. */
export function readManifest(layout: string): ManifestJson {
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as IndexJson
  return JSON.parse(readBlob(layout, index.manifests[0]?.digest ?? '').toString()) as ManifestJson
}

export function readBlob(layout: string, digest: string): Buffer {
  return readFileSync(join(layout, 'blobs', digest.replace(':', '/')))
}

/** stdout of a program that must succeed. */
export async function tool(...argv: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(argv)
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} exited with ${exitCode}:\n${stdout}${stderr}`)
  return stdout
}

/** What there is under `folder`, sorted by path: a line each of path, kind and mode, owner, and content. */
export function listTree(folder: string): readonly string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return paths.map((path) => `${path} ${describeFile(join(folder, path))}`)
}

/** `-rwxr-xr-x`'s facts in numbers, such as `file 755 0:0 "text"`, `link 0:0 -> target`. */
export function describeFile(path: string): string {
  const stats = lstatSync(path)
  const owner = `${stats.uid}:${stats.gid}`
  if (stats.isSymbolicLink()) return `link ${owner} -> ${readlinkSync(path)}`
  return `${kindOf(stats)} ${(stats.mode & 0o7777).toString(8)} ${owner}${stats.isFile() ? ` ${JSON.stringify(readFileSync(path, 'latin1').slice(0, 200))}` : ''}`
}

function kindOf({ mode }: Stats): string {
  return KINDS.get(mode & constants.S_IFMT) ?? 'unknown'
}

const KINDS: ReadonlyMap<number, string> = new Map([
  [constants.S_IFREG, 'file'],
  [constants.S_IFDIR, 'folder'],
  [constants.S_IFIFO, 'fifo'],
  [constants.S_IFCHR, 'char-device'],
  [constants.S_IFBLK, 'block-device'],
])
