#!/bin/sh
# Install what a lock file names into .venv, telling which package is under way; errors are shown whole.
set -eu
lock=$1
log=.venv/install.log
{
  .venv/bin/python -m pip install --disable-pip-version-check --no-input --no-deps --no-compile --require-hashes -r "$lock" 2>&1 ||
    echo "FAILED with $?"
} | tee "$log" | awk -v tty="$([ -t 1 ] && echo 1 || echo 0)" '
  /^Collecting / { n++; if (tty) printf "\r\033[K  %d packages: %s", n, $2; else if (n % 10 == 1) printf "  %d packages …\n", n; fflush() }
  /^Installing collected/ { printf "%s  writing them to disk …", tty ? "\r\033[K" : ""; fflush() }
  END { print "" }'
if tail -n 1 "$log" | grep -q '^FAILED with'; then
  grep -v '^WARNING' "$log" | tail -n 15 >&2
  echo "The installation failed; the whole log is in $log" >&2
  exit 1
fi
