# bash, sourced before every phase
# Only customers can fetch images, so there is no place that could be assumed.
if [[ -n ${DIB_LOCAL_IMAGE:-} ]]; then
  export INGOT_BASE_IMAGE=$DIB_LOCAL_IMAGE
elif [[ -n ${DIB_CLOUD_IMAGES:-} && -n ${BASE_IMAGE_FILE:-} ]]; then
  export INGOT_BASE_IMAGE=${DIB_CLOUD_IMAGES%/}/$BASE_IMAGE_FILE
fi
export INGOT_BASE_IMAGE_HINT='Download the KVM guest image from https://access.redhat.com/downloads and set DIB_LOCAL_IMAGE to its path, such as DIB_LOCAL_IMAGE=/srv/images/rhel-9.4-x86_64-kvm.qcow2; or set DIB_CLOUD_IMAGES to the address of a folder and BASE_IMAGE_FILE to the name of an image in it.'
