import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand, type Pelago } from './pelago.ts'

/** A PATH with links to every program but those that `left` matches. */
export async function pathWithout(pelago: Pelago, left: RegExp): Promise<string> {
  const folder = join(pelago.folder, 'programs')
  await mkdir(folder)
  const { stdout } = await runCommand(['sh', '-c', 'IFS=:; for folder in $PATH; do ls -d "$folder"/* 2>/dev/null; done; true'])
  const programs = new Map(stdout.split('\n').map((path) => [path.split('/').at(-1) ?? '', path]))
  for (const [name, path] of programs) if (name !== '' && !left.test(name)) await symlink(path, join(folder, name))
  return folder
}
