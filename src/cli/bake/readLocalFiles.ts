import { open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type BakeFile, DEFAULT_FILES } from '../../project/bake/bakeFile.ts'
import { collectBounded } from '../collectBounded.ts'
import type { CommandContext } from '../command.ts'
import { UsageError } from '../flags/usageError.ts'

/** A definition larger than this is none. */
export const MAX_DEFINITION_BYTES = 8 * 1024 * 1024

type FilePlace = Pick<CommandContext, 'workingFolder' | 'openStdin'>

/** Those named, else all that are there of those that are looked for; `-` is standard input. @throws UsageError */
export async function readLocalFiles(names: readonly string[], place: FilePlace): Promise<readonly BakeFile[]> {
  const files: BakeFile[] = []
  for (const name of names.length === 0 ? await defaultNames(place) : names) files.push({ name, text: await readText(name, place) })
  return files
}

/** What `BUILDX_BAKE_FILE` names, several with `:` or `BUILDX_BAKE_PATH_SEPARATOR` between. */
export function namesFromEnvironment(env: CommandContext['env']): readonly string[] {
  const separator = env['BUILDX_BAKE_PATH_SEPARATOR'] ?? ''
  return (env['BUILDX_BAKE_FILE'] ?? '').split(separator === '' ? ':' : separator).map((name) => name.trim()).filter((name) => name !== '')
}

async function defaultNames({ workingFolder }: FilePlace): Promise<readonly string[]> {
  const there = await Promise.all(DEFAULT_FILES.map(async (name) => (await stat(resolve(workingFolder, name)).catch(() => undefined)) !== undefined))
  return DEFAULT_FILES.filter((_, index) => there[index])
}

async function readText(name: string, { workingFolder, openStdin }: FilePlace): Promise<string> {
  if (name === '-') return decode(await collectBounded(openStdin(), MAX_DEFINITION_BYTES, 'the definition on stdin'))
  try {
    await using file = await open(resolve(workingFolder, name))
    return decode(await collectBounded(file.createReadStream({ autoClose: false }), MAX_DEFINITION_BYTES, name))
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    throw new UsageError(`cannot read ${name}: ${error.code === 'ENOENT' ? 'no such file' : error.message}`, { hint: 'give a bake file or a Compose file by --file', cause: error })
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
