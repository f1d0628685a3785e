#!/bin/sh
# Says on what it runs: the machine's name, its byte order, and a checksum worked out on this very CPU.
machine=$(uname -m)
case $(printf '\1\0' | od -An -tx2 | tr -d ' ') in
  0001) order=little-endian ;;
  *) order=big-endian ;;
esac
sum=$(awk 'BEGIN { s = 1; for (i = 1; i <= 20000; i++) s = (s * 31 + i) % 65521; print s }')

if [ "${1-}" = --self-test ]; then
  [ "$sum" = 1576 ] || { echo "checksum $sum is wrong on $machine" >&2; exit 1; }
  echo "$machine $order $sum"
  exit 0
fi
printf '%s from %s, %s (checksum %s), one of %s greetings\n' "${GREETING:-Hi}" "$machine" "$order" "$sum" "$(grep -vc '^sorted' "${0%/*}/sorted.txt")"
