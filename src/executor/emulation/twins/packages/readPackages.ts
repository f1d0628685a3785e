import type { OpenFolder } from '../../../../archive/safePath.ts'
import { readRootText } from '../rootFiles.ts'
import { readAlpineDatabase } from './alpineDatabase.ts'
import { readDebianDatabase } from './debianDatabase.ts'
import type { PackageDatabase } from './packageDatabase.ts'

/** Undefined where there is none that is known. */
export async function readPackageDatabase(root: OpenFolder, signal: AbortSignal): Promise<PackageDatabase | undefined> {
  const dpkg = await readRootText(root, '/var/lib/dpkg/status', signal)
  if (dpkg !== '') return readDebianDatabase(dpkg, (path) => readRootText(root, path, signal))
  const apk = (await readRootText(root, '/lib/apk/db/installed', signal)) || (await readRootText(root, '/usr/lib/apk/db/installed', signal))
  return apk === '' ? undefined : readAlpineDatabase(apk)
}
