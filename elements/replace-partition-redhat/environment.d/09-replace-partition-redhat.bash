if [[ -z ${DISTRO_NAME:-} ]]; then
  echo 'DISTRO_NAME is not set. Set it to the distribution of the image: almalinux, centos, fedora, rhel or rocky.' >&2
  exit 1
fi
export DIB_RELEASE=${DIB_RELEASE:-9} DIB_BLOCK_DEVICE=efi DIB_INIT_SYSTEM=systemd
if [[ $DISTRO_NAME == *rhel* ]]; then
  export EFI_BOOT_DIR=EFI/redhat
else
  export EFI_BOOT_DIR=EFI/$DISTRO_NAME
fi
