import { formatRegistration } from '../../../executor/emulation/binfmt.ts'
import { isOlder, parseQemuVersion, type QemuVersion } from '../../../executor/emulation/qemuVersion.ts'
import type { EmulatorFacts, MachineFacts, RegistrationFacts } from '../examine/machineFacts.ts'
import { ok, type Finding } from '../finding.ts'
import { BUILD_LAUNCHER } from './judgeNamespaces.ts'

type EmulationFacts = Pick<MachineFacts, 'facilities' | 'registrations' | 'emulators' | 'launcher'>

/** What the machine itself has registered, as far as it goes wrong; then an emulator for each architecture. */
export function judgeEmulators(facts: EmulationFacts): readonly Finding[] {
  // what could not be tried, since no namespace is allowed, is no reason against an emulator
  const isPrivate = facts.facilities.get('binfmt')?.kind === 'works' || facts.facilities.get('user-namespace')?.kind === 'fails'
  return [...judgeRegistrations(facts.registrations, isPrivate), ...facts.emulators.map((emulator) => judgeEmulator(emulator, facts, isPrivate))]
}

/** Where Pelago registers in private, they matter to other programs only: then what is amiss is told, and warns of nothing else. */
function judgeRegistrations(registrations: readonly RegistrationFacts[], isPrivate: boolean): readonly Finding[] {
  const check = 'host binfmt'
  if (registrations.length === 0) return isPrivate ? [ok(check, 'no emulators registered; Pelago registers its own in private')] : []
  const bad = registrations.flatMap((registration) => judgeRegistration(registration, isPrivate))
  const twice = registrations.filter(({ architecture, isEnabled }, index) => isEnabled && registrations.findIndex((other) => other.isEnabled && other.architecture === architecture) < index)
  const conflicts = twice.map(({ architecture }): Finding => {
    const names = registrations.filter((one) => one.isEnabled && one.architecture === architecture).map(({ name }) => name)
    return { check, state: 'warn', detail: `${names.join(' and ')} are both for ${architecture}: the one that was registered last is used`, remedy: removeCommand(names[0] ?? '') }
  })
  const found = [...bad, ...conflicts]
  return found.length > 0 ? found : [ok(check, `${registrations.map(({ name, flags }) => `${name} (${flags})`).join(', ')}${isPrivate ? '; not used, Pelago registers its own in private' : ''}`)]
}

function judgeRegistration({ name, interpreter, flags, architecture, isEnabled, isInterpreterThere }: RegistrationFacts, isPrivate: boolean): readonly Finding[] {
  const check = 'host binfmt'
  const warn = (detail: string, remedy: string): readonly Finding[] => [{ check, state: 'warn', detail: `${name}: ${detail}`, remedy }]
  if (!isEnabled) return warn(`disabled, so that programs for ${architecture} do not run`, `sudo sh -c 'echo 1 > ${MOUNT_POINT}/${name}'`)
  if (!isInterpreterThere && !flags.includes('F')) return warn(`${interpreter} is not there any more, and programs for ${architecture} fail`, removeCommand(name))
  if (!flags.includes('F')) return warn(`without the flag F it works in no container: its emulator would have to be in the image`, `${removeCommand(name)}, and register it with the flags POCF`)
  if (isPrivate) return []
  if (!flags.includes('C')) return warn('without the flag C programs such as sudo get no rights', `${removeCommand(name)}, and register it with the flags POCF`)
  if (!flags.includes('P')) return warn('without the flag P programs do not learn by which name they were called', `${removeCommand(name)}, and register it with the flags POCF`)
  return []
}

const MOUNT_POINT = '/proc/sys/fs/binfmt_misc'

function removeCommand(name: string): string {
  return `sudo sh -c 'echo -1 > ${MOUNT_POINT}/${name}'`
}

/** Versions of QEMU that builds had trouble with, and why; from `known`'s source the issue. */
const TROUBLED: readonly { readonly from: QemuVersion; readonly below: QemuVersion; readonly architectures: readonly string[] | undefined; readonly why: string }[] = [
  // the auxiliary vector that says whether the flag P is set came with 6.0
  { from: [0, 0, 0], below: [6, 0, 0], architectures: undefined, why: 'before 6.0 programs do not learn by which name they were called, and busybox fails' },
  // https://github.com/tonistiigi/binfmt/issues/245, mended by https://github.com/tonistiigi/binfmt/pull/243
  { from: [9, 0, 0], below: [9, 2, 2], architectures: ['arm64'], why: 'before 9.2.2 ldconfig crashes, and with it the installation of libc-bin' },
]

function judgeEmulator(emulator: EmulatorFacts, { launcher }: EmulationFacts, isPrivate: boolean): Finding {
  const { architecture, search, version, registered, install } = emulator
  const check = `linux/${architecture.architecture}`
  const shown = (path: string): string => (version === '' ? path : `${path}, QEMU ${version}`)
  if (!isPrivate && registered !== undefined) return judgeVersion(ok(check, `${shown(registered)}, registered by the machine`), emulator)
  switch (search.kind) {
    case 'missing':
      return { check, state: 'warn', detail: 'no emulator', remedy: install }
    case 'dynamic':
      return { check, state: 'warn', detail: `${search.path} is not a static program`, remedy: install }
    case 'found': {
      const { path } = search.qemu
      if (isPrivate) return judgeVersion(ok(check, shown(path)), emulator)
      const register = `as root: echo '${formatRegistration(architecture, path)}' > ${MOUNT_POINT}/register`
      return { check, state: 'warn', detail: `${path} is not registered`, remedy: launcher.kind === 'pelago-ns' ? register : BUILD_LAUNCHER }
    }
  }
}

function judgeVersion(finding: Finding, { architecture, version, install }: EmulatorFacts): Finding {
  const parsed = parseQemuVersion(version)
  if (parsed === undefined) return finding
  const trouble = TROUBLED.find(({ from, below, architectures }) => !isOlder(parsed, from) && isOlder(parsed, below) && (architectures?.includes(architecture.architecture) ?? true))
  return trouble === undefined ? finding : { ...finding, state: 'warn', detail: `${finding.detail}: ${trouble.why}`, remedy: `a newer QEMU: ${install}` }
}
