/*
 * Which programs may run natively in the place of an emulated one. A tool is here because somebody has looked at what its
 * output depends on, and found nothing of the processor: not its number formats (long double), its byte order, the size
 * of a pointer or of a time, what it calls itself, where libraries and plug-ins are, or what a C library is asked for by
 * name (character sets, name services but files). test/integration/twins.test.ts runs it both ways.
 *
 * Known to be wrong, and so not here: printf, seq, numfmt, od, sort -g, du, df, dd (long double); bash, make, python,
 * perl, gcc (the architecture is compiled in, in more than one word); uname, arch, nproc, lscpu, getconf (they tell of the
 * machine); who, users, logname (records of utmp have another layout); awk (the mathematical library's last bit); ldconfig,
 * locale, iconv, stdbuf, openssl (what they load or write is for one architecture).
 */

/**
 * Part of the cache keys of steps with twins. To be raised whenever a twin turns out to be wrong, be it by the list below
 * or by how twins are found and started: what was made with it is then not found again.
 */
export const TWINS_VERSION = 3

/** Programs of one package that are replaced or not for one and the same reason. */
export interface AllowedTool {
  /** The package by the package manager's kind; where it has none of that kind, the tool is not there. */
  readonly packages: { readonly deb?: string; readonly apk?: string }
  /** Absolute; `/usr/bin` stands for `/bin` as well. */
  readonly programs: readonly string[]
  /** Other names by which they are executed, as links. */
  readonly alsoCalled?: readonly string[]
  /** Where the program is one of many names: those that it may be called by. */
  readonly names?: readonly string[]
  /** Of these those that it is left out by for targets of 32 bits. */
  readonly namesOf64Bits?: readonly string[]
  /** Why its output is the same. */
  readonly why: string
  /** It looks for its own file in `/proc`, which is the loader's with a twin; `why` says that it is no matter. */
  readonly mayAskForItself?: boolean
  /** Names of users and groups are part of its work: a C library may ask others than the files for these. */
  readonly usesAccounts?: boolean
  /** Hosts by name are part of its work, by the C library's own services. */
  readonly usesHosts?: boolean
  /** It, or a library whose name begins with `libraries`, has the name of the architecture compiled in: a copy of it runs that has the step's. Where none can be made, it is emulated, or runs as it is. */
  readonly namesArchitecture?: { readonly libraries?: string; readonly orElse?: 'as it is' }
  /** Only for these targets; undefined for all. */
  readonly targets?: 'of 64 bits' | 'of 64 bits, little-endian'
  /** Only in these distributions, as os-release(5) has their ID: others build the same package otherwise. */
  readonly distributions?: readonly string[]
}

function inBin(names: string): readonly string[] {
  return names.split(' ').map((name) => `/usr/bin/${name}`)
}

/** Plain text and plain files: bytes in, bytes out, by integers of fixed width. */
const FILE_TOOLS = 'basename cat chmod cksum comm cp csplit cut dirname echo env expand expr false fmt fold head join link ln mkdir mkfifo mknod mktemp mv nice nl nohup paste pathchk pr printenv ptx pwd readlink realpath rm rmdir split sum sync tac tail tee test tr true truncate tsort tty unexpand uniq unlink wc yes base32 base64 basenc b2sum md5sum sha1sum sha224sum sha256sum sha384sum sha512sum'
/** The same, with users and groups by name. */
const ACCOUNT_TOOLS = 'chgrp chown dir groups id install ls stat vdir whoami'
/** A time beyond 2038 is one to 64 bits only. */
const TIME_TOOLS = 'date touch'

/** Applets of busybox that start nothing but by the kernel, and depend on nothing of the machine. */
const APPLETS =
  'ash sh basename cat chgrp chmod chown cksum cmp comm cp cut diff dirname echo egrep env expand expr false fgrep find fold getopt grep gunzip gzip head id install link ln ls md5sum mkdir mkfifo mktemp mv nice nl nohup paste patch printenv pwd readlink realpath rm rmdir sed sha1sum sha256sum sha3sum sha512sum shuf sort split stat sync tac tail tar tee test tr true truncate tsort tty unexpand uniq unlink wc which whoami xargs yes zcat base64 bunzip2 bzcat bzip2 cpio run-parts unlzma unxz lzcat xzcat'

/** Those of apt's that a plain apt-get uses. */
const METHODS = ['copy', 'file', 'gpgv', 'http', 'rred', 'store']

export const ALLOWED_TOOLS: readonly AllowedTool[] = [
  { packages: { deb: 'dash', apk: 'dash' }, programs: inBin('dash'), alsoCalled: ['sh'], usesAccounts: true, why: 'a shell of 64-bit integers, whose printf goes by double; what it starts goes through the kernel' },
  { packages: { deb: 'coreutils' }, programs: inBin(`${FILE_TOOLS} [`), why: 'bytes and integers of fixed width' },
  { packages: { deb: 'coreutils' }, programs: inBin(ACCOUNT_TOOLS), usesAccounts: true, why: 'bytes and integers of fixed width, accounts from files' },
  { packages: { deb: 'coreutils' }, programs: inBin(TIME_TOOLS), targets: 'of 64 bits', why: 'times of 64 bits, zones from files that have one byte order' },
  { packages: { apk: 'coreutils' }, programs: inBin('coreutils'), names: `${FILE_TOOLS} [ ${ACCOUNT_TOOLS}`.split(' '), usesAccounts: true, why: 'one program of many names, of which only those above are taken' },
  { packages: { apk: 'busybox' }, programs: inBin('busybox'), names: APPLETS.split(' '), namesOf64Bits: ['find', 'head', 'stat'], distributions: ['alpine'], why: 'Alpine builds it without the standalone shell, and has it execute itself by its path: each applet, and a script without a first line for the kernel, is executed through the kernel, and is emulated where it is none of these names. Three read or print numbers as long as a pointer' },
  { packages: { deb: 'grep', apk: 'grep' }, programs: inBin('grep'), why: 'bytes; the scripts around it start it through the kernel' },
  { packages: { deb: 'sed', apk: 'sed' }, programs: inBin('sed'), why: 'bytes' },
  { packages: { deb: 'findutils', apk: 'findutils' }, programs: inBin('find xargs'), usesAccounts: true, why: 'order of folders as the kernel gives it; command lines by the same limits' },
  { packages: { deb: 'diffutils', apk: 'diffutils' }, programs: inBin('cmp diff diff3 sdiff'), why: 'bytes and integers' },
  { packages: { deb: 'patch', apk: 'patch' }, programs: inBin('patch'), why: 'bytes' },
  { packages: { deb: 'debianutils' }, programs: inBin('run-parts'), why: 'starts what is in a folder, through the kernel' },
  { packages: { deb: 'tar', apk: 'tar' }, programs: inBin('tar'), usesAccounts: true, why: 'a format of text and octal numbers' },
  { packages: { deb: 'cpio', apk: 'cpio' }, programs: inBin('cpio'), usesAccounts: true, targets: 'of 64 bits, little-endian', why: 'its binary format has the byte order of the machine' },
  { packages: { deb: 'gzip', apk: 'gzip' }, programs: inBin('gzip'), why: 'deflate is defined by bytes; the choice of matches by integers' },
  { packages: { deb: 'bzip2', apk: 'bzip2' }, programs: inBin('bzip2'), alsoCalled: ['bunzip2', 'bzcat'], why: 'defined by bytes; sorts without regard to the byte order' },
  { packages: { deb: 'xz-utils', apk: 'xz' }, programs: inBin('xz'), alsoCalled: ['unxz', 'xzcat', 'lzma', 'unlzma', 'lzcat'], targets: 'of 64 bits', why: 'on 32 bits it limits its memory, and with it its threads' },
  { packages: { deb: 'zstd', apk: 'zstd' }, programs: inBin('zstd'), alsoCalled: ['unzstd', 'zstdcat', 'zstdmt'], targets: 'of 64 bits, little-endian', why: 'older versions hash by the byte order of the machine' },
  { packages: { deb: 'dpkg' }, programs: inBin('update-alternatives'), usesAccounts: true, why: 'links and text files' },
  { packages: { deb: 'dpkg' }, programs: inBin('dpkg-deb dpkg-split'), usesAccounts: true, namesArchitecture: { orElse: 'as it is' }, why: 'archives; the architecture is told with the version, and nowhere else' },
  { packages: { deb: 'dpkg' }, programs: inBin('dpkg dpkg-query dpkg-divert dpkg-statoverride dpkg-trigger'), usesAccounts: true, namesArchitecture: {}, targets: 'of 64 bits', why: 'text files, in an order of names and integers; what it starts goes through the kernel' },
  { packages: { deb: 'apt' }, programs: inBin('apt apt-get apt-cache apt-config apt-mark'), usesAccounts: true, namesArchitecture: { libraries: 'libapt-' }, targets: 'of 64 bits, little-endian', why: 'text files, and a cache of them in the layout of the machine; choices by integers; its architecture is the one word' },
  { packages: { deb: 'apt' }, programs: METHODS.map((name) => `/usr/lib/apt/methods/${name}`), alsoCalled: ['https'], usesAccounts: true, usesHosts: true, namesArchitecture: { libraries: 'libapt-' }, targets: 'of 64 bits', why: 'bytes as they are fetched, unpacked and hashed, over a protocol of text' },
  { packages: { deb: 'gpgv' }, programs: inBin('gpgv'), mayAskForItself: true, why: 'a signature is good or it is not; beside its own file it looks for a gpgconf.ctl, which no package brings' },
]
