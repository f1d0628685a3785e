/**
 * A line of shell for each tool of the allowlist, whose output would show a difference between an emulated and a native
 * run. They work in `$work`, a folder of their own with `text` (words, numbers, empty lines, UTF-8), `bytes` (all of
 * them) and `tree`, one after the other.
 */
export interface ToolCase {
  readonly tool: string
  readonly script: string
}

/** Makes what the cases work on, by the shell alone. */
export const PREPARE = `
mkdir -p $work/tree/a/b $work/tree/c && cd $work
i=0; while [ $i -lt 60 ]; do echo "line $i of $((i * i * 7919 % 65537)) für \\"x\\"	$((i % 7))"; [ $((i % 13)) -ne 0 ] || echo; i=$((i + 1)); done >text
i=0; while [ $i -lt 256 ]; do printf "\\\\$((i / 64))$((i / 8 % 8))$((i % 8))"; i=$((i + 1)); done >bytes
cat text bytes text >mixed; echo one >tree/a/1; echo two >tree/a/b/2; echo one >tree/c/3; ln -s ../a/1 tree/c/link; ln tree/a/1 tree/hard
chmod 640 tree/a/1; chmod 4755 tree/c/3; touch -h -d 2001-02-03T04:05:06.789Z tree/c/link tree/hard tree/a/1 tree/a/b/2 tree/c/3 tree/a tree/a/b tree/c tree text bytes mixed
`

const text = (tools: string, script: (tool: string) => string): readonly ToolCase[] => tools.split(' ').map((tool) => ({ tool, script: script(tool) }))

export const TOOL_CASES: readonly ToolCase[] = [
  ...text('md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum', (tool) => `${tool} text mixed`),
  ...text('base32 base64', (tool) => `${tool} bytes; ${tool} bytes | ${tool} -d | cmp - bytes`),
  ...text('cat tac head tail nl fold fmt pr expand unexpand uniq wc', (tool) => `${tool} text`),
  { tool: 'dash', script: `dash -c 'x=$((0x7fffffffffffffff + 1)); echo $x $((-7 / 2)) $((-7 % 3)) $((1 << 62)); printf "%d %x %.3f %e %s %c|%b\\n" 42 255 2.5 12345.678 s c "a\\tb"; case für in f?r) echo glob;; esac; set | grep -c PATH; trap "echo trapped" EXIT; kill -0 $$; type cat; ulimit -n; umask; (exit 7); echo $?; echo ~root'` },
  { tool: 'basenc', script: 'basenc --z85 bytes | cksum; basenc --base16 bytes | cksum' },
  { tool: 'basename', script: 'basename /a/b.c .c; dirname /a/b.c' },
  { tool: 'comm', script: 'comm text mixed 2>&1; join -j 2 text text 2>&1' },
  { tool: 'cut', script: 'cut -c 3-9 text; cut -d " " -f 2,4 text; paste -d ,; text mixed </dev/null | cksum' },
  { tool: 'csplit', script: 'csplit -z -s text /99/ "{*}" && cat xx00; split -b 999 text part && ls part*' },
  { tool: 'tr', script: 'tr a-z A-Z <text; tr -dc 0-9 <text; tr -s " " "\\n" <text' },
  { tool: 'expr', script: 'expr 99999999999999999999 "*" 3; expr für : f.; expr 7 / 2' },
  { tool: 'factor', script: 'test 3 -lt 10; echo $?; [ -f text ] && /usr/bin/test -nt / ; echo $?; /usr/bin/[ a = b ]; echo $?' },
  { tool: 'echo', script: '/usr/bin/echo -e "a\\tb\\0101"; /usr/bin/false; echo $?; /usr/bin/true; echo $?; yes | head -n 3' },
  { tool: 'env', script: 'A=1 B=2 env -u A C=3 | grep -v ^PWD= | cksum; env -i X=y env; printenv PATH; nice -n 5 nice; nohup echo out 2>/dev/null' },
  { tool: 'ptx', script: 'ptx text; tsort <<-E\n\ta b\n\tb c\n\tE\ntee copy <text; pathchk -p a/b; echo $?' },
  { tool: 'readlink', script: 'readlink tree/c/link; realpath tree/c/link; readlink -f tree/../tree/c; pwd -P' },
  { tool: 'ls', script: 'ls -lAnR --time-style=full-iso tree | grep -v "^total"; ls -1 -S /usr/bin; dir tree; vdir -n tree' },
  { tool: 'stat', script: 'stat -c "%n %s %a %u %U %g %F %y %h" tree/a/1 tree/c tree/c/3 tree/c/link' },
  { tool: 'date', script: 'TZ=UTC date -d @1700000000 -R; TZ=UTC date -d "2024-02-29 + 1 year" +%F-%j-%s; touch -d 2030-01-01T00:00:00.5Z t; stat -c %Y t' },
  { tool: 'cp', script: 'cp -a tree copy1; mv copy1 copy2; ln copy2/a/1 copy2/h; install -m 2711 text inst; mkdir -m 700 d; mkfifo p; rm copy2/c/3; rmdir d; truncate -s 5000 inst; chmod -R g+w copy2; chown 7:8 inst; chgrp 9 p; unlink p; link text l2; sync l2; find copy2 inst l2 -printf "%p %m %s %U %G %l\\n" | sort | cksum' },
  { tool: 'id', script: 'id; id -nG root; groups; whoami; tty; mktemp -u x.XXXX | wc -c' },
  { tool: 'grep', script: 'grep -c "[0-9]$" text; grep -n "für.*7$" text; grep -aoE "[a-z]+" mixed | cksum; grep -P "(?<=of )\\d{3}\\b" text; grep -r two tree; grep nothing text; echo $?' },
  { tool: 'sed', script: `sed -n '1~7p;$=' text; sed -E 's/([a-z]+) ([0-9]+)/\\2-\\U\\1/g' text; sed -i 's/one/1/' tree/hard; cat tree/hard; sed -z 's/\\n/,/g' text` },
  { tool: 'find', script: 'find tree -type f -size -2 -newermt 2000-01-01 ! -newermt 2002-01-01 -printf "%p %s %m %TY %u\\n"; find tree -name "[0-9]" -exec cat {} + ; find tree -depth; find tree -links 2' },
  { tool: 'xargs', script: 'cat text | xargs -n 7 echo 2>&1; ls /usr/bin | xargs; ls /usr/bin | xargs -I{} -P 1 echo {}x | head -n 300; xargs --show-limits </dev/null 2>&1 | tail -n 2' },
  { tool: 'diff', script: 'diff -u tree/a/1 tree/a/b/2 | tail -n 3; diff text mixed | cksum; cmp text mixed; cmp -l text bytes 2>&1; sdiff text text; diff3 text text mixed | cksum; diff -rq tree $work/tree; echo $?' },
  { tool: 'patch', script: 'echo new >new; diff -u text new >p; cp text old; patch -s old p; cmp old new && echo patched' },
  { tool: 'tar', script: 'find tree -exec touch -h -d @1000000000 {} +; tar --sort=name --owner=1 --group=2 -cf t.tar tree; cksum <t.tar; tar -tvf t.tar --full-time | cksum; tar --sort=name --format=posix --pax-option=delete=atime,delete=ctime -czf t.tgz tree; cksum <t.tgz; mkdir out; tar -xpf t.tgz -C out; find out -printf "%p %m %U\\n" | sort | cksum; cmp out/tree/a/1 tree/a/1' },
  { tool: 'cpio', script: 'find tree | cpio -o -H newc --reproducible 2>/dev/null | cksum' },
  { tool: 'gzip', script: 'for l in 1 6 9; do gzip -n$l <mixed | cksum; done; gzip -n <text | gzip -dc | cmp - text; gzip -n <mixed >m.gz; gzip -l m.gz' },
  { tool: 'bzip2', script: 'bzip2 -9 <mixed | cksum; bzip2 <text | bunzip2 | cmp - text' },
  { tool: 'xz', script: 'for l in 0 6 9e; do xz -$l <mixed | cksum; done; xz --format=lzma <text | cksum; xz -T2 --block-size=4096 <mixed | cksum; xz <text | xzcat | cmp - text' },
  { tool: 'zstd', script: 'for l in 1 3 19; do zstd -q -$l <mixed | cksum; done; zstd -q <text | zstdcat | cmp - text' },
  { tool: 'run-parts', script: 'mkdir parts; printf "#!/bin/sh\\necho part \\$0\\n" >parts/one; chmod 755 parts/one; run-parts parts; run-parts --test parts' },
  { tool: 'dpkg-deb', script: 'mkdir -p pkg/DEBIAN; printf "Package: p\\nVersion: 1\\nArchitecture: all\\nMaintainer: m <m@m>\\nDescription: d\\n" >pkg/DEBIAN/control; cp text pkg/; find pkg -exec touch -d @1000000000 {} +; SOURCE_DATE_EPOCH=1000000000 dpkg-deb --root-owner-group -Zgzip -b pkg p.deb >/dev/null; cksum <p.deb; dpkg-deb -I p.deb; dpkg-deb -c p.deb; dpkg-deb -x p.deb ex; cmp ex/text text; dpkg-split -s p.deb s >/dev/null; ls s*' },
  { tool: 'dpkg', script: 'export DPKG_ADMINDIR=$work/admin; mkdir -p admin/updates admin/info inst pkg2/DEBIAN pkg2/usr; touch admin/status admin/available; printf "Package: q\\nVersion: 2\\nArchitecture: $(dpkg --print-architecture)\\nMulti-Arch: same\\nMaintainer: m <m@m>\\nDescription: d\\n" >pkg2/DEBIAN/control; cp text pkg2/usr/q; find pkg2 -exec touch -d @1000000000 {} +; dpkg-deb --root-owner-group -Zgzip -b pkg2 q.deb >/dev/null; dpkg --instdir=$work/inst --force-bad-path --log=$work/log -i q.deb 2>&1; dpkg -l; dpkg -L q; dpkg -s q; dpkg-query -W -f "\${binary:Package} \${Architecture} \${db:Status-Abbrev}\\n"; dpkg --print-architecture; dpkg --add-architecture x1; cat admin/arch; dpkg-trigger --no-await --by-package=q t; dpkg-statoverride --add 7 8 2711 /u/q; dpkg-divert --instdir $work/inst --no-rename --add /u/z; dpkg --verify q; head -n 50 admin/status admin/diversions admin/statoverride admin/triggers/*; find admin inst -printf "%p %m %s\\n" | sort; for t in dpkg dpkg-deb dpkg-query dpkg-divert dpkg-trigger dpkg-statoverride dpkg-split; do $t --version | head -n 1; done' },
  { tool: 'update-alternatives', script: 'set -- --altdir $work/alt --admindir $work; update-alternatives "$@" --install $work/al al /usr/bin/cat 5 2>&1; mkdir alt; update-alternatives "$@" --install $work/al al /usr/bin/cat 5 2>&1; readlink al alt/al; update-alternatives "$@" --query al' },
  { tool: 'gpgv', script: 'gpgv --version | head -n 1; gpgv text 2>&1 | tail -n 1; echo $?' },
]

/**
 * For a user land of busybox: how applets are started, by links, by each other and by the shell, scripts without a first
 * line for the kernel among them; and what those print that have twins, and some that have none.
 */
export const APPLETS = `set -u; work=/work; ${PREPARE}
  uname -m; sh -c 'uname -m; exec uname -m'; env uname -m; find text -exec uname -m \\;; echo -m | xargs uname; nice uname -m; busybox uname -m; busybox sh -c 'busybox uname -m'
  printf '#!/bin/busybox sh\\necho "$0"; uname -m\\n' >direct; printf '#!/bin/sh -e\\necho "$0"; false; echo not\\n' >strict; chmod 755 direct strict; ./direct; ./strict; echo $?
  echo 'echo "$0" "$@"; uname -m' >plain; chmod 755 plain; ./plain a; sh -c './plain "b c"'; env ./plain; mkdir parts; cp direct parts/one; run-parts parts; find direct -exec ./{} d \\;; echo e | xargs ./strict
  printf '%d %x %.3f %s|%b\\n' 42 255 2.5 s 'a\\tb'; echo $((0x7fffffffffffffff + 1)) $((-7 / 2)) $((1 << 62)); seq 1 .5 3; awk 'BEGIN { printf "%.17g\\n", exp(1) }' ; test 9223372036854775807 -gt 1; echo $?
  for t in cat tac head tail nl fold 'fold -w 9' expand unexpand uniq wc 'cut -c 3-9' 'tr a-z A-Z' sort 'sort -rn' 'sort -k2n' 'grep -c .' "sed -n '1~7p;$='" cksum md5sum sha1sum sha256sum sha3sum sha512sum sum base64 od; do echo "== $t"; sh -c "$t" <mixed; done
  ls -lnR tree | grep -v ^total | sed 's/ [A-Z][a-z][a-z] .*:[0-9][0-9] / /'; stat -c '%n %s %a %u %g %F' tree/a/1 tree/c; find tree -type f -size -2; find tree -depth; readlink -f tree/c/link; realpath tree/c/link; expr 7 / 2; expr abc : 'a\\(.\\)'; basename /a/b.c .c; dirname /a/b
  for z in gzip bzip2; do $z <mixed | cksum; $z <mixed | $z -d | cmp - mixed; done; tar -czf t.tgz tree && tar -tzf t.tgz | sort; mkdir out; tar -xzf t.tgz -C out; find out | sort; find tree | cpio -o -H newc 2>/dev/null | cpio -t 2>/dev/null | sort
  diff text mixed | cksum; cmp text mixed; cp text new; echo more >>new; diff -u text new | sed 1,2d >p; patch text <p >/dev/null; cmp text new; cp -a tree copy; mv copy moved; chown 7:8 new; chgrp 9 new; chmod 2711 new; install -m 700 text inst; mkfifo f; truncate -s 5000 inst; ln new hard; rm -r out
  id; id -un 65534; whoami; printenv PATH; pwd; which ls; yes | head -n 2; echo x | tee one; split -b 999 mixed part; ls part*; getopt ab:c -a -b x -- y; paste text /dev/null | cksum; comm text mixed | cksum; sh -c 'exit 7'; echo $?; head -c 5000000000 text | wc -c; tail -n +5000000000 text | wc -c
  cd /; rm -r $work`

/** All cases whose tool is there, in one script. */
export const TOOLS = `work=/work; ${PREPARE}
${TOOL_CASES.map(({ tool, script }) => `command -v ${tool} >/dev/null && { echo "== ${tool}"; (${script}) 2>&1; }`).join('\n')}
cd /; rm -rf $work /var/log/alternatives.log`
