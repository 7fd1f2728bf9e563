#!/usr/bin/env bash
# Makes the ssh host keys that this machine lacks.
set -euo pipefail

ssh-keygen -A
