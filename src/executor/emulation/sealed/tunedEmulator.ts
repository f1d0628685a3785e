import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { digestHex, digestOf } from '../../../ground/digest.ts'
import { syncFolder } from '../../../kit/files/atomicFile.ts'
import type { EmulatedArchitecture } from '../architectures.ts'
import type { TwinTable } from '../twins/setting/twinTable.ts'
import { readsTables, writeSealedEmulator } from './writeSealedEmulator.ts'

/*
 * QEMU shows programs of arm64 a processor that signs pointers (FEAT_PAuth) by the architecture's own cipher, QARMA5. In
 * programs that protect where they return to, as those of Debian 13 and other newer distributions do, that cipher takes
 * most of the time. The architecture leaves the cipher to the processor (ID_AA64ISAR1_EL1, API), and QEMU has a quick
 * one since 6.0, by default since 10.0. Programs are told of the same features with either, and the keys are new in each
 * process anyhow.
 */
const QUICK_MODELS: ReadonlyMap<string, QuickModel> = new Map([['arm64', { cpuModel: 'max,pauth-impdef=on', property: 'pauth-impdef' }]])

interface QuickModel {
  /** The processor that QEMU shows by default, so changed. */
  readonly cpuModel: string
  /** Where an emulator has this word in it, it knows the change. */
  readonly property: string
}

export interface Tuning {
  /** Where copies are kept; the engine's own. */
  readonly folder: string
  /** native/build/pelago-twin */
  readonly codePath: string
}

/** A copy of an emulator that shows a processor which it emulates in less time. */
export interface TunedEmulator {
  /** Has the emulator's own file name. */
  readonly interpreter: string
  readonly cpuModel: string
}

/** The copy is made once for each version of the emulator. Undefined where there is no need for one, or it cannot be had. */
export async function tuneEmulator({ architecture }: EmulatedArchitecture, emulatorPath: string, { folder, codePath }: Tuning): Promise<TunedEmulator | undefined> {
  const model = QUICK_MODELS.get(architecture)
  if (model === undefined) return undefined
  try {
    const code = await readFile(codePath)
    if (!readsTables(code)) return undefined
    const copies = join(folder, 'emulators', architecture)
    const kept = join(copies, await keyOf(emulatorPath, code, model))
    const interpreter = join(kept, basename(emulatorPath))
    if (!existsSync(interpreter) && !(await makeCopy({ emulatorPath, codePath, model, copies, kept }))) return undefined
    return { interpreter, cpuModel: model.cpuModel }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    return undefined // no space, say: the emulator itself does the same, only slower
  }
}

async function keyOf(path: string, code: Buffer, { cpuModel }: QuickModel): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
  return digestHex(digestOf([path, dev, ino, size, mtimeNs, ctimeNs, cpuModel, digestOf(code)].join(' '))).slice(0, 16)
}

interface CopyParts {
  readonly emulatorPath: string
  readonly codePath: string
  readonly model: QuickModel
  readonly copies: string
  readonly kept: string
}

async function makeCopy({ emulatorPath, codePath, model, copies, kept }: CopyParts): Promise<boolean> {
  if (!(await readFile(emulatorPath)).includes(model.property)) return false
  await rm(copies, { recursive: true, force: true }) // of other versions of the emulator, and what was not finished
  await mkdir(copies, { recursive: true })
  const made = await mkdtemp(join(copies, 'new-'))
  const path = join(made, basename(emulatorPath))
  if (!(await writeSealedEmulator(path, { emulatorPath, codePath, table: { ...NO_TWINS, cpuModel: model.cpuModel } }))) return false
  await sync(path)
  await rename(made, kept)
  await syncFolder(copies)
  return true
}

const NO_TWINS: TwinTable = { root: { device: 0n, inode: 0n }, hasSameLocales: false, isEnvironmentReversed: false, cpuModel: undefined, entries: [] }

async function sync(path: string): Promise<void> {
  await using file = await open(path, 'r+')
  await file.sync()
}
