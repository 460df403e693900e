#!/bin/sh
# Find Chromium, or get it from the system's packages where that is allowed; in CI its absence is a failure.
set -eu
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium from the system's packages for the browser tests …"
  apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    chromium fonts-dejavu-core >/dev/null && exit 0
fi
echo "The browser tests need Chromium: sudo apt-get install chromium" >&2
[ -z "${CI:-}" ]
