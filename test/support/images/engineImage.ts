import { chmod, copyFile, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findProgram } from '../../../src/kit/enterNamespaces.ts'
import { runCommand } from '../pelago.ts'
import { librariesOf } from './frontendImage.ts'

/** What writing it needs of the machine, but for Node. */
export const ENGINE_IMAGE_PROGRAMS = ['crun', 'busybox', 'ldd', 'tar'] as const

const HOME = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
const APPLETS = ['sh', 'cat', 'cp', 'id', 'ls', 'mkdir', 'mount', 'readlink', 'rm', 'sed', 'sleep', 'tar', 'test', 'umount']

/**
 * Writes the root file system of an image, as an archive for `docker import`, in which Pelago stands where it does here:
 * the bundle of this checkout, its Node, crun, their libraries, a busybox for a shell, and what image/ has for a
 * buildkitd's places. A cut of the machine takes seconds where a base of packages takes a minute. `folder` is for scratch.
 */
export async function writeEngineArchive(folder: string): Promise<string> {
  const archive = join(folder, 'engine.tar')
  await run(['tar', '-cf', archive, '--dereference', '-C', '/', ...machinePaths().map((path) => relative('/', path))])
  await run(['tar', '-rf', archive, '-C', await writeOwnFiles(folder), '.'])
  return archive
}

function machinePaths(): readonly string[] {
  const programs = [process.execPath, findProgram('crun', process.env) ?? '']
  const checkout = ['bin', 'native/build', 'node_modules/koffi', 'node_modules/@koromix'].map((path) => join(HOME, path))
  return [...new Set([...programs, ...programs.flatMap(librariesOf), ...checkout])]
}

async function writeOwnFiles(folder: string): Promise<string> {
  const root = await mkdtemp(join(folder, 'root-'))
  for (const name of ['bin', 'etc', 'proc', 'sys', 'dev', 'run', 'tmp', 'root', 'usr/bin', 'var/lib']) await mkdir(join(root, name), { recursive: true })
  await copyFile(findProgram('busybox', process.env) ?? '', join(root, 'bin/busybox'))
  for (const name of APPLETS) await symlink('busybox', join(root, 'bin', name))
  await symlink(join(HOME, 'bin/pelago'), join(root, 'usr/bin/pelago'))
  await symlink(process.execPath, join(root, 'usr/bin/node'))
  await symlink('../../bin/busybox', join(root, 'usr/bin/env'))
  await mkdir(join(root, HOME), { recursive: true })
  await run([process.execPath, '--disable-warning=ExperimentalWarning', join(HOME, 'scripts/bundle.ts'), join(root, HOME, 'dist')])
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  await writeFile(join(root, 'etc/group'), 'root:x:0:\n')
  for (const name of ['buildkitd', 'buildctl']) {
    await copyFile(join(HOME, 'image', name), join(root, 'usr/bin', name))
    await chmod(join(root, 'usr/bin', name), 0o755)
  }
  return root
}

async function run(argv: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runCommand(argv)
  if (exitCode !== 0) throw new Error(`${argv[0] ?? ''} exited with ${exitCode}: ${stderr}`)
}

