import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildJob } from '../scenario.ts'
import { inGroups, type Argv } from '../measure/runMeasured.ts'
import type { Contestant, Stage } from './contestant.ts'
import { openEmulationNamespaces } from './emulationNamespaces.ts'
import { expectSuccess } from './expectSuccess.ts'

/** Has no daemon; steps run in a chroot, since its way of containers fails where control groups are of two versions. */
export async function openBuildah({ folder, isEmulated, group }: Stage): Promise<Contestant> {
  await using stack = new AsyncDisposableStack()
  const policy = join(folder, 'policy.json')
  mkdirSync(folder, { recursive: true })
  writeFileSync(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }))
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: folder }
  const enter = isEmulated ? stack.use(await openEmulationNamespaces()).enter : (argv: Argv): Argv => argv
  const call = (...args: string[]): Argv => enter(['buildah', '--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'overlay', ...args])
  const version = /version (\S+)/.exec(await expectSuccess(['buildah', '--version'], env))?.[1] ?? ''
  const forget = async (): Promise<void> => void (await expectSuccess(inGroups(group?.folders ?? [], call('rmi', '--all', '--force')), env))
  stack.defer(forget)
  const held = stack.move()
  return {
    name: 'buildah',
    version: `Buildah ${version}`,
    env,
    group,
    refusal: () => undefined,
    commands: (job, { tag, archive }) => [
      call('build', '--quiet', '--layers', '--isolation', 'chroot', '--tls-verify=false', '--signature-policy', policy, '--platform', job.platforms.join(), job.platforms.length > 1 ? '--manifest' : '--tag', tag, job.context),
      ...outCommands(job, tag, archive, { call, policy }),
    ],
    forget,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

function outCommands({ output, platforms }: BuildJob, tag: string, archive: string, { call, policy }: { readonly call: (...args: string[]) => Argv; readonly policy: string }): readonly Argv[] {
  if (!('compression' in output)) return []
  const flags = ['--quiet', '--signature-policy', policy, '--tls-verify=false']
  const { compression } = output
  const target = output.kind === 'registry' ? `docker://${tag}` : `oci-archive:${archive}`
  return [platforms.length > 1 ? call('manifest', 'push', '--all', ...flags, tag, target) : call('push', ...flags, '--compression-format', compression, tag, target)]
}
