import { isTimeAlone, type LocatedDifference, type PlatformDifference } from '../../image/difference/imageDifference.ts'

/** Why something is likely to differ, and what to do. */
export interface Cause {
  readonly reason: string
  readonly remedy: string
}

const TIMES: Cause = { reason: 'files have the time at which they were written', remedy: 'set SOURCE_DATE_EPOCH, and add -o type=…,rewrite-timestamp=true' }
const CLOCK: Cause = { reason: 'the image has the time of its build', remedy: 'set SOURCE_DATE_EPOCH' }
const UNKNOWN: Cause = { reason: 'what writes it reads the clock, draws random numbers, downloads, or runs in no fixed order', remedy: 'see what differs in it, above' }

interface Rule extends Cause {
  readonly path?: RegExp
  /** Of the file's first bytes, in hexadecimal. */
  readonly head?: RegExp
}

/** The first that fits. */
const RULES: readonly Rule[] = [
  { path: /\/var\/cache\/ldconfig\/aux-cache$/, reason: 'ldconfig keeps inodes and times', remedy: 'in the same RUN: rm -f /var/cache/ldconfig/aux-cache' },
  { path: /^\/var\/log\//, reason: 'logs have the time of their lines', remedy: 'in the same RUN: find /var/log -type f -delete' },
  { path: /^\/var\/lib\/apt\/lists\/|^\/var\/cache\/apt\//, reason: 'lists of packages change, and caches hold times', remedy: 'in the same RUN: rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin' },
  { path: /^\/var\/cache\/debconf\/|^\/var\/lib\/dpkg\/.*-old$/, reason: 'backups and caches of the package manager', remedy: 'in the same RUN: rm -rf /var/cache/debconf/*-old /var/lib/dpkg/*-old' },
  { path: /\.py[co]$|\/__pycache__(?:\/|$)/, reason: 'compiled Python holds the time of its source', remedy: 'ENV PYTHONDONTWRITEBYTECODE=1, or python -m compileall --invalidation-mode unchecked-hash' },
  { path: /^\/etc\/machine-id$|\/dbus\/machine-id$/, reason: 'a random id of the machine', remedy: 'in the same RUN: : > /etc/machine-id' },
  { path: /\/ssh_host_\w+_key(?:\.pub)?$/, reason: 'keys are random, and do not belong into an image', remedy: 'in the same RUN: rm /etc/ssh/ssh_host_*; make them when the container starts' },
  { path: /^\/etc\/shadow-?$/, reason: 'useradd writes the day', remedy: 'ARG SOURCE_DATE_EPOCH before it (shadow 4.9 and later follow it), or chage -d 1 USER' },
  { path: /\/\.cache\/|^\/root\/\.npm\/|^\/tmp\//, reason: 'a cache or a left-over', remedy: 'remove it in the same RUN, or put it into RUN --mount=type=cache' },
  { head: /^1f8b/, reason: 'gzip writes name and time of the file into its header', remedy: 'gzip -n' },
  { head: /^504b0304/, reason: 'zip and jar archives hold the times of their files', remedy: 'touch the files to SOURCE_DATE_EPOCH and use zip -X, or strip-nondeterminism' },
  { head: /^213c617263683e/, reason: 'static libraries hold times and owners', remedy: 'ar D, or ranlib -D' },
  { head: /^7f454c46/, reason: 'programs hold build ids, paths, and what __DATE__ says', remedy: 'ARG SOURCE_DATE_EPOCH before the compiler; -ffile-prefix-map, -Wl,--build-id=none; go build -trimpath' },
  { path: /\.(?:tar|tgz|whl|egg|deb|apk)(?:\.\w+)?$/, reason: 'archives hold the times of their files', remedy: 'tar --sort=name --mtime=@$SOURCE_DATE_EPOCH --owner=0 --group=0' },
]

/** Of one file. */
export function causeOf({ difference, content }: LocatedDifference): Cause {
  if (isTimeAlone(difference)) return TIMES
  return RULES.find(({ path, head }) => (path?.test(difference.path) ?? false) || (head !== undefined && content !== undefined && head.test(content.head))) ?? UNKNOWN
}

/** Of all that differs, each once, with the number of files where it is theirs. */
export function causesOf(platforms: readonly PlatformDifference[]): readonly (Cause & { readonly fileCount: number })[] {
  const counts = new Map<Cause, number>()
  const add = (cause: Cause, count: number): void => void counts.set(cause, (counts.get(cause) ?? 0) + count)
  for (const { config, layers } of platforms) {
    if (config.some(({ field }) => /(?:^|\.)created$/.test(field))) add(CLOCK, 0)
    for (const located of layers.flatMap(({ files }) => files)) add(causeOf(located), 1)
  }
  return [...counts].map(([{ reason, remedy }, fileCount]) => ({ reason, remedy, fileCount }))
}
