# bash, sourced before every phase
case $ARCH in
  amd64) _ingot_arch=x86_64 ;;
  arm64) _ingot_arch=aarch64 ;;
  *) _ingot_arch=$ARCH ;;
esac

_ingot_release=$DIB_RELEASE
if [[ $_ingot_release == 9 ]]; then _ingot_release=9-stream; fi
_ingot_images=${DIB_CLOUD_IMAGES:-https://cloud.centos.org/centos/$_ingot_release/$_ingot_arch/images}
if [[ -n ${DIB_LOCAL_IMAGE:-} ]]; then
  export INGOT_BASE_IMAGE=$DIB_LOCAL_IMAGE
else
  export INGOT_BASE_IMAGE=${_ingot_images%/}/${BASE_IMAGE_FILE:-CentOS-*${DIB_FLAVOR:-GenericCloud}-*.qcow2}
  export INGOT_BASE_IMAGE_CHECKSUMS=.SHA256SUM
fi
