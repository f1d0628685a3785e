import { openSubprocess } from '../../kit/process/subprocess.ts'

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
