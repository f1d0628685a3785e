import type { FlagTable, FlagValues } from '../flags/flags.ts'

const NETWORKS = ['default', 'bridge', 'host', 'none'] as const

/** The flags of `docker run` that are here. */
export const RUN_FLAGS = {
  'add-host': { kind: 'list', value: 'HOST:IP', help: 'Add a line to /etc/hosts of the container' },
  entrypoint: { kind: 'text', value: 'PROGRAM', help: 'Program to run instead of the image\'s own; empty for none' },
  env: { kind: 'list', short: 'e', value: 'KEY[=VALUE]', help: 'Set an environment variable; without a value it is taken from the environment' },
  'env-file': { kind: 'list', value: 'PATH', help: 'File of environment variables, one KEY=VALUE a line' },
  hostname: { kind: 'text', value: 'NAME', help: 'Host name of the container' },
  interactive: { kind: 'switch', short: 'i', help: 'Pass stdin on' },
  mount: { kind: 'list', value: 'MOUNT', help: 'Show a file or folder of this machine: type=bind,source=PATH,target=PATH[,readonly]' },
  net: { kind: 'text', value: 'MODE', help: 'Another word for --network', choices: NETWORKS },
  network: { kind: 'text', value: 'MODE', help: 'Network of the container', choices: NETWORKS, fallback: 'default' },
  platform: { kind: 'text', value: 'PLATFORM', variable: 'DOCKER_DEFAULT_PLATFORM', help: 'Platform of the image (default this machine\'s own)' },
  privileged: { kind: 'switch', help: 'Give the container all capabilities' },
  publish: { kind: 'list', short: 'p', value: '[IP:]HOST:CONTAINER', help: 'Make a port of the container one of this machine' },
  pull: { kind: 'text', value: 'WHEN', help: 'When to ask the registry for the image', choices: ['always', 'missing', 'never'], fallback: 'missing' },
  quiet: { kind: 'switch', short: 'q', help: 'Do not show how the image is pulled' },
  'read-only': { kind: 'switch', help: 'Make the root file system read-only' },
  rm: { kind: 'switch', help: 'Remove the container at its end, as always here' },
  tty: { kind: 'switch', short: 't', help: 'Give the container a terminal' },
  user: { kind: 'text', short: 'u', value: 'USER[:GROUP]', help: 'User that runs the command' },
  volume: { kind: 'list', short: 'v', value: 'SOURCE:TARGET[:ro]', help: 'Show a file or folder of this machine in the container' },
  workdir: { kind: 'text', short: 'w', value: 'PATH', help: 'Folder to start in' },
} as const satisfies FlagTable

export type RunFlags = FlagValues<typeof RUN_FLAGS>

/** Known to `docker run`, and refused by name. */
export const UNSUPPORTED_RUN_FLAGS = [
  'annotation', 'attach', '-a', 'blkio-weight', 'cap-add', 'cap-drop', 'cgroup-parent', 'cgroupns', 'cidfile', 'cpu-period', 'cpu-quota', 'cpu-shares', '-c', 'cpus',
  'cpuset-cpus', 'cpuset-mems', 'detach-keys', 'device', 'dns', 'dns-option', 'dns-search', 'domainname', 'expose', 'gpus', 'group-add', 'health-cmd',
  'init', 'ip', 'ip6', 'ipc', 'isolation', 'label', '-l', 'label-file', 'link', 'log-driver', 'log-opt', 'mac-address', 'memory', '-m', 'memory-swap',
  'network-alias', 'no-healthcheck', 'oom-kill-disable', 'pid', 'pids-limit', 'publish-all', '-P', 'runtime', 'security-opt',
  'shm-size', 'sig-proxy', 'stop-signal', 'stop-timeout', 'storage-opt', 'sysctl', 'tmpfs', 'ulimit', 'userns', 'uts', 'volume-driver', 'volumes-from',
  ['detach', 'a container ends with its command: run it in the background of the shell, with & behind it'],
  ['-d', 'a container ends with its command: run it in the background of the shell, with & behind it'],
  ['name', 'leave it out: a container is gone when its command ends'],
  ['restart', 'leave it out: a container is gone when its command ends'],
] as const
