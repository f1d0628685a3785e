import { formatTable } from '../format/table.ts'
import { neutralize } from '../render/displayText.ts'
import { formatBytes } from '../render/measure.ts'
import type { MeasuredPlatform } from './measureImage.ts'

/** What grew, shrank, came and went since an older image, platform by platform. */
export function formatGrowth(platforms: readonly MeasuredPlatform[], older: string, top: number): string {
  return platforms.map((platform) => formatPlatform(platform, older, top)).join('\n')
}

function formatPlatform({ platform, growth, compressedBytes }: MeasuredPlatform, older: string, top: number): string {
  if (growth === undefined) return `${neutralize(`${platform}: ${older} has nothing for it`)}\n`
  const { beforeBytes, afterBytes, compressedBytesBefore, folders, files } = growth
  const head = `${platform} since ${older}: ${formatChange(afterBytes - beforeBytes)} unpacked (${formatBytes(beforeBytes)} to ${formatBytes(afterBytes)}), ${formatChange(compressedBytes - compressedBytesBefore)} compressed`
  if (files.length === 0) return `${neutralize(head)}\nno file has another size\n`
  const folderRows = folders.slice(0, top).map((folder) => [formatChange(folder.deltaBytes), String(folder.newFiles), String(folder.changedFiles), String(folder.goneFiles), folder.path])
  const fileRows = files.slice(0, top).map((file) => [formatChange(file.afterBytes - file.beforeBytes), file.kind, file.kind === 'new' ? '' : formatBytes(file.beforeBytes), file.kind === 'gone' ? '' : formatBytes(file.afterBytes), file.path])
  const rest = files.length > top ? `and ${files.length - top} more files: --top ${files.length}\n` : ''
  return `${neutralize(head)}\n${formatTable(['CHANGE', 'NEW', 'CHANGED', 'GONE', 'FOLDER'], folderRows)}\n${formatTable(['CHANGE', 'HOW', 'BEFORE', 'AFTER', 'FILE'], fileRows)}${rest}`
}

function formatChange(bytes: number): string {
  return bytes === 0 ? '±0B' : `${bytes > 0 ? '+' : '-'}${formatBytes(Math.abs(bytes))}`
}
