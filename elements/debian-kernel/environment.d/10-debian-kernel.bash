# An empty value leaves the kernel out.
export DIB_DEBIAN_KERNEL=${DIB_DEBIAN_KERNEL-linux-image-$ARCH}
