import { existsSync } from 'node:fs'
import { copyFile, open, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { formatTwinTable, TABLE_FORMAT, type TwinTable } from '../twins/setting/twinTable.ts'
import { sealEmulator } from './sealedEmulator.ts'

/** The code that is put in front of an emulator, which stands beside `pelago-ns`; undefined where it is not built. */
export function findEmulatorCode(namespaceProgram: string | undefined): string | undefined {
  const path = join(dirname(namespaceProgram ?? ''), 'pelago-twin')
  return namespaceProgram === undefined || !existsSync(path) ? undefined : path
}

/** Whether it was built of these sources' native/: else it reads no table, and says nothing. */
export function readsTables(code: Buffer): boolean {
  return code.includes(TABLE_FORMAT)
}

export interface EmulatorParts {
  readonly emulatorPath: string
  /** native/build/pelago-twin */
  readonly codePath: string
  readonly table: TwinTable
}

/** Writes a copy of the emulator, with the table and the code that reads it in front, to `path`. False where the emulator cannot have these. */
export async function writeSealedEmulator(path: string, { emulatorPath, codePath, table }: EmulatorParts): Promise<boolean> {
  await copyFile(emulatorPath, path)
  await using file = await open(path, 'r+')
  const { size } = await file.stat()
  const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0)
  const seal = sealEmulator({ start: buffer.subarray(0, bytesRead), sizeBytes: size }, { code: await readFile(codePath), data: (entry) => formatTwinTable(table, entry) })
  if (seal === undefined) return false
  await file.write(seal.start, 0, seal.start.byteLength, 0)
  await file.write(seal.segment, 0, seal.segment.byteLength, seal.offset)
  await file.chmod(0o755)
  return true
}

/** As much of an emulator as has its program header table. */
const START_BYTES = 4096
