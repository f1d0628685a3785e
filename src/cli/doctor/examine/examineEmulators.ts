import { access } from 'node:fs/promises'
import { EMULATED_ARCHITECTURES } from '../../../executor/emulation/architectures.ts'
import { findRegistration, isForArchitecture, readHostRegistrations } from '../../../executor/emulation/binfmt.ts'
import { findQemu } from '../../../executor/emulation/qemu.ts'
import { readQemuVersion } from '../../../executor/emulation/qemuVersion.ts'
import { qemuHint } from '../../../executor/packages.ts'
import type { Platform } from '../../../ground/platform.ts'
import type { Environment } from '../../../kit/enterNamespaces.ts'
import { createLimit } from '../../../kit/limit.ts'
import type { EmulatorFacts, RegistrationFacts } from './machineFacts.ts'

/** Of the machine's registrations those that are for an architecture that images have. */
export async function examineRegistrations(): Promise<readonly RegistrationFacts[]> {
  const found: RegistrationFacts[] = []
  for (const registration of readHostRegistrations()) {
    const architecture = EMULATED_ARCHITECTURES.find((one) => isForArchitecture(registration, one))?.architecture
    if (architecture === undefined) continue
    found.push({ ...registration, architecture, isInterpreterThere: await access(registration.interpreter).then(() => true, () => false) })
  }
  return found
}

export interface EmulatorSurroundings {
  readonly natives: readonly Platform[]
  readonly osRelease: string
  readonly env: Environment
}

/** As many programs at once are asked for their version. */
const AT_ONCE = 4

export async function examineEmulators({ natives, osRelease, env }: EmulatorSurroundings, signal: AbortSignal): Promise<readonly EmulatorFacts[]> {
  const registrations = readHostRegistrations()
  const foreign = EMULATED_ARCHITECTURES.filter(({ architecture }) => !natives.some((native) => native.architecture === architecture))
  const limit = createLimit(AT_ONCE)
  return await Promise.all(
    foreign.map(async (architecture): Promise<EmulatorFacts> => {
      const search = findQemu(architecture.qemuName, env)
      const registered = findRegistration(architecture, registrations)?.interpreter
      const path = search.kind === 'found' ? search.qemu.path : registered
      const version = path === undefined ? '' : await limit.run(() => readQemuVersion(path, signal), signal)
      return { architecture, search, version, registered, install: qemuHint(architecture.qemuName, osRelease) }
    }),
  )
}
