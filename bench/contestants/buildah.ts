import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildJob } from '../scenario.ts'
import { inGroups, type Argv } from '../measure/runMeasured.ts'
import type { Contestant, Stage } from './contestant.ts'
import { expectSuccess } from './expectSuccess.ts'

/** Has no daemon; steps run in a chroot, since its way of containers fails where control groups are of two versions. */
export async function openBuildah({ folder, isEmulated, group }: Stage): Promise<Contestant> {
  const policy = join(folder, 'policy.json')
  mkdirSync(folder, { recursive: true })
  writeFileSync(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }))
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: folder }
  const call = (...args: string[]): Argv => ['buildah', '--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'overlay', ...args]
  const version = /version (\S+)/.exec(await expectSuccess(['buildah', '--version'], env))?.[1] ?? ''
  const forget = async (): Promise<void> => void (await expectSuccess(inGroups(group?.folders ?? [], call('rmi', '--all', '--force')), env))
  return {
    name: 'buildah',
    version: `Buildah ${version}`,
    env,
    group,
    refusal: ({ platforms }) => (isEmulated && !isMachineEmulated() && platforms.some((platform) => platform !== 'linux/amd64') ? 'needs emulators registered on the machine itself' : undefined),
    commands: (job, { tag, archive }) => [
      call('build', '--quiet', '--layers', '--isolation', 'chroot', '--tls-verify=false', '--signature-policy', policy, '--platform', job.platforms.join(), job.platforms.length > 1 ? '--manifest' : '--tag', tag, job.context),
      ...outCommands(job, tag, archive, { call, policy }),
    ],
    forget,
    async [Symbol.asyncDispose]() {
      await forget()
    },
  }
}

function outCommands({ output, platforms }: BuildJob, tag: string, archive: string, { call, policy }: { readonly call: (...args: string[]) => Argv; readonly policy: string }): readonly Argv[] {
  if (!('compression' in output)) return []
  const flags = ['--quiet', '--signature-policy', policy, '--tls-verify=false']
  const { compression } = output
  const target = output.kind === 'registry' ? `docker://${tag}` : `oci-archive:${archive}`
  return [platforms.length > 1 ? call('manifest', 'push', '--all', ...flags, tag, target) : call('push', ...flags, '--compression-format', compression, tag, target)]
}

function isMachineEmulated(): boolean {
  try {
    return readdirSync('/proc/sys/fs/binfmt_misc').some((name) => name.startsWith('qemu-'))
  } catch {
    return false
  }
}
