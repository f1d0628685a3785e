import type { TarEntry } from '../archive/tar.ts'
import { writeTar } from '../archive/tarWriter.ts'
import { makeStatementFiles, withStatements } from './attestation/statementFiles.ts'
import type { Exporter } from './exporter.ts'
import type { ExporterDeps } from './exporterDeps.ts'
import { warnOfMissingEpoch } from './internal/epochOptions.ts'
import { platformFolders, readFolderOptions, type PlatformFolder } from './internal/platformFolders.ts'
import { readViewEntries } from './internal/viewFiles.ts'

/** The files themselves, as one archive that goes to the client. @throws InvalidValueError */
export function createTarExporter(deps: ExporterDeps, exporterIndex: number, attributes: ReadonlyMap<string, string>): Exporter {
  const options = readFolderOptions('tar', attributes)
  return {
    name: 'exporting to client tarball',
    async export(result, progress, signal) {
      warnOfMissingEpoch(options, progress)
      await deps.approve(result, signal)
      const folders = platformFolders(result, options)
      for (const { result: platform } of folders) await deps.ensurePresent(platform.snapshot, signal)
      await progress.step('sending tarball', async () => deps.client.sendTar(exporterIndex, new Map(), writeTar(entriesOf(folders, deps, signal)), signal))
      return new Map()
    },
  }
}

async function* entriesOf(folders: readonly PlatformFolder[], { snapshots }: ExporterDeps, signal: AbortSignal): AsyncGenerator<TarEntry> {
  for (const folder of folders) {
    await using view = await snapshots.openView(folder.result.snapshot, signal)
    const statements = await makeStatementFiles(folder, view.path, signal)
    yield* withStatements(readViewEntries(view.path, folder, signal), statements, folder.prefix)
  }
}
