export DISTRO_NAME=${DISTRO_NAME:-ubuntu}
export DIB_RELEASE=${DIB_RELEASE:-noble}
export DIB_DEBIAN_COMPONENTS=${DIB_DEBIAN_COMPONENTS:-main,universe}
export EFI_BOOT_DIR=EFI/ubuntu

# The mirrors of the archive have the architectures of PCs alone.
case ${ARCH:-} in
  amd64 | i386) _ingot_mirror=http://archive.ubuntu.com/ubuntu ;;
  *) _ingot_mirror=http://ports.ubuntu.com/ubuntu-ports ;;
esac
export DIB_DISTRIBUTION_MIRROR=${DIB_DISTRIBUTION_MIRROR:-$_ingot_mirror}
