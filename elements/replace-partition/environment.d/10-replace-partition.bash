for variable in DISTRO_NAME DIB_RELEASE EFI_BOOT_DIR DIB_INIT_SYSTEM; do
  if [[ -z ${!variable:-} ]]; then
    echo "$variable is not set. The element replace-partition cannot tell it from the image: set it as the elements did that built it." >&2
    exit 1
  fi
done
# The system is there already; nothing is installed and nothing updated.
export DIB_SKIP_GRUB_PACKAGE_INSTALL=True DIB_SKIP_BASE_PACKAGE_INSTALL=1 DIB_AVOID_PACKAGES_UPDATE=1
export DIB_SOURCE_BLOCK_SIZE=${DIB_SOURCE_BLOCK_SIZE:-512}
if [[ -n ${DIB_LOCAL_IMAGE:-} ]]; then
  INGOT_BASE_IMAGE=$(readlink -m "$DIB_LOCAL_IMAGE")
  export INGOT_BASE_IMAGE
fi
export INGOT_BASE_IMAGE_HINT='Set DIB_LOCAL_IMAGE to the path of the image that gets another layout, such as DIB_LOCAL_IMAGE=server.qcow2.'
