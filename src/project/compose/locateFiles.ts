import { dirname, join, resolve } from 'node:path'
import { type ProjectFiles, ProjectFileMissingError } from './projectFiles.ts'

const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']
const OVERRIDES = ['compose.override.yml', 'compose.override.yaml', 'docker-compose.override.yml', 'docker-compose.override.yaml']

export interface FileSearch {
  readonly files: ProjectFiles
  readonly warn: (text: string) => void
  readonly signal: AbortSignal
}

/** The Compose files that belong to `folder`: there, or in the nearest folder above it; with their override file. @throws ProjectFileMissingError */
export async function locateFiles(folder: string, search: FileSearch): Promise<readonly string[]> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const main = await chooseFile(at, NAMES, search)
    if (main !== undefined) return [main, ...[await chooseFile(at, OVERRIDES, search)].filter((path) => path !== undefined)]
    if (at === dirname(at)) throw new ProjectFileMissingError(folder, 'Compose file in this folder, or above it', `write a ${NAMES[0] ?? ''}, or name a file with -f`)
  }
}

async function chooseFile(folder: string, names: readonly string[], { files, warn, signal }: FileSearch): Promise<string | undefined> {
  const found: string[] = []
  for (const name of names) if ((await files.readText(join(folder, name), signal)) !== undefined) found.push(join(folder, name))
  const [first] = found
  if (found.length > 1 && first !== undefined) warn(`there are ${found.join(' and ')}: ${first} is taken`)
  return first
}
