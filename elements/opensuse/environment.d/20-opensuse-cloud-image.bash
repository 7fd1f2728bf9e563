# bash, sourced before every phase
case $ARCH in
  amd64) _ingot_arch=x86_64 ;;
  arm64) _ingot_arch=aarch64 ;;
  *) _ingot_arch=$ARCH ;;
esac

_ingot_images=${DIB_CLOUD_IMAGES:-https://download.opensuse.org/repositories/Cloud:/Images:/Leap_$DIB_RELEASE/images}
_ingot_file=${BASE_IMAGE_FILE:-openSUSE-Leap-$DIB_RELEASE.$_ingot_arch-NoCloud.qcow2}
if [[ -n ${DIB_LOCAL_IMAGE:-} ]]; then
  export INGOT_BASE_IMAGE=$DIB_LOCAL_IMAGE
else
  export INGOT_BASE_IMAGE=${_ingot_images%/}/$_ingot_file
  export INGOT_BASE_IMAGE_CHECKSUMS=.sha256
  if [[ -n ${SHA256SUMS_FILE:-} ]]; then export INGOT_BASE_IMAGE_CHECKSUMS=${_ingot_images%/}/$SHA256SUMS_FILE; fi
  # The keys are those of the project that builds the images, not of the distribution: there is no file with them to assume.
  export INGOT_BASE_IMAGE_SIGNATURE=.asc
fi
