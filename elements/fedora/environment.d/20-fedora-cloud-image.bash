# bash, sourced before every phase
case $ARCH in
  amd64) _ingot_arch=x86_64 ;;
  arm64) _ingot_arch=aarch64 ;;
  *) _ingot_arch=$ARCH ;;
esac

_ingot_branch=fedora/linux
if [[ $_ingot_arch == ppc64* ]]; then _ingot_branch=fedora-secondary; fi

# Releases that are no longer maintained move to the archive.
_ingot_server=https://archives.fedoraproject.org/pub/archive
if ((DIB_RELEASE >= 42)); then _ingot_server=https://download.fedoraproject.org/pub; fi
_ingot_folder=Cloud
if ((DIB_RELEASE < 28)); then _ingot_folder=CloudImages; fi
_ingot_images=$_ingot_server/$_ingot_branch/releases/$DIB_RELEASE/$_ingot_folder/$_ingot_arch/images
_ingot_images=${DIB_CLOUD_IMAGES:-$_ingot_images}

# Since 40 there are several images, of which this is the one for clouds in general.
if ((DIB_RELEASE >= 40)); then
  _ingot_file="Fedora-Cloud-Base-Generic*$DIB_RELEASE-*.qcow2"
else
  _ingot_file="Fedora-Cloud-Base-$DIB_RELEASE-*.qcow2"
fi
if [[ -n ${DIB_LOCAL_IMAGE:-} ]]; then
  export INGOT_BASE_IMAGE=$DIB_LOCAL_IMAGE
else
  export INGOT_BASE_IMAGE=${_ingot_images%/}/${BASE_IMAGE_FILE:-$_ingot_file}
  export INGOT_BASE_IMAGE_CHECKSUMS="${_ingot_images%/}/Fedora-Cloud-$DIB_RELEASE-*-$_ingot_arch-CHECKSUM"
  export INGOT_BASE_IMAGE_SIGNATURE=inline
  _ingot_key=RPM-GPG-KEY-fedora-$DIB_RELEASE-primary
  export INGOT_BASE_IMAGE_KEYRINGS="/usr/share/distribution-gpg-keys/fedora/$_ingot_key /etc/pki/rpm-gpg/$_ingot_key"
fi
