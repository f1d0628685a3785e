import { defineCommand } from '../../command.ts'

/** buildkitd's flags for what is not here, and those that say what is so anyway. */
const UNSUPPORTED = [
  'debugaddr', 'otel-socket-path', 'trace', 'save-cache-debug', 'cdi-disabled', 'cdi-spec-dir', 'provenance-env-dir',
  ['log-format', 'the log is lines of JSON'],
  ['rootless', 'it is so for every user but root'],
  ['oci-worker', 'leave it out: it is the one worker there is'],
  ['oci-worker-rootless', 'it is so for every user but root'],
  ['oci-worker-snapshotter', 'PELAGO_SNAPSHOTTER=copy does without overlayfs'],
  ['oci-worker-net', 'steps share the network of the machine'],
  'oci-worker-binary', 'oci-worker-no-process-sandbox', 'oci-worker-apparmor-profile', 'oci-worker-selinux', 'oci-worker-proxy-snapshotter-path', 'oci-cni-config-path', 'oci-cni-binary-dir', 'oci-cni-pool-size',
  ['containerd-worker', 'leave it out: steps are run by crun'],
] as const

export const serve = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Serve the engine to other machines, and to docker buildx',
  flags: {
    addr: { kind: 'list', value: 'ADDRESS', help: 'Where to listen: unix:///path, tcp://HOST:PORT, or fd:// for the sockets of systemd' },
    'allow-insecure-entitlement': { kind: 'list', value: 'NAME', splitsCommas: true, help: 'What builds may be allowed: network.host, security.insecure, device' },
    config: { kind: 'text', value: 'PATH', help: 'File in the form of buildkitd.toml; without it /etc/pelago/buildkitd.toml, or ~/.config/pelago/buildkitd.toml' },
    group: { kind: 'text', value: 'GROUP', help: 'Group that may use the unix sockets, by name or number' },
    'oci-worker-labels': { kind: 'list', value: 'KEY=VALUE', splitsCommas: true, help: 'Labels that clients see' },
    'oci-worker-platform': { kind: 'list', value: 'PLATFORM', splitsCommas: true, help: 'Platforms to offer, instead of all that run here' },
    root: { kind: 'text', value: 'PATH', help: 'Folder of the store' },
    tlscacert: { kind: 'text', value: 'PATH', help: 'Authority of the certificates that clients are let in by' },
    tlscert: { kind: 'text', value: 'PATH', help: 'Certificate of this server' },
    tlskey: { kind: 'text', value: 'PATH', help: 'Its private key' },
  },
  operands: [0, 0],
  unsupported: UNSUPPORTED,
  async run({ flags }, context) {
    const { userInfo } = await import('node:os')
    const { activatedSockets } = await import('../../../kit/systemd.ts')
    const { planServe } = await import('../../serve/servePlan.ts')
    const { runServe } = await import('../../serve/runServe.ts')
    const { env, workingFolder, isDebug } = context
    const userId = userInfo().uid
    const plan = await planServe(flags, { env, workingFolder, isDebug, userId, activated: activatedSockets(env, process.pid) })
    return await runServe(plan, userId, context)
  },
})
