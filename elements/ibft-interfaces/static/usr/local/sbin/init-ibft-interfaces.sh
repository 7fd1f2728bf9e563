#!/usr/bin/env bash
# Connects to the iSCSI disks that the firmware's table iBFT names.
set -euo pipefail

if ! command -v iscsistart >/dev/null; then
  echo "There is no iscsistart; is the iSCSI initiator installed?" >&2
  exit 1
fi
if iscsistart -f; then
  iscsistart -N
  udevadm settle
else
  echo "The firmware names no iSCSI disks"
fi
