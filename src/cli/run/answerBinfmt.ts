import type { EngineClient } from '../../driver/driver.ts'
import { parsePlatform } from '../../ground/platform.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import type { BinfmtRequest } from './binfmtImage.ts'

const NOTES: Readonly<Record<BinfmtRequest['kind'], string>> = {
  show: 'Pelago emulates by itself: this is what it runs here',
  install: 'nothing to install: Pelago emulates by itself, for what it builds and runs; other programs of this machine are left as they are',
  uninstall: 'nothing to uninstall: Pelago\'s emulation is private to its engine, and ends with it',
}

interface Describer { readonly local: Pick<EngineClient['local'], 'describe' | 'describePlatform'> }

/** Answers in the place of an image that installs emulators: on stdout what `tonistiigi/binfmt` prints. The exit code, 1 where a platform that was asked for does not run here. */
export async function answerBinfmt(engine: Describer, request: BinfmtRequest, { stdout, stderr }: Pick<CommandContext, 'stdout' | 'stderr'>, signal: AbortSignal): Promise<number> {
  const { platforms } = await engine.local.describe({}, { signal })
  const supported = platforms.map(({ platform }) => platform)
  const emulators = [...new Set(platforms.map(({ emulator }) => emulator).filter((name) => name !== ''))]
  // `all` is what there is, but it cannot be nothing
  const asked = request.kind !== 'install' ? [] : (request.platforms ?? (emulators.length === 0 ? ['linux/arm64'] : []))
  const missing = asked.filter((platform) => !supported.some((one) => isSameArchitecture(one, platform)))
  for (const platform of missing) stderr.write(await describeMissing(engine, platform, signal))
  if (missing.length === 0) stderr.write(`note: ${NOTES[request.kind]}\n`)
  stdout.write(`${JSON.stringify({ supported, emulators }, undefined, 2)}\n`)
  return missing.length === 0 ? EXIT.done : EXIT.failed
}

function isSameArchitecture(a: string, b: string): boolean {
  return parsePlatform(a).architecture === parsePlatform(b).architecture
}

async function describeMissing(engine: Describer, platform: string, signal: AbortSignal): Promise<string> {
  const { support } = await engine.local.describePlatform({ platform }, { signal })
  if (support.case !== 'missing') return ''
  const { reason, hint } = support.value
  return `ERROR: ${platform} is not emulated here: ${reason}\n${hint === '' ? '' : `hint: ${hint}\n`}`
}
