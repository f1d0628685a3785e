import { mkdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { writeFileAtomically } from '../../kit/files/atomicFile.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'
import type { PlatformPackages } from './imagePackages.ts'
import type { SbomReport } from './sbomReport.ts'
import type { SbomFlags } from './sbomFlags.ts'

/** To standard output, to a file, or to a file for each platform. */
export async function writeSbom(report: SbomReport, flags: SbomFlags, context: CommandContext): Promise<void> {
  const texts = await formatReport(report, flags)
  if (flags.output === undefined) {
    context.stdout.write(oneOf(texts))
    return
  }
  const path = resolve(context.workingFolder, flags.output)
  const isFolder = texts.length > 1 || (await stat(path).catch(() => undefined))?.isDirectory() === true
  if (isFolder) await mkdir(path, { recursive: true })
  for (const { fileName, text } of texts) await writeFileAtomically(isFolder ? join(path, fileName) : path, text, { mode: 0o644 })
}

interface ReportFile {
  readonly fileName: string
  readonly text: string
}

/** An SPDX document is about one image; the others tell of all platforms at once. */
async function formatReport(report: SbomReport, { format, 'compare-platforms': isComparing }: SbomFlags): Promise<readonly ReportFile[]> {
  switch (format) {
    case 'spdx-json': {
      const { describeImage } = await import('../../audit/spdx/describeImage.ts')
      return report.platforms.map((one) => ({ fileName: `${fileNameOf(one)}.spdx.json`, text: `${JSON.stringify(describeImage(one.subject, one.inventory), undefined, 2)}\n` }))
    }
    case 'json': {
      const { sbomJson } = await import('./sbomJson.ts')
      return [{ fileName: 'sbom.json', text: sbomJson(report) }]
    }
    default: {
      const { formatSbom } = await import('./formatSbom.ts')
      return [{ fileName: 'sbom.txt', text: formatSbom(report, isComparing) }]
    }
  }
}

function fileNameOf({ platform }: PlatformPackages): string {
  return platform.replace(/[^a-z0-9._-]+/gi, '-')
}

function oneOf(files: readonly ReportFile[]): string {
  const [first] = files
  if (first === undefined || files.length > 1) throw new UsageError(`an SPDX document is about one platform, and there are ${files.length}`, { hint: 'choose one by --platform, or write a file for each by --output FOLDER' })
  return first.text
}
