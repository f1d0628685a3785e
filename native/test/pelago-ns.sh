#!/bin/sh
# Runs build/pelago-ns and looks at what it did. As root, every test also runs as the user named in PELAGO_TEST_USER.
set -u
cd "$(dirname "$0")/.."
ns=$PWD/build/pelago-ns
failed=0
scratch=$(mktemp -d) && chmod 755 "$scratch"
trap 'rm -rf "$scratch"' EXIT

# expect SENTENCE EXPECTED ACTUAL
expect() {
  if [ "$2" = "$3" ]; then echo "ok - $1"; else echo "not ok - $1: expected '$2', got '$3'"; failed=1; fi
}

# The exit status of a command whose output is of no interest.
status_of() { "$@" >/dev/null 2>&1; echo $?; }

# Whether a process is gone; waits for at most five seconds, since the kernel ends a namespace in its own time.
is_gone() {
  for _ in $(seq 100); do kill -0 "$1" 2>/dev/null || { echo gone; return; }; sleep 0.05; done
  echo alive
}

expect 'is root inside' 0 "$("$ns" -- id -u)"
expect 'starts the program as process 2' 2 "$("$ns" -- sh -c 'echo $$')"
expect 'has a /proc of its own' private "$("$ns" -- sh -c 'echo $PELAGO_NS_PROC')"
expect 'hands the exit status on' 7 "$(status_of "$ns" -- sh -c 'exit 7')"
expect 'says 128 + N for signal N' 137 "$(status_of "$ns" -- sh -c 'kill -9 $$')"
expect 'says 214 where there is no such program' 214 "$(status_of "$ns" -- /no/such/program)"
expect 'says 210 for a wrong flag' 210 "$(status_of "$ns" --no-such-flag -- true)"
expect 'says 210 where there is nothing to run' 210 "$(status_of "$ns" --)"
expect 'prints one line on failure' 1 "$("$ns" -- /no/such/program 2>&1 | wc -l)"
expect 'keeps an inherited file open' passed "$(echo passed >"$scratch/inherited"; "$ns" -- cat /dev/fd/5 5<"$scratch/inherited")"
expect 'keeps the working folder' "$scratch" "$(cd "$scratch" && "$ns" -- pwd)"
expect 'shows none of its mounts outside' "$(grep -c . /proc/self/mountinfo)" "$("$ns" -- mount -t tmpfs none /mnt; grep -c . /proc/self/mountinfo)"
expect 'hands SIGTERM on' terminated "$("$ns" -- sh -c 'trap "echo terminated; exit" TERM; echo ready >'"$scratch"'/ready; while :; do sleep 0.05; done' & pid=$!; until [ -s "$scratch/ready" ]; do sleep 0.02; done; kill -TERM $pid; wait $pid)"

# A reader must see the end of a pipe although pelago-ns is still there.
mkfifo "$scratch/pipe"
"$ns" -- sh -c 'exec 7>&-; sleep 30' 7>"$scratch/pipe" >/dev/null & holder=$!
expect 'holds no inherited file open by itself' '' "$(timeout 5 cat "$scratch/pipe" || echo still open)"
kill -9 $holder; wait $holder 2>/dev/null

"$ns" -- sh -c 'sleep 300 & echo $! >'"$scratch"'/in; exec sleep 301' & outer=$!
until [ -s "$scratch/in" ]; do sleep 0.02; done
inner=$(pgrep -P "$(pgrep -P $outer)")
kill -9 $outer; wait $outer 2>/dev/null
expect 'takes everything with it when it is killed' gone "$(is_gone "$inner")"

expect 'hands on the status of a runtime that sends no terminal' 3 "$(status_of "$ns" --pty 80x24 --console-socket "$scratch/console" -- sh -c 'exit 3' </dev/null)"
expect 'refuses a size that is none' 210 "$(status_of "$ns" --pty wide --console-socket "$scratch/console" -- true)"
expect 'refuses a terminal without a socket' 210 "$(status_of "$ns" --pty 80x24 -- true)"

# A binfmt_misc inside that of `pelago-ns`: `formats` has one registration, of shell scripts by another name.
echo ':pelago-test:E::pelago-test::/bin/echo:F' >"$scratch/formats" && chmod 644 "$scratch/formats"
printf '#!/bin/sh\necho by itself\n' >"$scratch/it.pelago-test" && chmod 755 "$scratch/it.pelago-test"
own="$ns --own-binfmt $scratch/formats --"
if [ "$("$ns" -- sh -c 'echo $PELAGO_NS_BINFMT')" = private ]; then
  expect 'registers in a binfmt_misc of its own' "$scratch/it.pelago-test" "$("$ns" -- $own "$scratch/it.pelago-test")"
  expect 'shows the one outside nothing of it' 'by itself' "$("$ns" -- sh -c "$own true; $scratch/it.pelago-test")"
  expect 'becomes the program, whose id stays' same "$("$ns" -- sh -c "sh -c 'echo \$\$; exec $own sh -c \"echo \\\$\\\$\"' | uniq | wc -l | sed 's/^1\$/same/'")"
  expect 'has the same ids inside' "$("$ns" -- sh -c 'cut -c 1-33 /proc/self/uid_map | wc -l; id -u')" "$("$ns" -- $own sh -c 'cut -c 1-33 /proc/self/uid_map | wc -l; id -u')"
  expect 'hands the exit status of that on' 9 "$(status_of "$ns" -- $own sh -c 'exit 9')"
  expect 'says 210 where there are no registrations to read' 210 "$(status_of "$ns" -- "$ns" --own-binfmt /no/such/file -- true)"
  expect 'says 213 for what cannot be registered' 213 "$(echo nonsense >"$scratch/wrong"; status_of "$ns" -- "$ns" --own-binfmt "$scratch/wrong" -- true)"
fi

for facility in user-namespace id-range proc binfmt cgroup overlay; do
  expect "probes $facility" 1 "$("$ns" --probe | grep -c "\"facility\":\"$facility\"")"
done

mkdir "$scratch/place"
expect 'probes overlayfs in a folder' 1 "$("$ns" --probe "$scratch/place" | grep -c '"facility":"overlay"')"
expect 'leaves nothing in that folder' '' "$(ls -A "$scratch/place")"
expect 'probes overlayfs elsewhere where there is no such folder' 1 "$("$ns" --probe "$scratch/none" | grep -c '"facility":"overlay"')"

user=${PELAGO_TEST_USER:-}
if [ "$(id -u)" = 0 ] && [ -n "$user" ]; then
  expect 'all of it as an ordinary user' 0 "$(PELAGO_TEST_USER='' runuser -u "$user" -- sh test/pelago-ns.sh >"$scratch/log" 2>&1; echo $?)"
  grep '^not ok' "$scratch/log"
fi
exit $failed
