#!/usr/bin/env bash
# Installs what the tests need and this machine lacks: Chromium with a font of
# Arial's widths, PostgreSQL, Node with npm. Needs root for that, and says so otherwise.
set -euo pipefail
need=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || need+=(chromium)
fc-list 2>/dev/null | grep -qi liberation || need+=(fonts-liberation2)
command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || need+=(postgresql)
command -v node >/dev/null || need+=(nodejs)
command -v npm >/dev/null || need+=(npm)
[ ${#need[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install these first: ${need[*]}" >&2; exit 1; }
  exec sudo "$0" "$@"
fi
echo "installing ${need[*]}"
apt-get -o DPkg::Lock::Timeout=400 update -qq
DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=400 install -y -qq --no-install-recommends "${need[@]}" fontconfig >/dev/null
