# An empty value leaves the kernel out.
export DIB_UBUNTU_KERNEL=${DIB_UBUNTU_KERNEL-linux-image-generic}
