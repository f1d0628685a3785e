import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestOf } from '../../../src/ground/digest.ts'
import { openPelago, runCommand } from '../pelago.ts'
import { missing } from '../requires.ts'
import { BASE_CACHE, withPackageLists } from './debianPackages.ts'
import { keepImage, putKeptImage } from './keptImage.ts'

/** The platforms of the base image: one for each way in which platforms differ, and few enough for a quick start. */
export const BASE_PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/s390x', 'linux/386'] as const

const SCRIPT = fileURLToPath(new URL('../../../scripts/base-images', import.meta.url))

/** For a test's `skip`: what building over the base image needs and the machine lacks. */
export function missingForBuilds(...programs: string[]): string | false {
  return missing('crun', 'qemu-aarch64-static', 'qemu-arm-static', 'qemu-s390x-static', 'docker-registry', 'apt-get', 'flock', ...programs)
}

/**
 * Puts a busybox image for BASE_PLATFORMS into the registry at `host`, and gives its reference. It is made once a machine,
 * of files that are fetched once, and kept in `~/.cache/pelago-test`; test files that run side by side take turns.
 */
export async function pushBaseImage(host: string): Promise<string> {
  const [address = '', ...path] = host.split('/')
  const name = [[...path, 'busybox'].join('/'), 'latest'] as const
  const kept = join(BASE_CACHE, `busybox-${digestOf(readFileSync(SCRIPT)).slice(-16)}`)
  if (!(await putKeptImage(kept, address, name))) {
    await makeBaseImage(host)
    await keepImage(address, name, kept)
  }
  return `${host}/${name.join(':')}`
}

async function makeBaseImage(host: string): Promise<void> {
  await using pelago = await openPelago()
  const argv = withPackageLists([SCRIPT, '--push', host, '--platforms', BASE_PLATFORMS.join(','), 'busybox'])
  const result = await runCommand(argv, { env: { ...pelago.env, PELAGO_BASE_CACHE: BASE_CACHE } })
  if (result.exitCode !== 0) throw new Error(`${argv.join(' ')} exited with ${result.exitCode}:\n${result.stdout}${result.stderr}`)
}
