import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Pelago } from '../pelago.ts'

const PROGRAM = fileURLToPath(new URL('../frontends/siteFrontend.ts', import.meta.url))

/** Pushes an image whose program is `siteFrontend.ts`, run by this machine's Node, and gives its reference. */
export async function pushFrontendImage(pelago: Pelago, host: string): Promise<string> {
  const folder = await mkdtemp(join(pelago.folder, 'frontend-'))
  await mkdir(join(folder, 'program'))
  const bundled = await build({ entryPoints: [PROGRAM], bundle: true, format: 'cjs', platform: 'node', target: 'node24', write: false, logLevel: 'silent' })
  await writeFile(join(folder, 'program/frontend.js'), bundled.outputFiles[0]?.contents ?? '')
  const paths = [process.execPath, ...librariesOf(process.execPath)]
  execFileSync('tar', ['-cf', join(folder, 'node.tar'), '--dereference', '-C', '/', ...paths.map((path) => relative('/', path))])
  const reference = `${host}/site-frontend:1`
  await writeFile(join(folder, 'Dockerfile'), ['FROM scratch', 'ADD node.tar /', 'COPY program /program', 'WORKDIR /program', 'LABEL moby.buildkit.frontend.network.none=true moby.buildkit.frontend.caps=moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests+forward', 'ENV SETTING=of-the-image', `ENTRYPOINT ["${process.execPath}", "/program/frontend.js"]`, ''].join('\n'))
  await pelago.succeed(['build', '--output', `type=image,name=${reference},push=true,compression=uncompressed`, folder])
  return reference
}

/** What a program of the machine is loaded with. */
export function librariesOf(program: string): readonly string[] {
  const listed = execFileSync('ldd', [program], { encoding: 'utf8' })
  return [...listed.matchAll(/(?:=> |^\s+)(\/\S+)/gm)].map(([, path = '']) => path)
}
