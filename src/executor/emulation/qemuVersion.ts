import { openSubprocess } from '../../kit/process/subprocess.ts'

export type QemuVersion = readonly [major: number, minor: number, patch: number]

/** Of `7.2.22`, or what else begins so; undefined where it is no version. */
export function parseQemuVersion(text: string): QemuVersion | undefined {
  const [, major, minor, patch = '0'] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? []
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor), Number(patch)]
}

export function isOlder(version: QemuVersion, than: QemuVersion): boolean {
  const index = version.findIndex((part, place) => part !== than[place])
  return index >= 0 && (version[index] ?? 0) < (than[index] ?? 0)
}

/** The version of the emulator at `path`, such as `7.2.22`; '' where it cannot be asked. */
export async function readQemuVersion(path: string, signal: AbortSignal): Promise<string> {
  try {
    await using child = openSubprocess([path, '--version'], { cwd: '/', env: {} }, signal)
    let text = ''
    for await (const bytes of child.stdout) text += Buffer.from(bytes).toString().slice(0, 200)
    return /version (\S+)/.exec(text)?.[1] ?? ''
  } catch {
    signal.throwIfAborted()
    return '' // a registration may name a program that is gone, or not to be seen from here
  }
}
