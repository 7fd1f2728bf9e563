# Chooses the efi layout.
if [[ $ARCH == ppc64 || $ARCH == ppc64le || $ARCH == ppc64el ]]; then
  echo "block-device-efi-lvm cannot boot on $ARCH; use block-device-gpt or block-device-mbr" >&2
  exit 1
fi

export DIB_BLOCK_DEVICE=efi
