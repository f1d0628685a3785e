import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { TarEntry, TarHeader } from '../../src/archive/tar.ts'
import { readTar } from '../../src/archive/tarReader.ts'
import { textOfBytes } from '../../src/kit/byteString.ts'
import { parseSteps, type BuildSteps } from './engine/rawProgress.ts'
import { openPelago, type CommandResult, type ContextFiles, type Pelago } from './pelago.ts'

/** Builds of Dockerfiles by the real command, of which the files are looked at. */
export interface FileBuilds extends AsyncDisposable {
  readonly pelago: Pelago
  /** Lines of a Dockerfile over files, or over a context that is there; what else the command is to be told. */
  build(dockerfile: readonly string[], files: ContextFiles | string, ...args: readonly string[]): Promise<BuiltFiles>
  /** The same, for what must fail. */
  fail(dockerfile: readonly string[], files: ContextFiles | string, ...args: readonly string[]): Promise<CommandResult>
}

export interface BuiltFiles {
  /** By path without slashes around it: `file 644 0:0 "content"`, `folder 755 0:0`, `symlink 777 0:0 -> target`. */
  readonly files: ReadonlyMap<string, string>
  readonly steps: BuildSteps
}

export async function openFileBuilds(): Promise<FileBuilds> {
  const pelago = await openPelago()
  let count = 0
  const run = async (dockerfile: readonly string[], files: ContextFiles | string, archive: string, args: readonly string[]): Promise<CommandResult> => {
    const context = typeof files === 'string' ? files : await pelago.context(files)
    return pelago.run(['build', '-f', '-', '-o', `type=tar,dest=${archive}`, ...args, context], { input: dockerfile.join('\n') })
  }
  return {
    pelago,
    async build(dockerfile, files, ...args) {
      const archive = join(pelago.folder, `files-${++count}.tar`)
      const { exitCode, stderr } = await run(dockerfile, files, archive, ['--progress=rawjson', ...args])
      if (exitCode !== 0) throw new Error(`exited with ${exitCode}:\n${stderr}`)
      return { files: await readArchive(archive), steps: parseSteps(stderr) }
    },
    async fail(dockerfile, files, ...args) {
      const result = await run(dockerfile, files, join(pelago.folder, 'none.tar'), ['--progress=plain', ...args])
      if (result.exitCode === 0) throw new Error(`was built:\n${dockerfile.join('\n')}`)
      return result
    },
    [Symbol.asyncDispose]: () => pelago[Symbol.asyncDispose](),
  }
}

async function readArchive(path: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  for await (const entry of readTar(createReadStream(path))) {
    const name = textOfBytes(entry.header.path).replace(/^\.?\/|\/$/g, '')
    if (name === '' || name === '.') continue
    files.set(name, await describeEntry(entry))
  }
  return files
}

async function describeEntry({ header, content }: TarEntry): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return `${header.kind} ${header.mode.toString(8)} ${header.uid}:${header.gid}${describeContent(header, Buffer.concat(chunks))}`
}

function describeContent({ kind, linkTarget }: TarHeader, content: Buffer): string {
  if (kind === 'file') return ` ${JSON.stringify(content.toString('latin1').slice(0, 200))}`
  return kind === 'symlink' || kind === 'hardlink' ? ` -> ${textOfBytes(linkTarget)}` : ''
}
