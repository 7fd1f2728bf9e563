export DIB_CLOUD_IMAGES=${DIB_CLOUD_IMAGES:-https://cloud-images.ubuntu.com/$DIB_RELEASE/current}
case $DIB_RELEASE in
  trusty) _ingot_suffix=-root.tar.gz ;;
  *) _ingot_suffix=.squashfs ;;
esac
export BASE_IMAGE_FILE=${BASE_IMAGE_FILE:-$DIB_RELEASE-server-cloudimg-$ARCH$_ingot_suffix}
export SHA256SUMS=${SHA256SUMS:-$DIB_CLOUD_IMAGES/SHA256SUMS}
export DIB_LOCAL_IMAGE=${DIB_LOCAL_IMAGE:-}

# What ingot unpacks, and what it checks it by.
if [[ -n $DIB_LOCAL_IMAGE ]]; then
  export INGOT_BASE_IMAGE=$DIB_LOCAL_IMAGE INGOT_BASE_IMAGE_CHECKSUMS='' INGOT_BASE_IMAGE_SIGNATURE=''
else
  export INGOT_BASE_IMAGE=$DIB_CLOUD_IMAGES/$BASE_IMAGE_FILE INGOT_BASE_IMAGE_CHECKSUMS=$SHA256SUMS
  export INGOT_BASE_IMAGE_SIGNATURE=$SHA256SUMS.gpg
fi
export INGOT_BASE_IMAGE_KEYRINGS=/usr/share/keyrings/ubuntu-cloudimage-keyring.gpg

# The suites that the image takes packages from, beside that of the release.
export DIB_UBUNTU_MIRROR_DISTS=${DIB_UBUNTU_MIRROR_DISTS:-updates,security,backports}
