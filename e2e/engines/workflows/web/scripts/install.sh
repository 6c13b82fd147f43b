#!/bin/bash
# Installs the packages; one of them, as some do, leaves a process behind in its post-install script.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p modules
for package in packages/*; do cp -r "$package" modules/; done
for script in modules/*/postinstall.sh; do bash "$script"; done
