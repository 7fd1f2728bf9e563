export DIB_SKIP_GRUB_PACKAGE_INSTALL=${DIB_SKIP_GRUB_PACKAGE_INSTALL:-False}
# A layout of the user's own comes without a block-device-* element; then nothing is installed on the disk.
export DIB_BLOCK_DEVICE=${DIB_BLOCK_DEVICE:-}
