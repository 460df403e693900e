#!/bin/sh
# Debian ships Python without the parts that make a virtual environment: get them where that is allowed.
set -eu
rm -rf .venv
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing python3-venv from the system's packages …"
  apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
  exec "$1" -m venv .venv
fi
echo "Python's venv module is missing: sudo apt-get install python3-venv, then try again" >&2
exit 1
