/** The command by which a gcc was configured, which all parts of it have within them: `gcc -v` prints it. Undefined where there is none. */
export function findConfiguration(file: Buffer): string | undefined {
  const at = file.indexOf(MARK)
  if (at < 0) return undefined
  const [start, end] = [file.lastIndexOf(0, at) + 1, file.indexOf(0, at)]
  return end < 0 || end - start > MAX_BYTES ? undefined : file.toString('latin1', start, end)
}

const MARK = '/configure -'
/** Debian's have some 2,000. */
const MAX_BYTES = 16_384

/** In what two compilers differ that shows in the code they write: one line; undefined where nothing does. `version` is for people. */
export function describeDifference(version: string, own: string, cross: string): string | undefined {
  const [ours, theirs] = [versionOf(own), versionOf(cross)]
  if (ours !== theirs) return `gcc ${version} is ${ours || 'of no known version'} here, and ${theirs || 'of no known version'} in the toolchain`
  const [here, there] = [formatCode(own), formatCode(cross)]
  const different = [...new Set(here).symmetricDifference(new Set(there))]
  return different.length === 0 ? undefined : `gcc ${version} and that in the toolchain are configured otherwise: ${different.join(' ')}`
}

/** Whether it has other processors to give work to, where code says so. */
export function isOffloading(configuration: string): boolean {
  return parseWords(configuration).some((word) => word.startsWith('--enable-offload-targets='))
}

/** What of a configuration two compilers have to have alike, as words in order. */
function formatCode(configuration: string): readonly string[] {
  return parseWords(configuration)
    .slice(1)
    .filter((word) => !IRRELEVANT.some((prefix) => word === prefix || word.startsWith(`${prefix}=`) || (prefix.endsWith('-') && word.startsWith(prefix))))
    .toSorted()
}

/** As Debian says it: `Debian 14.2.0-19`; '' of others. It is part of what a compiler writes. */
function versionOf(configuration: string): string {
  return parseWords(configuration).flatMap((word) => /^--with-pkgversion=(.*)$/s.exec(word)?.[1] ?? [])[0] ?? ''
}

/** Of a shell's, with single quotes. */
function parseWords(text: string): readonly string[] {
  return [...text.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''))
}

/**
 * Where things are, which is told to the twin; what the compiler itself was built with, and for whom; libraries and
 * languages that are built beside; offloading, which is left to emulation. With a hyphen at the end, all that begins so.
 */
const IRRELEVANT: readonly string[] = [
  '-v', '--with-bugurl', '--enable-languages', '--prefix', '--program-suffix', '--program-prefix', '--libexecdir', '--libdir', '--includedir', '--with-sysroot',
  '--build', '--host', '--with-build-config', '--enable-link-serialization', '--enable-bootstrap', '--disable-bootstrap', '--disable-werror', '--without-included-gettext',
  '--with-system-zlib', '--with-target-system-zlib', '--without-target-system-zlib', '--enable-libphobos-checking', '--disable-libphobos', '--enable-libphobos', '--enable-objc-gc', '--disable-libquadmath', '--disable-libquadmath-support', '--disable-libsanitizer',
  '--enable-offload-', '--without-cuda-driver', '--enable-libstdcxx-', '--disable-libstdcxx-',
]
