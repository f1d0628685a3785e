import type { TarEntry } from '../archive/tar.ts'
import type { FileStat, TreeSource } from '../api/fileSync.ts'
import { asByteString, fromText } from '../kit/byteString.ts'
import { toFileStat } from './internal/entriesTree.ts'
import { makeStatementFiles, withStatements } from './attestation/statementFiles.ts'
import type { Exporter, ExportProgress } from './exporter.ts'
import type { ExporterDeps } from './exporterDeps.ts'
import { warnOfMissingEpoch } from './internal/epochOptions.ts'
import { platformFolders, readFolderOptions, type PlatformFolder } from './internal/platformFolders.ts'
import { readViewEntries, readViewFile, type ViewOptions } from './internal/viewFiles.ts'

/** The files themselves, into a folder of the client. @throws InvalidValueError */
export function createLocalExporter(deps: ExporterDeps, exporterIndex: number, attributes: ReadonlyMap<string, string>): Exporter {
  const options = readFolderOptions('local', attributes)

  async function sendPlatform(folder: PlatformFolder, progress: ExportProgress, signal: AbortSignal): Promise<void> {
    const { result, prefix } = folder
    await deps.ensurePresent(result.snapshot, signal)
    await using view = await deps.snapshots.openView(result.snapshot, signal)
    const statements = await makeStatementFiles(folder, view.path, signal)
    const name = prefix === '' ? 'copying files' : `copying files ${result.id}`
    await progress.step(name, async (report) => deps.client.sendTree(exporterIndex, new Map(), viewTree({ root: view.path, statements }, folder, report), signal))
  }

  return {
    name: 'exporting to client directory',
    async export(result, progress, signal) {
      warnOfMissingEpoch(options, progress)
      await deps.approve(result, signal)
      for (const folder of platformFolders(result, options)) await sendPlatform(folder, progress, signal)
      return new Map()
    },
  }
}

interface SentFiles {
  readonly root: string
  readonly statements: readonly TarEntry[]
}

function viewTree({ root, statements }: SentFiles, options: ViewOptions, report: (currentBytes: number, totalBytes: number) => void): TreeSource {
  let sentBytes = 0
  return {
    async *walk(signal): AsyncGenerator<FileStat> {
      for await (const { header } of withStatements(readViewEntries(root, options, signal), statements, options.prefix)) yield toFileStat(header)
    },
    async *read(path, signal) {
      const sent = fromText(path)
      const inside = asByteString(sent.slice(options.prefix === '' ? 0 : options.prefix.length + 1))
      for await (const chunk of statements.find(({ header }) => header.path === sent)?.content ?? readViewFile(root, inside, signal)) {
        sentBytes += chunk.byteLength
        report(sentBytes, 0)
        yield chunk
      }
    },
  }
}
